"""Parts of pages that every build computes anew: `<!-- generated: NAME ARGUMENT... -->` becomes Markdown."""

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import pandas as pd

from book.explore import explorers
from book.explore.embed import Explorer
from book.provenance import Figure, Records, legend, with_data
from ckdsnn.analysis.cells import load_cells, of_setting, recorded, suite_recipes, teachers_of
from ckdsnn.cli.cite import works
from ckdsnn.data import DATASETS
from ckdsnn.errors import choose
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.fields import is_current
from ckdsnn.recipe.named import STUDENTS, TIER_SETTINGS, places_by_digest
from ckdsnn.recipe.suites import EVIDENCE, OVER_SETTINGS, PILOT, PILOT_SEED, SEEDS, SUITE_METHODS
from ckdsnn.records import Record, load_arrays, load_records
from ckdsnn.records.bench import bench_frame, load_benches
from ckdsnn.records.frame import Records as Runs
from ckdsnn.records.paper import load_published
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import STUDIES
from ckdsnn.report import speed
from ckdsnn.report.chart import Chart
from ckdsnn.report.claims import page as claims
from ckdsnn.report.claims.headline import answer, behind_forest, forest, headline
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.labels import label_of
from ckdsnn.report.limits import in_short, setting
from ckdsnn.report.pages import differences, landing, reproduce, results, status
from ckdsnn.report.suites import VALIDATED
from ckdsnn.report.tables import Table
from ckdsnn.report.where import PAGES
from ckdsnn.studies.evidence import evidence
from ckdsnn.studies.study import MEASURES

PLACE = re.compile(r"<!-- generated: ([\w-]+)((?: [\w.-]+)*) -->")
TIER = "reduced"  # of the suites that the book shows
PLAIN, TEACHER = (RECIPES[f"{TIER_SETTINGS[TIER]}-{name}"] for name in ("snn", "teacher"))
SHOWN = ("snn", "ckdsnn")  # students whose maps the landing page has
AT_SCALE = ("gpu", "evidence")  # suites of the paper's networks
PILOT_SETTING = next(iter(EVIDENCE))
PLANS = {  # of the suites of one setting
    suite: reproduce.Plan(list(suite_recipes(suite, TIER)), SEEDS[suite]) for suite in SUITE_METHODS
}
BY_KEY = {claim.key: claim for claim in claims.CLAIMS}
Maker = Callable[..., str]
PARTS: dict[str, Maker] = {}


def part(name: str) -> Callable[[Maker], Maker]:
    """Makes a method of `Generator` the maker of the part of this name."""

    def keep(maker: Maker) -> Maker:
        PARTS[name] = maker
        return maker

    return keep


def as_named(record: Record) -> bool:
    """Whether a run is of a named recipe: by its content, or, with another number of epochs, by its name of today."""
    run, known = Recipe.of(record.recipe), RECIPES.get(record.recipe["name"])
    if run.digest() in places_by_digest():
        return True
    return bool(known) and is_current(record.recipe) and run.digest() == known.replace(epochs=run.epochs).digest()


