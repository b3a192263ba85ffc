"""The same comparison is the same number on every page and in every notebook, with all committed records."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
import pytest

from book.contents import pages
from book.parts import Generator
from book.provenance import find_records
from book.templates import source_of
from ckdsnn.analysis.cells import load_cells, of_setting
from ckdsnn.recipe.suites import SUITE_METHODS
from ckdsnn.report.claims.headline import ADDED
from ckdsnn.report.claims.questions import CLAIMS
from ckdsnn.report.claims.verdicts import judge
from ckdsnn.report.compare import Comparison, against, compare_runs
from ckdsnn.report.conditions import within, within_table
from ckdsnn.report.limits import in_short
from ckdsnn.report.pages import differences
from ckdsnn.report.points import in_points
from ckdsnn.report.selection import on_other_seeds, pick_answer
from ckdsnn.report.suites import answers, pair_table, pairs_of, suite_table
from ckdsnn.report.where import PAGES

ROOT = Path(__file__).parents[2]
WORDED = [source for file in pages(ROOT) if (source := source_of(ROOT, file)) and source.words]
TEMPLATED = [source for source in WORDED if "setting" not in source.parameters]
AT_SCALE = [source for source in WORDED if source.parameters.get("tier") == "paper"]
Shown = tuple[str, str, Iterable[Comparison]]  # where, its text, the comparisons that it shows


@pytest.fixture(scope="module")
def book():
    return Generator(ROOT, find_records(ROOT))


def in_code(suite: str, wanted: str) -> list:
    """What the notebook that shows a suite assigns to the name `wanted`, or gives last to the function `wanted`."""
    cells = nbformat.read(ROOT / PAGES[suite], as_version=4).cells
    code = [
        cell.source for cell in cells if cell.cell_type == "code" and "hide-cell" not in cell.metadata.get("tags", [])
    ]
    nodes = list(ast.walk(ast.parse("\n".join(code))))
    assigned = [n.value for n in nodes if isinstance(n, ast.Assign) and ast.unparse(n.targets) == wanted]
    given = [n.args[-1] for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == wanted]
    return [eval(ast.unparse(found)) for found in assigned + given]


def on_pages(book: Generator) -> Iterator[Shown]:
    """All that the pages of the reduced tier compare."""
    load = book.evidence.load
    yield (
        "headline",
        book.make("headline"),
        [c for suite, *pair in ADDED for c in compare_runs(load(suite), [tuple(pair)])],
    )
    asked = [a for claim in CLAIMS for found in judge(claim, book.evidence).values() for a in found]
    asked = [a for a in asked if a.question.source in SUITE_METHODS and a.question.value == "accuracy"]  # one setting
    text = "".join(book.make("claim", claim.key) for claim in CLAIMS)
    yield "claims", text, [a.comparison for a in asked if a.comparison]
    yield "differences", book.make("worth"), differences.compared(load("released")).values()


def in_notebooks(book: Generator) -> Iterator[Shown]:
    """All that the notebooks compare."""
    load = book.evidence.load
    tables = {source.parameters["suite"]: source.parameters["baseline"] for source in TEMPLATED}
    tables |= {suite: baseline for suite in ("ranges", "noise") for baseline in in_code(suite, "suite_table")}
    for suite, baseline in tables.items():
        yield suite, suite_table("t", "c", load(suite), baseline).markdown(), against(load(suite), baseline)
    for source in TEMPLATED:
        runs, pairs = load(source.parameters["suite"]), pairs_of(source.parameters["pairs"])
        found = compare_runs(runs, pairs)
        assert len(found) == len(pairs), f"{source.name}: every question can be answered"
        told = answers(runs, pairs)  # of more than a few that are not shown it has the ends alone
        yield f"{source.name}, asked", told, [one for one in found if one.sign or " (from " not in told]
    yield "ranges, pick", pick_answer(load("ranges"), "nld"), [on_other_seeds(load("ranges"), "nld")[-1]]
    for suite in ("timesteps", "conditions"):
        runs, (pairs,) = load(suite), in_code(suite, "pairs")
        yield suite, within_table("t", "c", runs, pairs, "own").markdown(), within(runs, pairs)
    released, family = load("released"), [*differences.compared(load("released")).values()]
    for baseline in in_code("released", "suite_table"):
        own = released[released["method"].isin(differences.forms(baseline))]
        table = suite_table("t", "c", own, baseline, family)
        assert f"p, Holm over {differences.FAMILY}" in table.header  # as on the page of differences
        yield f"{baseline}, forms", table.markdown(), [one for one in family if one.baseline == baseline]
    runs, (pairs,) = load("without-samd"), in_code("without-samd", "pairs")
    yield "released, pairs", pair_table("t", "c", runs, pairs).markdown(), compare_runs(runs, pairs.values())


def at_scale(book: Generator) -> list[list[Shown]]:
    """What each page of the paper's networks shows; beside it what the landing page does, where it shows that one."""
    found = []
    for source in AT_SCALE:
        told = source.parameters
        runs = of_setting(load_cells(told["suite"], "paper", book.results), told["setting"]).frame()
        asked = compare_runs(runs, pairs_of(told["pairs"]))
        table = suite_table("t", "c", runs, told["baseline"]).markdown()
        shown = [
            (source.name, table, against(runs, told["baseline"])),
            ("asked", answers(runs, pairs_of(told["pairs"])), asked),
        ]
        text = book.make("headline-at-scale")
        if in_short(told["setting"]) in text:
            added = [one for _, *pair in ADDED for one in compare_runs(runs, [tuple(pair)])]
            shown.append(("headline", text, added))
        found.append(shown)
    return found


def agreed(everything: Iterable[Shown]) -> dict[tuple[str, str], set[str]]:
    """Each pair -> where it is shown; one number, and one verdict, wherever that is."""
    numbers, places = defaultdict(set), defaultdict(set)
    for where, text, comparisons in everything:
        for one in comparisons:
            assert not one.n or in_points(one) in text, f"{where}: {one.method} and {one.baseline}"
            numbers[one.method, one.baseline].add((in_points(one), one.n, one.sign))
            places[one.method, one.baseline].add(where)
    assert not {pair: found for pair, found in numbers.items() if len(found) > 1}
    return places


def test_a_page_and_a_notebook_show_the_same_number(book):
    places = agreed([*on_pages(book), *in_notebooks(book)])
    assert sum(len(where) > 1 for where in places.values()) > 30 and len(places["ckdsnn-beta30", "nld"]) >= 6


def test_so_do_the_pages_of_the_papers_networks(book):
    places = list(map(agreed, at_scale(book)))
    assert len(places) >= 2 and all(any(len(where) > 1 for where in found.values()) for found in places)
    assert any("headline" in where for found in places for where in found.values())


@pytest.mark.parametrize("source", TEMPLATED, ids=lambda source: source.name)
def test_a_templated_page_is_of_its_suite_and_asks_what_its_claim_asks(source):
    suite, pairs = source.parameters["suite"], pairs_of(source.parameters["pairs"])
    assert PAGES[suite] == source.name and source.parameters["baseline"] in SUITE_METHODS[suite]
    of_claim = {(q.method, q.baseline) for claim in CLAIMS if claim.shown == suite for q in claim.questions}
    assert not of_claim or {*pairs} & of_claim
