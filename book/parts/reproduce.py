"""The parts of the page that says how all is made anew."""

from book.parts.generator import TIER, Generator, part
from ckdsnn.analysis.cells import load_cells, suite_recipes, teachers_of
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.named import TIER_SETTINGS
from ckdsnn.recipe.suites import OVER_SETTINGS, SEEDS, SUITE_METHODS
from ckdsnn.records import Record
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import KINDS, STUDIES
from ckdsnn.report.pages import reproduce
from ckdsnn.report.where import PAGES

TEACHER = RECIPES[f"{TIER_SETTINGS[TIER]}-teacher"]
PLANS = {  # of the suites of one setting
    suite: reproduce.Plan(list(suite_recipes(suite, TIER)), SEEDS[suite]) for suite in SUITE_METHODS
}


@part("reproduce-answer")
def whether_it_repeats(book: Generator) -> str:
    """How much is on record, and what it takes to make it anew."""
    return reproduce.answer(book.runs, STUDIES.load_all(book.results), PLANS)


@part("reproduce")
def all_lines(book: Generator) -> str:
    """The commands behind each suite, study and page, and what they have left; every run is counted once."""
    studies = {kind: STUDIES.find_all(f"{kind}-*", book.results) for kind in KINDS}
    teachers = RUNS.find_all(f"*-s*-{TEACHER.digest()}", book.results)
    links = {suite: link(PAGES[suite], suite) for suite in PLANS}
    lines = [
        reproduce.Line("teacher of all suites", f"ckdsnn train {TEACHER.name}", teachers, 1),
        *reproduce.suite_lines({suite: load_cells(suite, TIER, book.results) for suite in PLANS}, PLANS, links, TIER),
        *(own_line(book, suite, teachers) for suite in OVER_SETTINGS),
        *(reproduce.Line(link(PAGES[k], k), f"ckdsnn study {k} RECORD", found) for k, found in studies.items()),
    ]
    everything = [*book.runs, *(study for found in studies.values() for study in found)]
    return book.shown(reproduce.reproduce_table(lines, everything), "book/reproduce.md")


def own_line(book: Generator, suite: str, others: list[Record]) -> reproduce.Line:
    """A suite over settings of its own: its runs with their teachers, on record and planned; none of smoke."""
    tier = next(tier for tier in SUITES[suite] if tier != "smoke")
    names, cells = SUITES[suite][tier], load_cells(suite, tier, book.results)
    teachers = {RECIPES[name].teacher for name in names} - {TEACHER.name}  # which has its own line
    runs = [run for run in [*teachers_of(cells, book.results), *cells.records] if run not in others]
    command = f"ckdsnn suite {suite}" + f" --tier {tier}" * (len(SUITES[suite]) > 1)
    return reproduce.Line(link(PAGES[suite], suite), command, runs, SEEDS[suite] * len(names) + len(teachers))


@part("commands")
def commands(book: Generator) -> str:
    """What trains all suites."""
    return reproduce.commands(PLANS, TIER)


def link(page: str, text: str) -> str:
    """A link to a page from another one of the book's folder."""
    return f"[{text}](../{page})"
