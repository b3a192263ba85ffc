"""Students of several time steps whose records keep the spikes of each step."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ckdsnn.records import Record, home_of, load_arrays


def first_with_steps(records: Iterable[Record], *folders: str | Path) -> tuple[Record, dict[str, np.ndarray]] | None:
    """The first of these runs whose arrays hold the spikes of each step, with its arrays; None where none does.

    Raises CkdsnnError for a run that is in none of the folders, and for arrays that are missing or altered.
    """
    for record in records:
        arrays = load_arrays(record, home_of(record, *folders))
        if "sam_steps" in arrays:
            return record, arrays
    return None
