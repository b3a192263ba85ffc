"""The cells of a suite: the records of each of its methods, one a seed. Suites share cells, and so share records."""

from collections.abc import Mapping
from pathlib import Path

from ckdsnn.errors import choose
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.named import STUDENTS, TIER_SETTINGS
from ckdsnn.recipe.suites import OVER_SETTINGS, SUITE_METHODS, methods_in
from ckdsnn.records import Record
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import Study, find_study

Cells = dict[str, list[Record]]  # method -> records in the order of their seeds


def suite_recipes(suite: str, tier: str) -> dict[str, str]:
    """Method -> the name of its recipe, in the suite's order. Raises CkdsnnError for an unknown suite or tier.

    Where a tier of the suite has one setting, cells are named by method; where it has several, by whole names.
    """
    names = choose("tier", tier, choose("suite", suite, SUITES))
    if suite in SUITE_METHODS:
        return dict(zip(methods_in(suite, TIER_SETTINGS[tier]), names, strict=True))
    settings = OVER_SETTINGS.get(suite, {})
    own = [methods for setting, methods in settings.items() if STUDENTS[setting]["snn"].tier == tier]
    return dict(zip(own[0] if len(own) == 1 else names, names, strict=True))


def load_cells(suite: str, tier: str, *folders: str | Path) -> Cells:
    """What is on record in these folders of a suite's methods; methods without any record are left out.

    Of two records of one run the first folder's counts. Raises CkdsnnError as `suite_recipes` does.
    """
    return recorded({method: RECIPES[name] for method, name in suite_recipes(suite, tier).items()}, *folders)


def of_setting(cells: Mapping[str, list[Record]], setting: str) -> Cells:
    """The cells of one setting of a suite over several, by method instead of whole names."""
    known = {recipe.name: method for method, recipe in STUDENTS[setting].items()}
    return {known[name]: records for name, records in cells.items() if name in known}


def recorded(recipes: Mapping[str, Recipe], *folders: str | Path) -> Cells:
    """What is on record in these folders of the runs of these recipes, by the same names, as in `load_cells`."""
    found = {}
    for name, recipe in recipes.items():
        known = (RUNS.find_all(f"*-s*-{recipe.digest()}", folder) for folder in reversed(folders))
        by_seed = {record.seed: record for records in known for record in records}
        if by_seed:
            found[name] = [by_seed[seed] for seed in sorted(by_seed)]
    return found


def load_studies(kind: str, cells: Cells, *folders: str | Path) -> dict[str, list[Study]]:
    """The studies of this kind of these runs' networks, by method, one a seed; methods without any are left out.

    Raises CkdsnnError as `find_study` does.
    """
    studies = {method: [find_study(kind, record, *folders) for record in records] for method, records in cells.items()}
    return {method: there for method, found in studies.items() if (there := [study for study in found if study])}


def absent(suite: str, tier: str, cells: Cells) -> list[str]:
    """The suite's methods that have no record among these cells."""
    return [method for method in suite_recipes(suite, tier) if method not in cells]


def teachers_of(cells: Cells, *folders: str | Path) -> list[Record]:
    """The records of the teachers that these students have learned from, sorted by id; of ours alone.

    Raises CkdsnnError for one that is on record in none of the folders.
    """
    ids = {r.teacher["record"] for records in cells.values() for r in records if r.teacher and "record" in r.teacher}
    return [RUNS.load(name, RUNS.home(name, *folders)) for name in sorted(ids)]
