"""How well a student's spike activation maps are aligned with its teacher's class activation maps, run by run."""

from pathlib import Path

import numpy as np

from ckdsnn.analysis.agreement import standardised
from ckdsnn.analysis.cells import Cells
from ckdsnn.records import Record, home_of, load_arrays


def alignment(sam: np.ndarray, cam: np.ndarray) -> float:
    """Mean correlation over cells of maps [N, h, w] of the same images, each map less the mean one of its set.

    Without the mean maps a common bias towards the centre counts for nothing: a set of equal maps has 0, however well
    it fits on average.
    """
    own, other = (without_mean(standardised(maps)) for maps in (sam, cam))
    return float((own * other).sum(1).mean())


def without_mean(rows: np.ndarray) -> np.ndarray:
    """Rows [N, cells] less their mean row, standardised again."""
    left = (rows - rows.mean(0)).round(12)  # of equal rows nothing is left, not rounding noise
    return standardised(left[:, None])


def alignments(cells: Cells, *folders: str | Path) -> dict[str, dict[int, float]]:
    """Method -> seed -> `alignment` on the gallery's images, of runs that are on record in one of the folders.

    Raises CkdsnnError for a run that is in none of them, and for arrays that are missing or altered.
    """
    return {m: {record.seed: alignment_of(record, *folders) for record in records} for m, records in cells.items()}


def alignment_of(record: Record, *folders: str | Path) -> float:
    """The `alignment` of one run."""
    arrays = load_arrays(record, home_of(record, *folders))
    return alignment(arrays["sam"], arrays["cam"])
