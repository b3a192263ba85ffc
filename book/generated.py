"""Parts of pages that every build computes anew: `<!-- generated: NAME ARGUMENT... -->` becomes Markdown."""

import re
from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from book.provenance import Records, legend
from ckdsnn.analysis.alignment import alignments
from ckdsnn.analysis.cells import Cells, load_cells, load_studies, recorded, suite_recipes, teachers_of
from ckdsnn.studies.study import MEASURES
from ckdsnn.assemble import teacher_recipe
from ckdsnn.errors import choose
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.conditions import COMPARED
from ckdsnn.recipe.fields import is_current
from ckdsnn.recipe.named import PLACE_OF_DIGEST, STUDENTS, TIER_SETTINGS
from ckdsnn.recipe.suites import EVIDENCE, GPU, OVER_SETTINGS, PICKED, PILOT, PILOT_SEED, SEEDS, SUITE_METHODS
from ckdsnn.records import Record, load_records
from ckdsnn.records.paper import load_published
from ckdsnn.records.record import RUNS
from ckdsnn.records.shelf import Document
from ckdsnn.records.study import STUDIES, Study
from ckdsnn.report.claims.answer import answer
from ckdsnn.report.claims.headline import headline
from ckdsnn.report.claims.page import sections, summary
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.labels import label_of
from ckdsnn.report.pages.differences import best_less_last, compared, unmeasured, worth_table
from ckdsnn.report.pages.reproduce import Plan, commands, link, reproduce_table, row, study_rows, suite_rows, total
from ckdsnn.report.pages.results import own_table, published_tables, setting, shown
from ckdsnn.report.pages.scale import Scale, name_of, pilot_table, scale_part
from ckdsnn.report.suites.selection import pick_findings
from ckdsnn.report.suites.tables import suite_table
from ckdsnn.report.suites.within import within, within_findings
from ckdsnn.report.tables import accuracy_table

PLACE = re.compile(r"<!-- generated: ([\w-]+)((?: [\w.-]+)*) -->")
TIER = "reduced"  # of the suites that the book shows
PLAIN, TEACHER = (RECIPES[f"{TIER_SETTINGS[TIER]}-{name}"] for name in ("snn", "teacher"))
NOTEBOOKS = {  # suite -> the page that shows it
    "ranges": "notebooks/06_ranges.ipynb",
    "components": "notebooks/07_components.ipynb",
    "map-losses": "notebooks/08_map_losses.ipynb",
    "noise": "notebooks/09_noise.ipynb",
    "scaling": "notebooks/10_scaling.ipynb",
    "stage": "notebooks/11_stage.ipynb",
    "rivals": "notebooks/12_rivals.ipynb",
    "timesteps": "notebooks/13_timesteps.ipynb",
    "released": "notebooks/16_released.ipynb",
    "without-samd": "notebooks/16_released.ipynb",
    "weights": "notebooks/17_weights.ipynb",
    "conditions": "notebooks/19_conditions.ipynb",
    "spikformer": "notebooks/20_spikformer.ipynb",
    "events": "notebooks/21_events.ipynb",
    "simulated": "notebooks/21_events.ipynb",
    "imagenet": "notebooks/22_imagenet.ipynb",
}
STUDY_PAGES = {  # kind of study -> the page that shows it
    "distributions": "notebooks/04_distributions.ipynb",
    "faithfulness": "notebooks/05_reliability.ipynb",
    "surrogate": "notebooks/05_reliability.ipynb",
    "landscape": "notebooks/15_landscape.ipynb",
    "gradients": "notebooks/18_theory.ipynb",
}
PLANS = {suite: Plan(list(suite_recipes(suite, TIER)), SEEDS[suite]) for suite in SUITE_METHODS}  # of one setting
AT_SCALE = {"gpu": GPU, "evidence": EVIDENCE}  # suites of the paper's networks: setting -> methods
PILOT_SETTING = next(iter(EVIDENCE))


def as_named(record: Record) -> bool:
    """Whether a run is of a named recipe: by its content, or, with another number of epochs, by its name of today."""
    run, known = Recipe.of(record.recipe), RECIPES.get(record.recipe["name"])
    if run.digest() in PLACE_OF_DIGEST:
        return True
    return bool(known) and is_current(record.recipe) and run.digest() == known.replace(epochs=run.epochs).digest()


