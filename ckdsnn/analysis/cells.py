"""The cells of a suite: the records of each of its methods, one a seed. Suites share cells, and so share records."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ckdsnn.errors import choose
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.named import STUDENT_RECIPES, TIER_SETTINGS
from ckdsnn.recipe.suites import OVER_SETTINGS, PILOTS, SUITE_METHODS, methods_in
from ckdsnn.records import Record
from ckdsnn.records.frame import Records
from ckdsnn.records.record import RUNS

if TYPE_CHECKING:
    import pandas as pd


class Cells(dict[str, list[Record]]):
    """Method -> its records in the order of their seeds; methods without any are not in it, but in `absent`."""

    def __init__(self, found: Mapping[str, list[Record]], absent: Iterable[str] = ()):
        super().__init__(found)
        self.absent = list(absent)

    @property
    def records(self) -> Records:
        """All of them."""
        return Records(record for records in self.values() for record in records)

    def frame(self) -> "pd.DataFrame":
        """The frame of these runs; their methods are named, and ordered, as here, absent ones among the categories."""
        import pandas as pd

        names = [method for method, records in self.items() for _ in records]
        methods = pd.Categorical(names, [*self, *self.absent], ordered=True)
        return self.records.frame().assign(method=methods)

    def only(self, methods: Iterable[str]) -> "Cells":
        """The cells of these methods, in this order: those that are on record."""
        return Cells({method: self[method] for method in methods if method in self})


def suite_recipes(suite: str, tier: str) -> dict[str, str]:
    """Method -> the name of its recipe, in the suite's order. Raises CkdsnnError for an unknown suite or tier.

    Where a tier of the suite has one setting, cells are named by method; where it has several, by whole names.
    """
    names = choose("tier", tier, choose("suite", suite, SUITES))
    if suite in SUITE_METHODS:
        return dict(zip(methods_in(suite, TIER_SETTINGS[tier]), names, strict=True))
    settings = OVER_SETTINGS.get(suite, {})
    own = [methods for setting, methods in settings.items() if STUDENT_RECIPES[setting]["snn"].tier == tier]
    return dict(zip(own[0] if len(own) == 1 else names, names, strict=True))


def load_cells(suite: str, tier: str, *folders: str | Path) -> Cells:
    """What is on record in these folders of a suite's methods.

    Of two records of one run the first folder's counts; seeds of a pilot take no part. Raises CkdsnnError as
    `suite_recipes` does.
    """
    cells = recorded({method: RECIPES[name] for method, name in suite_recipes(suite, tier).items()}, *folders)
    if suite not in PILOTS:
        return cells
    kept = {method: [run for run in runs if run.seed != PILOTS[suite]] for method, runs in cells.items()}
    emptied = [method for method, runs in kept.items() if not runs]
    return Cells({method: runs for method, runs in kept.items() if runs}, [*cells.absent, *emptied])


def of_setting(cells: Cells, setting: str) -> Cells:
    """The cells of one setting of a suite over several, by method instead of whole names."""
    known = {recipe.name: method for method, recipe in STUDENT_RECIPES[setting].items()}
    absent = [known[name] for name in cells.absent if name in known]
    return Cells({known[name]: records for name, records in cells.items() if name in known}, absent)


def recorded(recipes: Mapping[str, Recipe], *folders: str | Path) -> Cells:
    """What is on record in these folders of the runs of these recipes, by the same names, as in `load_cells`."""
    found, absent = {}, []
    for name, recipe in recipes.items():
        known = (RUNS.find_all(f"*-s*-{recipe.digest()}", folder) for folder in reversed(folders))
        by_seed = {record.seed: record for records in known for record in records}
        if by_seed:
            found[name] = [by_seed[seed] for seed in sorted(by_seed)]
        else:
            absent.append(name)
    return Cells(found, absent)


def teachers_of(cells: Mapping[str, list[Record]], *folders: str | Path) -> Records:
    """The records of the teachers that these students have learned from, sorted by id; of ours alone.

    Raises CkdsnnError for one that is on record in none of the folders.
    """
    ids = {r.teacher["record"] for records in cells.values() for r in records if r.teacher and "record" in r.teacher}
    return Records(RUNS.load(name, RUNS.home(name, *folders)) for name in sorted(ids))
