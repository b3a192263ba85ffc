"""The records of a whole suite, for a figure or a table: from the folders of results, or in the smoke tier live."""

from pathlib import Path

from ckdsnn.analysis.cells import Cells, load_cells
from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.files import nearest
from ckdsnn.training.plan import all_progress, form_groups, missing_runs, suite_runs
from ckdsnn.training.together import run_together


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
        runs = missing_runs(suite_runs(suite, tier, seeds, {}), Path(out), results)
        for group in form_groups(all_progress(runs, Path(out)), 1):
            run_together([run.recipe for run in group], group[0].seed, out, progress=progress, results=results)
    if cells := load_cells(suite, tier, results, out):
        return cells
    raise CkdsnnError(f"no record of the suite {suite} in {results}; run `ckdsnn suite {suite} --tier {tier}`")
