"""How a spike activation map grows over time, in sentences: every number is computed from the arrays."""

from collections.abc import Mapping
from statistics import mean

import numpy as np

from ckdsnn.report.map_plots import running_sums, steps_shown
from ckdsnn.report.words import listed


def growth_findings(arrays: Mapping[str, np.ndarray]) -> str:
    """How like the SAM of all steps the SAM of the first few is, and how the spikes are shared among the steps.

    Raises CkdsnnError for arrays without the spikes of each step.
    """
    sums = running_sums(arrays)
    images, steps = sums.shape[:2]
    likeness = [f"{step} of {steps}: {alike(sums[:, step - 1], sums[:, -1]):.2f}" for step in steps_shown(steps)[:-1]]
    spikes = sums.sum((0, 2, 3))
    shares = [f"{100 * share:.0f} %" for share in np.diff(spikes, prepend=0) / (spikes[-1] or 1)]
    return listed(
        [
            f"Correlation of the SAM after the first steps with that of all, mean over {images} gallery images, after "
            f"{'; '.join(likeness)}.",
            f"Of all that these maps count, each step has, from the first to the last: {', '.join(shares)}.",
        ]
    )


def alike(maps: np.ndarray, others: np.ndarray) -> float:
    """Mean correlation over cells of two sets of maps [N, h, w]; a map of equal counts correlates 0 with any."""
    pairs = zip(maps.reshape(len(maps), -1), others.reshape(len(others), -1), strict=True)
    return mean(float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0 for a, b in pairs)