class Generator:
    """Fills in the places of pages, from the results below `root`; records: as for `legend`."""

    def __init__(self, root: Path, records: Records):
        self.root, self.results, self.records = root, root / "results", records
        self.data: dict[str, str] = {}
        """what is to lie beside the pages for download: name -> CSV"""
        self.figures: list[Figure] = []
        """that the pages show"""
        self.files: dict[str, bytes] = {}
        """what else is to lie there: path below _static -> content"""

    def fill(self, text: str) -> str:
        """The page with all its places filled in. Raises CkdsnnError for an unknown name."""
        return PLACE.sub(lambda match: choose("generated part", match[1], PARTS)(self, *match[2].split()), text)

    def shown(self, table: Table, page: str, ids: Iterable[str] = ()) -> str:
        """A table with the line that names these records, and its numbers for download; "" for an empty one."""
        if not table.rows:
            return ""
        self.data[table.name] = table.csv()
        stated = {"records": sorted(set(ids))}
        text = legend(page, stated, self.records) if stated["records"] else ""
        return f"{table.markdown()}\n\n{with_data(text, table.name)}"

    def drawn(self, name: str, chart: Chart, page: str, ids: Iterable[str]) -> str:
        """Keep a figure and its numbers; returns the line that names its records and leads to its numbers."""
        text = with_data(legend(page, {"records": sorted(set(ids))}, self.records), name, f".{chart.format}")
        self.figures.append(Figure(name, f".{chart.format}", chart.content(), text, chart.csv()))
        self.data[name] = chart.csv()
        return text

    @cached_property
    def evidence(self) -> Evidence:
        return evidence(TIER, self.results)

    @cached_property
    def runs(self) -> list[Record]:
        return load_records(self.results)

    def frame(self, wanted: Callable[[Record], bool]) -> pd.DataFrame:
        """The runs of the results of which this holds."""
        return Runs(filter(wanted, self.runs)).frame()

    @part("answer")
    def answer_in_short(self) -> str:
        """What the runs answer to the landing page's question, in plain words."""
        return answer(self.evidence)

    @part("forest")
    def forest(self) -> str:
        """The line under the landing page's figure, which it keeps."""
        return self.drawn("forest", forest(self.evidence), "book/claims.md", behind_forest(self.evidence))

    @part("looks")
    def looks(self) -> str:
        """The line under the landing page's maps, which it keeps; "" where a run is missing."""
        recipes = {name: RECIPES[f"{TIER_SETTINGS[TIER]}-{name}"] for name in ("teacher", *SHOWN)}
        found = recorded(recipes, self.results)
        if found.absent:
            return ""
        first = [found[name][0] for name in recipes]
        seen, *arrays = (load_arrays(run, self.results) for run in first)
        chart = landing.looks(seen, dict(zip(SHOWN, arrays, strict=True)), DATASETS[first[0].data["name"]].classes)
        return self.drawn("looks", chart, "notebooks/02_maps.ipynb", [run.id for run in first])

    @part("facts")
    def facts(self) -> str:
        """What stands behind the book."""
        studies = sum(len(STUDIES.find_all(f"{kind}-*", self.results)) for kind in MEASURES)
        return landing.facts(self.runs.frame(), studies, claims.measured_claims(self.evidence))

    @part("headline")
    def additions(self) -> str:
        """What the runs come to, in one table."""
        return headline(self.evidence, self.shown)

    @part("headline-at-scale")
    def additions_at_scale(self) -> str:
        """The same for the setting of the paper's networks that has most runs; "" where none has any."""
        found = {
            name: of_setting(load_cells(suite, "paper", self.results), name)
            for suite in AT_SCALE
            for name in OVER_SETTINGS[suite]
        }
        name, cells = max(found.items(), key=lambda one: len(one[1].records))
        caption = f"What each part adds with the paper's own network: {in_short(name)}"
        return headline(Evidence(lambda _: cells.frame()), self.shown, "headline-at-scale", caption) if cells else ""

    @part("verdicts")
    def verdicts(self, name: str) -> str:
        """The claims in short, as a table of this name."""
        return claims.summary(self.evidence, name)

    @part("claim")
    def claim(self, key: str) -> str:
        """One claim with its evidence."""
        return claims.section(choose("claim", key, BY_KEY), self.evidence, self.shown)

    @part("claims-answer")
    def claims_answer(self) -> str:
        """How many claims are supported, contradicted and open."""
        return claims.answer(self.evidence)

    @part("speed")
    def cost_of_a_step(self) -> str:
        """How many times as fast as its released form a training step is, by the newest measurement of each device."""
        if not (benches := load_benches(self.results)):
            return "how long a training step takes is not measured yet."
        runs = speed.compared(bench_frame(benches))
        found = [f"{speed.gains(own)} ({name})" for name, own in runs.groupby("machine", sort=False)]
        return f"a training step is so many times as fast as the released form of it: {'; '.join(found)}."

    @part("pilot")
    def pilot(self) -> str:
        """By which accuracies on validation images the weight of SAMD was picked."""
        runs = recorded({method: STUDENTS[PILOT_SETTING][method] for method in PILOT}, self.results).frame()
        runs = runs[runs["seed"] == PILOT_SEED] if len(runs) else runs
        if runs.empty:
            return "The pilot is not on record yet."
        caption = f"The pilot that picks SAMD's weight, seed {PILOT_SEED}, on validation images alone"
        shown = {"Student": map(label_of, runs["method"]), VALIDATED: runs["validation_accuracy"].astype(float)}
        return self.shown(Table.of_frame("pilot", caption, pd.DataFrame(shown)), PAGES["evidence"], runs["id"])

    @part("published")
    def published(self) -> str:
        """Published numbers, and beside them ours of the paper's tier."""
        return results.published_parts(load_published(self.results), self.frame(as_named), self.shown)

    @part("results-answer")
    def results_answer(self) -> str:
        """How near our runs come to what is published."""
        return results.answer(load_published(self.results), self.frame(as_named))

    @part("setting")
    def common_setting(self) -> str:
        """What the runs of all suites have in common, but for what a row names."""
        return setting(asdict(PLAIN), asdict(TEACHER))

    @part("runs")
    def all_runs(self) -> str:
        """Every run, to be sorted and filtered."""
        frame = self.runs.frame()
        self.data["results-runs"] = frame.to_csv(index=False)
        return f"{results.runs_table(frame, load_published(self.results))}\n\n{with_data('', 'results-runs')}"

    @part("worth")
    def worth(self) -> str:
        """What each released variant is worth, with the records behind it."""
        runs = self.evidence.load("released")
        if runs.empty:
            return differences.NOTHING
        behind = [method for pair in differences.compared(runs) for method in pair]
        ids = runs.loc[runs["method"].isin(behind), "id"]
        return self.shown(differences.worth_table(runs), "book/differences.md", ids)

    @part("worth-answer")
    def worth_answer(self) -> str:
        """Which difference matters most."""
        return differences.answer(self.evidence.load("released"))

    @part("best")
    def best(self) -> str:
        """What the best epoch is worth in this tier."""
        return differences.best_less_last(self.frame(lambda run: run.tier == TIER))

    @part("reproduce-answer")
    def whether_it_repeats(self) -> str:
        """How much is on record, and what it takes to make it anew."""
        return reproduce.answer(self.runs, STUDIES.load_all(self.results), PLANS)

    @part("reproduce")
    def all_lines(self) -> str:
        """The commands behind each suite, study and page, and what they have left; every run is counted once."""
        studies = {kind: STUDIES.find_all(f"{kind}-*", self.results) for kind in MEASURES}
        teachers = RUNS.find_all(f"*-s*-{TEACHER.digest()}", self.results)
        links = {suite: link(PAGES[suite], suite) for suite in PLANS}
        lines = [
            reproduce.Line("teacher of all suites", f"ckdsnn train {TEACHER.name}", teachers, 1),
            *reproduce.suite_lines(
                {suite: load_cells(suite, TIER, self.results) for suite in PLANS}, PLANS, links, TIER
            ),
            *(self.own_line(suite, teachers) for suite in OVER_SETTINGS),
            *(reproduce.Line(link(PAGES[k], k), f"ckdsnn study {k} RECORD", found) for k, found in studies.items()),
        ]
        everything = [*self.runs, *(study for found in studies.values() for study in found)]
        return self.shown(reproduce.reproduce_table(lines, everything), "book/reproduce.md")

    def own_line(self, suite: str, others: list[Record]) -> reproduce.Line:
        """A suite over settings of its own: its runs with their teachers, on record and planned; none of smoke."""
        tier = next(tier for tier in SUITES[suite] if tier != "smoke")
        names, cells = SUITES[suite][tier], load_cells(suite, tier, self.results)
        teachers = {RECIPES[name].teacher for name in names} - {TEACHER.name}  # which has its own line
        runs = [run for run in [*teachers_of(cells, self.results), *cells.records] if run not in others]
        command = f"ckdsnn suite {suite}" + f" --tier {tier}" * (len(SUITES[suite]) > 1)
        return reproduce.Line(link(PAGES[suite], suite), command, runs, SEEDS[suite] * len(names) + len(teachers))

    @cached_property
    def behind(self) -> dict[str, status.Documents]:
        """Suite or kind of study -> its records in all tiers but smoke."""
        runs = {
            suite: [
                run
                for tier in SUITES[suite]
                if tier != "smoke"
                for run in load_cells(suite, tier, self.results).records
            ]
            for suite in SUITES
        }
        return runs | {kind: STUDIES.find_all(f"{kind}-*", self.results) for kind in MEASURES}

    @part("status")
    def status(self, which: str) -> str:
        """How far the paper's figures and tables, or its claims, are rebuilt."""
        pieces, caption = {
            "figures": (status.PIECES, "The paper's figures and tables, and how far they are rebuilt"),
            "claims": (status.claimed(claims.CLAIMS), "The paper's claims, and with what they are tested"),
        }[which]
        return self.shown(status.status_table(f"status-{which}", caption, pieces, self.behind), "book/status.md")

    @part("status-answer")
    def status_answer(self) -> str:
        """How many of them stand where."""
        return status.answer(self.behind, status.claimed(claims.CLAIMS))

    @part("bibtex")
    def bibtex(self, key: str) -> str:
        """The entry of a work."""
        return f"```bibtex\n{choose('work', key, works())}\n```"

    @part("changelog")
    def changelog(self) -> str:
        """The changelog without its title, which the page has."""
        return (self.root / "CHANGELOG.md").read_text().split("\n", 1)[1]

    @part("commands")
    def commands(self) -> str:
        """What trains all suites."""
        return reproduce.commands(PLANS, TIER)

    @part("example")
    def example(self, wanted: str) -> str:
        """The README's first example that has this in its code; a test runs them all."""
        blocks = re.findall(r"^```python\n.*?^```$", (self.root / "README.md").read_text(), re.M | re.S)
        return next(block for block in blocks if wanted in block)

    @part("explore")
    def explorer(self, name: str) -> str:
        """What readers can try themselves, by its name."""
        return self.laid_out(choose("explorer", name, explorers.EXPLORERS)(self.runs, self.results))

    @part("explore-library")
    def explore_library(self) -> str:
        """What a page with explorers loads first."""
        return self.laid_out(explorers.library())

    def laid_out(self, explorer: Explorer) -> str:
        """The HTML of an explorer, its files being noted."""
        self.files |= explorer.files
        self.data |= explorer.data
        return explorer.html


def link(page: str, text: str) -> str:
    """A link to a page from another one of the book's folder."""
    return f"[{text}](../{page})"
