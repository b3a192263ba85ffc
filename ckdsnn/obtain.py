"""The records behind a figure: from the folders of results, or in the smoke tier trained live.

Where nothing is to be trained, the training stack, whose import takes seconds, is not loaded.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ckdsnn.analysis.cells import Cells, load_cells
from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.files import nearest
from ckdsnn.recipe import Recipe
from ckdsnn.recipe.named import resolve
from ckdsnn.recipe.words import shell_command
from ckdsnn.records import Record, find_record, load_arrays


def obtain(
    name: str, seed: int, results: str | Path, out: str | Path, progress: bool = True, **changes: Any
) -> tuple[Record, dict[str, np.ndarray]]:
    """The record of a named recipe, with fields changed, and all its arrays: what a figure is drawn from.

    It is looked up in `results`, then in `out`. A smoke recipe that is in neither is trained now, into `out`, by a
    teacher on record in either; the other tiers take minutes to hours, so for them a CkdsnnError names the command.

    >>> record, arrays = obtain("cifar10-16k-snn", 0, "results", "mine")
    >>> record.seed, arrays["sam"].shape
    (0, (64, 8, 8))
    """
    (found,) = obtain_together([name], seed, results, out, progress, **changes)
    return found


def obtain_together(
    names: Sequence[str], seed: int, results: str | Path, out: str | Path, progress: bool = True, **changes: Any
) -> list[tuple[Record, dict[str, np.ndarray]]]:
    """`obtain` for several recipes, in order; students that have to be trained are trained side by side.

    Raises CkdsnnError as `obtain` and `run_together` do.

    >>> found = obtain_together(["cifar10-16k-snn", "cifar10-16k-kd"], 0, "results", "mine")
    >>> [record.recipe["losses"] for record, _ in found]
    ['none', 'kd']
    """
    results = nearest(results)

    def find(recipe: Recipe) -> tuple[Record, str | Path] | None:
        records = ((find_record(recipe.digest(), seed, folder), folder) for folder in (results, out))
        return next((found for found in records if found[0]), None)

    recipes = [resolve(name, changes) for name in names]
    missing = [recipe for recipe in recipes if not find(recipe)]
    for recipe in missing:
        if recipe.tier != "smoke":
            command = shell_command(recipe.name, seed, changes)
            raise CkdsnnError(f"no record of {recipe.name}, seed {seed}, in {results}; run `{command}`")
    if missing:
        from ckdsnn.training import run_together

        run_together(missing, seed, out, progress=progress, results=results)
    return [(record, load_arrays(record, folder)) for record, folder in map(find, recipes)]


def obtain_suite(
    suite: str, tier: str, seeds: int, results: str | Path, out: str | Path, progress: bool = True
) -> Cells:
    """Method -> its records in `results` or `out`, one a seed; methods without any are left out.

    In the smoke tier what is on record for seeds 0 to seeds - 1 in neither folder is trained now, into `out`.
    Raises CkdsnnError for unknown names, and for a suite without any record, with the command that trains it.

    >>> cells = obtain_suite("components", "reduced", 3, "results", "mine")
    >>> bool(cells.frame().groupby("method", observed=True)["accuracy"].mean().idxmax() != "snn")
    True
    """
    seeds = check_count("seeds", seeds)
    results = nearest(results)
    if tier == "smoke":
        from ckdsnn.training import run_together
        from ckdsnn.training.plan import all_progress, form_groups, missing_runs, suite_runs

        runs = missing_runs(suite_runs(suite, tier, seeds, {}), Path(out), results)
        for group in form_groups(all_progress(runs, Path(out)), 1):
            run_together([run.recipe for run in group], group[0].seed, out, progress=progress, results=results)
    if cells := load_cells(suite, tier, results, out):
        return cells
    raise CkdsnnError(f"no record of the suite {suite} in {results}; run `ckdsnn suite {suite} --tier {tier}`")
