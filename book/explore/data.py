"""Which runs the explorers of maps and losses show, and the arrays behind them."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ckdsnn.errors import CkdsnnError
from ckdsnn.reads import note_read
from ckdsnn.recipe import Recipe
from ckdsnn.recipe.conditions import TIMESTEPS, split_condition
from ckdsnn.recipe.methods import METHODS
from ckdsnn.recipe.named import method_of, place_of
from ckdsnn.records import Record, load_arrays
from ckdsnn.report.labels import SETTING_WORDS
from ckdsnn.report.limits import network

Arrays = dict[str, np.ndarray]
OVER_TIME = {"", *(f"t{steps}" for steps in TIMESTEPS)}  # conditions that change T alone


class Cell(NamedTuple):
    """What a reader chooses a run by."""

    dataset: str
    student: str
    timesteps: int
    method: str


@dataclass(frozen=True)
class Shown:
    """A run that is shown, its arrays with its teacher's among them."""

    record: Record
    arrays: Arrays
    teacher: str
    """by which runs of equal teachers are known"""


def cell_of(record: Record) -> Cell | None:
    """The place of a student of one of the methods, as its setting has it but for T; None for any other run."""
    method, condition = split_condition(method_of(record.recipe))
    if method not in METHODS or condition not in OVER_TIME:
        return None
    setting = place_of(record.recipe).setting
    words = [network(asdict(Recipe.of(record.recipe))), f"{record.recipe['epochs']} epochs"]
    if (own := SETTING_WORDS.get(setting, "")) != words[0].split(" of ")[0]:
        words.append(own)
    return Cell(record.data["name"], ", ".join(filter(None, words)), record.recipe["timesteps"], method)


def shown_runs(
    runs: Iterable[Record], results: Path, wanted: Callable[[Cell], bool] = lambda _: True
) -> dict[Cell, Shown]:
    """One run a cell, in the order of METHODS: the lowest seed, of those with the spikes of single steps if there are.

    wanted: of which cells. A plain SNN has no teacher: beside it stands the one that the others of its setting learn
    from. Cells without a teacher's map on record, or without any arrays, are left out.
    """
    found: dict[Cell, list[Record]] = {}
    for record in sorted(runs, key=lambda run: run.seed):
        if (cell := cell_of(record)) and wanted(cell) and has_arrays(record, results):
            found.setdefault(cell, []).append(record)
    order = {method: rank for rank, method in enumerate(METHODS)}
    chosen = {
        cell: best_of(cell, found[cell], results)
        for cell in sorted(found, key=lambda one: (one.dataset, one.student, one.timesteps, order[one.method]))
    }
    teachers = {
        teacher_of(record): {name: arrays[name] for name in ("cam", "teacher_logits")}
        for record, arrays in chosen.values()
        if "cam" in arrays
    }
    return {
        cell: Shown(record, with_equal_grids(record.id, teachers[teacher] | arrays), teacher)
        for cell, (record, arrays) in chosen.items()
        if (teacher := teacher_of(record)) in teachers
    }


def best_of(cell: Cell, records: list[Record], results: Path) -> tuple[Record, Arrays]:
    """The first of the records that tells the steps of its SAM apart, if any does; of one step the first."""
    found = [(record, load_arrays(record, results)) for record in records[: 1 if cell.timesteps == 1 else None]]
    return next((pair for pair in found if "sam_steps" in pair[1]), found[0])


def has_arrays(record: Record, results: Path) -> bool:
    """Whether the arrays of a record lie beside it."""
    paths = [Path(results, "arrays", name) for name in record.arrays]
    for path in paths:
        note_read(path)
    return all(path.is_file() for path in paths)


def teacher_of(record: Record) -> str:
    """The teacher of a student's setting and seed."""
    return f"{record.recipe['teacher']}-s{record.recipe['teacher_seed']}"


def with_equal_grids(name: str, arrays: Arrays) -> Arrays:
    """The arrays. Raises CkdsnnError where the maps of a run and of its teacher cannot be subtracted cell by cell."""
    grids = {kind: arrays[kind].shape for kind in ("sam", "cam", "grad_cam")}
    if len(set(grids.values())) > 1:
        raise CkdsnnError(f"{name}: its maps have different grids: {grids}; the explorer of maps compares equal ones")
    return arrays
