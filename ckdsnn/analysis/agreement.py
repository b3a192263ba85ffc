"""How well two sets of maps agree, and how well they would by chance."""

from typing import NamedTuple

import numpy as np
from scipy.stats import sem

from ckdsnn.errors import CkdsnnError


class Agreement(NamedTuple):
    """Pearson correlations over cells.

    matched: [N], map i of one set with map i of the other. shuffled: [N], map i with all the other images' maps, on
    average: what the common centre bias alone would give.
    """

    matched: np.ndarray
    shuffled: np.ndarray

    @property
    def gain(self) -> float:
        """Mean of matched minus mean of shuffled: the agreement that is about the image itself."""
        return float(self.matched.mean() - self.shuffled.mean())

    def summary(self) -> list[float]:
        """Mean of matched, its standard error, mean of shuffled."""
        return [*mean_error(self.matched), self.shuffled.mean()]


def mean_error(values: np.ndarray) -> np.ndarray:
    """[..., N] -> [2, ...]: the mean over the last axis, images, and its standard error."""
    values = np.asarray(values, dtype=np.float64)
    return np.stack([values.mean(-1), sem(values, axis=-1)])


def standardised(maps: np.ndarray) -> np.ndarray:
    """Maps [N, h, w] as rows [N, h*w] of mean 0 and norm 1; a constant map becomes a row of zeros."""
    rows = maps.reshape(len(maps), -1).astype(np.float64)
    rows = rows - rows.min(1, keepdims=True)  # a constant map is zero from here on, to the last bit
    rows = rows - rows.mean(1, keepdims=True)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)


def map_agreement(a: np.ndarray, b: np.ndarray) -> Agreement:
    """Agreement of maps a and b, both [N, h, w] with N of at least 2; a constant map correlates 0 with everything.

    Raises CkdsnnError where the shapes differ.
    """
    if a.shape != b.shape or a.ndim != 3 or len(a) < 2:
        raise CkdsnnError(f"maps of shapes {a.shape} and {b.shape}: expected both [N, h, w] with N of at least 2")
    pairs = standardised(a) @ standardised(b).T
    others = (pairs.sum(1) - pairs.diagonal()) / (len(a) - 1)
    return Agreement(pairs.diagonal().copy(), others)
