"""What the explorers of the two losses share: the runs that they show, and what stands there without scripts."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import torch

from book.explore.data import Shown, shown_runs
from book.explore.embed import plain_table
from ckdsnn.assemble import classes_of
from ckdsnn.measures.gallery import SIZE
from ckdsnn.records import Record
from ckdsnn.report.labels import label_of

DATASET, METHODS = "cifar10", ("snn", "kd", "nld", "samd", "ckdsnn", "ckdsnn-count")
START = "ckdsnn"  # the method that is shown first
LINES = {"teacher": "#E6550D", "student": "#0072B2"}  # of the two networks, in the hues of their maps


def students(runs: Iterable[Record], results: Path) -> dict[str, Shown]:
    """Label -> run of the methods that are shown: of one data set and student, T = 1."""
    found = shown_runs(
        runs, results, lambda cell: (cell.dataset, cell.timesteps) == (DATASET, 1) and cell.method in METHODS
    )
    homes = [cell.student for cell in found if cell.method == START]
    return {label_of(cell.method): run for cell, run in found.items() if cell.student in homes[:1]}


def rows(run: Shown, name: str) -> list[list[float]]:
    """An array of a run, a list for each picture; floats are as on record, though written short."""
    values = run.arrays[name].reshape(SIZE, -1)
    return [[float(str(value)) for value in row] for row in values]


def tensor(run: Shown, name: str) -> torch.Tensor:
    """The numbers of `rows`, in the array's own shape and in double precision."""
    return torch.tensor(rows(run, name), dtype=torch.float64).view(run.arrays[name].shape)


def names_of(run: Shown) -> list[str]:
    """The class of each picture."""
    classes = classes_of(run.record)
    return [classes[label] for label in run.arrays["labels"]]


def without(table: pd.DataFrame, name: str) -> str:
    """What stands in the place of an explorer without scripts: some of its numbers."""
    shown = plain_table(table, float_format="{:.4g}".format)
    link = f'<a href="../_static/data/explore-{name}.csv" download>the same as CSV</a>'
    words = f"The first picture's loss at some settings, as the package computes it ({link}). Sliders need scripts."
    return f"<p>{words}</p>\n{shown}"


def csv_of(table: pd.DataFrame, name: str) -> dict[str, str]:
    """The table for download."""
    return {f"explore-{name}": table.to_csv(index=False, float_format="%.6g")}
