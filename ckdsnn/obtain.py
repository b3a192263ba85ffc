"""The records behind a figure: from the folders of results, or in the smoke tier trained live.

Where nothing is to be trained, the training stack, whose import takes seconds, is not loaded.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ckdsnn.analysis.cells import Cells, load_cells
from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.files import nearest
from ckdsnn.recipe.named import resolve
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
    recipe = resolve(name, changes)
    results = nearest(results)
    for folder in (results, out):
        if record := find_record(recipe.digest(), seed, folder):
            return record, load_arrays(record, folder)
    if recipe.tier != "smoke":
        from ckdsnn.training.options import train_command

        command = train_command(name, seed, changes)
        raise CkdsnnError(f"no record of {name}, seed {seed}, in {results}; run `{command}`")
    from ckdsnn.training import run

    record = run(recipe, seed, out, progress=progress, results=results)
    return record, load_arrays(record, out)


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
    check_count("seeds", seeds)
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
