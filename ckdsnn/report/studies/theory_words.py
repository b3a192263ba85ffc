"""Sentences on what can be proved, beside what was measured: data in, text out."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ckdsnn.report.words import listed

if TYPE_CHECKING:
    from torch import Tensor

MOST = 0.8  # of the share


def noise_findings(found: Mapping[str, Mapping[str, "Tensor"]], source: str) -> str:
    """Whether each noise smooths the predictions of one source of logits: a prediction is smoother where its entropy
    is higher."""
    sentences = []
    for noise, changes in found[source].items():
        name, smoother = noise.replace("\n", " "), 100 * (changes.mean(0) > 0).float().mean()
        sentences.append(
            f"{name}, {source} logits: entropy {'falls' if changes.mean() < 0 else 'rises'} by "
            f"{abs(changes.mean()):.4f} nat on average, a single draw moves it by {changes.std(0).mean():.3f}; "
            f"smoother on average on {smoother:.0f} % of the images."
        )
    return listed(sentences)


def share_findings(shares: Mapping[str, np.ndarray]) -> str:
    """How the softmax of maps is spread: label -> shares [N, cells] -> the largest, and how few cells hold most."""
    sentences = []
    for label, found in shares.items():
        largest_first = -np.sort(-np.asarray(found, dtype=float), axis=1)
        needed = 1 + (largest_first.cumsum(1) < MOST).sum(1)
        sentences.append(
            f"{label}: the largest of {found.shape[1]} cells has {100 * largest_first[:, 0].mean():.0f} % of the "
            f"share, and {100 * MOST:.0f} % of it lie in {needed.mean():.0f} cells; means over {len(found)} images."
        )
    return listed(sentences)


def noise_sizes(logits: np.ndarray, weight: float, deviations: Iterable[float]) -> str:
    """How large the noise is that reaches logits [N, K], beside what they differ by themselves."""
    own = float(np.asarray(logits, dtype=float).std(1, ddof=1).mean())
    fixed = [f"{deviation:g}: {weight * deviation:g} ({weight * deviation / own:.0%})" for deviation in deviations]
    return listed([
        f"Deviation of the student's logits over the classes: {own:.2f}, mean over {len(logits)} images.",
        f"Adaptive noise, times λ = {weight:g}: {weight * own:.2f} ({weight:.0%} of the logits' deviation).",
        f"Fixed noise of deviation, times λ: {'; '.join(fixed)}.",
    ])  # fmt: skip
