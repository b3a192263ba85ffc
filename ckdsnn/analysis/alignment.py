"""How well a student's spike activation maps are aligned with its teacher's class activation maps, run by run."""

from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ckdsnn.analysis.agreement import standardised
from ckdsnn.analysis.cells import Cells
from ckdsnn.records import Record, home_of, load_arrays

if TYPE_CHECKING:
    import pandas as pd


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


def aligned(cells: Cells, *folders: str | Path) -> "pd.DataFrame":
    """The frame of these runs with a column `alignment`, measured on the gallery's images.

    folders: where the runs are on record. NaN for a run without a teacher. Raises CkdsnnError for a run that is in none
    of them, and for arrays that are missing or altered.
    """
    found = [alignment_of(record, *folders) if record.teacher else nan for record in cells.records]
    return cells.frame().assign(alignment=found)


def alignment_of(record: Record, *folders: str | Path) -> float:
    """The `alignment` of one run."""
    arrays = load_arrays(record, home_of(record, *folders))
    return alignment(arrays["sam"], arrays["cam"])