class Generator:
    """Fills in the places of pages, from the results below `root`; records: as for `legend`."""

    def __init__(self, root: Path, records: Records):
        self.root, self.results, self.records = root, root / "results", records

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.load)

    def load(self, source: str) -> Cells | dict[str, list[Study]]:
        """The cells of a suite, or the studies of a kind of the networks of the suite `components`.

        Raises CkdsnnError for what is neither.
        """
        choose("suite or kind of study", source, dict.fromkeys([*SUITES, *MEASURES]))
        if source in SUITES:
            return load_cells(source, TIER, self.results)
        return load_studies(source, load_cells("components", TIER, self.results), self.results)

    def suites(self) -> dict[str, Cells]:
        return {suite: self.evidence.load(suite) for suite in PLANS}

    @cached_property
    def runs(self) -> list[Record]:
        return load_records(self.results)

    @cached_property
    def teachers(self) -> list[Record]:
        """Those of the suites."""
        return RUNS.find_all(f"*-s*-{TEACHER.digest()}", self.results)

    def legend(self, notebook: str, documents: list[Document]) -> str:
        return legend(notebook, {"records": [document.id for document in documents]}, self.records)

    def claims(self) -> str:
        """Each claim with its evidence."""
        return sections(self.evidence, self.legend)

    def verdicts(self, name: str) -> str:
        """The claims in short, as a table of this name."""
        return summary(self.evidence, name)

    def answer(self) -> str:
        """What the runs answer to the landing page's question, in plain words."""
        return answer(self.evidence)

    def headline(self) -> str:
        """What the runs come to, in one table."""
        return headline(self.evidence, self.legend)

    def headline_at_scale(self) -> str:
        """The same for the setting of the paper's networks that has most runs; "" where none has any."""
        if not (scale := self.largest_scale):
            return ""
        caption = f"What each part adds with the paper's own network: {name_of(scale.student, scale.teachers)}"
        return headline(Evidence(lambda _: scale.cells), self.legend, "headline-at-scale", caption)

    @property
    def largest_scale(self) -> Scale | None:
        """What is on record of the setting of the paper's networks that has most runs."""
        found = [scale for suite in AT_SCALE for scale in self.at_scale(suite).values()]
        return max(found, key=lambda scale: sum(map(len, scale.cells.values())), default=None)

    def at_scale(self, suite: str) -> dict[str, Scale]:
        """Setting of the suite -> what is on record of it, for those that have any; the pilot takes no part."""
        found = {}
        for name, methods in AT_SCALE[suite].items():
            known = recorded({method: STUDENTS[name][method] for method in methods}, self.results)
            pilots = {PILOT_SEED} if name == PILOT_SETTING else set()
            cells = {m: [run for run in runs if run.seed not in pilots] for m, runs in known.items()}
            if cells := {method: runs for method, runs in cells.items() if runs}:
                found[name] = self.scale_of(STUDENTS[name]["nld"], cells)
        return found

    def scale_of(self, student: Recipe, cells: Cells) -> Scale:
        """These runs of one setting, with their teachers and the alignment of their maps."""
        aligned = alignments({m: runs for m, runs in cells.items() if runs[0].teacher}, self.results)
        recipes = asdict(student), asdict(teacher_recipe(student))
        return Scale(cells, aligned, teachers_of(cells, self.results), *recipes)

    def scale(self, suite: str = "gpu") -> str:
        """What the paper's own networks have reached in a suite, with the records behind it."""
        parts = [
            scale_part(name, found) + self.sources("book/claims.md", self.with_teachers(found.cells))
            for name, found in self.at_scale(suite).items()
        ]
        return "\n\n".join(parts) or "None is on record yet."

    def pilot(self) -> str:
        """By which accuracies on validation images the weight of SAMD was picked."""
        known = recorded({method: STUDENTS[PILOT_SETTING][method] for method in PILOT}, self.results)
        cells = {m: runs for m, all_of in known.items() if (runs := [r for r in all_of if r.seed == PILOT_SEED])}
        if not cells:
            return "The pilot is not on record yet."
        caption = f"The pilot that picks SAMD's weight, seed {PILOT_SEED}, on validation images alone"
        runs = [run for found in cells.values() for run in found]
        told = f"\n\nBy it the suite trains {label_of(PICKED)} on both data sets." if len(cells) == len(PILOT) else ""
        return pilot_table("pilot", caption, cells).markdown() + self.sources("book/claims.md", runs) + told

    def with_teachers(self, cells: Cells) -> list[Record]:
        """The runs of these cells and those of their teachers, each once."""
        return teachers_of(cells, self.results) + [run for runs in cells.values() for run in runs]

    def suite(self, name: str, baseline: str) -> str:
        """All methods of a suite against one of them."""
        cells = self.evidence.load(name)
        records = [record for runs in cells.values() for record in runs]
        table = suite_table(f"{name}-in-short", f"Suite {name}, against {label_of(baseline)}", cells, baseline)
        return table.markdown() + self.sources(NOTEBOOKS[name], records)

    def picks(self, name: str, baseline: str) -> str:
        """What it is worth to pick the best method of a suite."""
        return pick_findings(self.evidence.load(name), baseline)

    def conditions(self) -> str:
        """What SAMD adds to NLD under each condition, with the records behind it."""
        cells, pairs = self.evidence.load("conditions"), [(method, COMPARED[0]) for method in COMPARED[1:]]
        records = [record for runs in cells.values() for record in runs]
        return within_findings(within(cells, pairs), "as here") + self.sources(NOTEBOOKS["conditions"], records)

    def published(self) -> str:
        """Published numbers, and beside them ours of the paper's tier."""
        entries, runs = load_published(self.results), [run for run in self.runs if as_named(run)]
        return published_tables(entries, runs) + self.sources("book/results.md", shown(entries, runs))

    def setting(self) -> str:
        """What the runs of all suites have in common, but for what a row names."""
        return setting(asdict(PLAIN), asdict(TEACHER))

    def own(self) -> str:
        """Every cell of every suite, with the records behind them."""
        suites = self.suites()
        runs = [run for cells in suites.values() for found in cells.values() for run in found]
        return own_table(suites, NOTEBOOKS, self.teachers) + self.sources("book/results.md", [*self.teachers, *runs])

    def single(self) -> str:
        """The runs of the tier in other settings than the suites', one row each."""
        settings = TIER_SETTINGS[TIER], *(own for settings in OVER_SETTINGS.values() for own in settings)
        starts = tuple(f"{setting}-" for setting in settings)
        runs = [run for run in self.runs if run.tier == TIER and not run.id.startswith(starts)]
        if not runs:
            return "None is on record yet."
        table = accuracy_table("results-single", "Runs of other settings", {run.id: run for run in runs})
        return table.markdown() + self.sources("book/results.md", runs)

    def sources(self, page: str, documents: list[Document]) -> str:
        """The legend below a table of a page, each record once; nothing where there is none."""
        found = {document.id: document for document in documents}
        return "\n\n" + self.legend(page, [found[name] for name in sorted(found)]) if found else ""

    def worth(self) -> str:
        """What each released variant is worth, with the records behind it, and which are not measured yet."""
        cells = self.evidence.load("released")
        behind = [run for pair in compared(cells) for method in pair for run in cells[method]]
        table = worth_table(cells) + self.sources("book/differences.md", behind)
        return "\n\n".join(part for part in (table, unmeasured(cells)) if part)

    def best(self) -> str:
        """What the best epoch is worth in this tier."""
        return best_less_last([run for run in self.runs if run.tier == TIER])

    def reproduce(self) -> str:
        """The commands behind each suite, study and page, and what they have left; every run is counted once."""
        studies = {kind: STUDIES.find_all(f"{kind}-*", self.results) for kind in STUDY_PAGES}
        rows = [
            row("teacher of all suites", f"ckdsnn train {TEACHER.name}", self.teachers, 1),
            *suite_rows(self.suites(), PLANS, NOTEBOOKS, TIER),
            *map(self.own_row, OVER_SETTINGS),
            *study_rows(studies, STUDY_PAGES),
            total(self.runs, [study for found in studies.values() for study in found]),
        ]
        return reproduce_table(rows)

    def own_row(self, suite: str) -> list[str]:
        """A suite over settings of its own: its runs with their teachers, on record and planned; none of smoke."""
        tier = next(tier for tier in SUITES[suite] if tier != "smoke")
        names, page = SUITES[suite][tier], NOTEBOOKS.get(suite, "book/claims.md")
        teachers = {RECIPES[name].teacher for name in names} - {TEACHER.name}  # which has its own row
        runs = [run for run in self.with_teachers(load_cells(suite, tier, self.results)) if run not in self.teachers]
        command = f"ckdsnn suite {suite}" + f" --tier {tier}" * (len(SUITES[suite]) > 1)
        return row(link(page, suite), command, runs, SEEDS[suite] * len(names) + len(teachers))

    def commands(self) -> str:
        """What trains all suites."""
        return commands(PLANS, TIER)

    def example(self) -> str:
        """The README's example with everything of one's own, which its test runs."""
        blocks = re.findall(r"^```python\n.*?^```$", (self.root / "README.md").read_text(), re.M | re.S)
        return next(block for block in blocks if 'run("own-student")' in block)

    def fill(self, text: str) -> str:
        """The page with all its places filled in. Raises CkdsnnError for an unknown name."""
        makers: dict[str, Callable[..., str]] = {
            "claims": self.claims,
            "verdicts": self.verdicts,
            "answer": self.answer,
            "headline": self.headline,
            "suite": self.suite,
            "picks": self.picks,
            "conditions": self.conditions,
            "headline-at-scale": self.headline_at_scale,
            "scale": self.scale,
            "pilot": self.pilot,
            "published": self.published,
            "setting": self.setting,
            "own": self.own,
            "single": self.single,
            "worth": self.worth,
            "best": self.best,
            "reproduce": self.reproduce,
            "commands": self.commands,
            "example": self.example,
        }
        return PLACE.sub(lambda match: choose("generated part", match[1], makers)(*match[2].split()), text)
