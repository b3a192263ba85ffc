"""The same comparison is the same number on every page and in every notebook, with all committed records."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from book.generated import AT_SCALE, NOTEBOOKS, Generator
from book.provenance import find_records
from ckdsnn.recipe.conditions import COMPARED
from ckdsnn.recipe.suites import SUITE_METHODS
from ckdsnn.report.claims.headline import ADDED
from ckdsnn.report.claims.questions import CLAIMS
from ckdsnn.report.claims.verdicts import judge
from ckdsnn.report.compare import Comparison, against, compare_runs
from ckdsnn.report.pages import differences
from ckdsnn.report.pages.scale import BASELINES as AT_SCALE_BASELINES
from ckdsnn.report.suites.pairs import compared_pairs, pair_table
from ckdsnn.report.suites.selection import on_other_seeds
from ckdsnn.report.suites.tables import in_points, suite_table
from ckdsnn.report.suites.within import within, within_table

ROOT = Path(__file__).parents[2]
BASELINES = {  # suite -> that of the table in its notebook
    "ranges": "nld",
    "components": "snn",
    "map-losses": "snn",
    "noise": "kd",
    "scaling": "ckdsnn",
    "stage": "nld",
    "rivals": "snn",
    "weights": "ckdsnn",
}
UNDER = {  # suite -> the pairs that its notebook compares under each condition
    "timesteps": [("nld", "snn"), ("ckdsnn", "nld"), ("ckdsnn-count", "nld")],
    "conditions": [("ckdsnn-beta10", "nld"), ("ckdsnn-beta30", "nld")],
}
WITHOUT_SAMD = {"relu": ("nld-with-relu", "nld"), "samd": ("ckdsnn", "nld"), "all": ("ckdsnn-released", "nld-released")}
Shown = tuple[str, str, Iterable[Comparison]]  # where, its text, the comparisons that it shows


@pytest.fixture(scope="module")
def book():
    return Generator(ROOT, find_records(ROOT))


def on_pages(book: Generator) -> Iterator[Shown]:
    """All that the pages of the reduced tier compare."""
    load = book.evidence.load
    yield "headline", book.headline(), [c for suite, *pair in ADDED for c in compare_runs(load(suite), [tuple(pair)])]
    asked = [a for claim in CLAIMS for found in judge(claim, book.evidence).values() for a in found]
    asked = [a for a in asked if a.question.source in SUITE_METHODS and a.question.value == "accuracy"]  # one setting
    yield "claims", book.claims(), [a.comparison for a in asked if a.comparison]
    pairs = [(method, COMPARED[0]) for method in COMPARED[1:]]
    yield "claims, conditions", book.conditions(), within(load("conditions"), pairs)
    yield "claims, pick", book.picks("ranges", "nld"), [on_other_seeds(load("ranges"), "nld")[-1]]
    yield "claims, ranges", book.suite("ranges", "nld"), against(load("ranges"), "nld")
    yield "differences", book.worth(), differences.compared(load("released")).values()


def in_notebooks(book: Generator) -> Iterator[Shown]:
    """All that the notebooks' tables compare."""
    for suite, baseline in BASELINES.items():
        cells = book.evidence.load(suite)
        yield NOTEBOOKS[suite], suite_table("t", "c", cells, baseline).markdown(), against(cells, baseline)
    for suite, pairs in UNDER.items():
        cells = book.evidence.load(suite)
        yield NOTEBOOKS[suite], within_table("t", "c", cells, pairs, "own").markdown(), within(cells, pairs)
    released = book.evidence.load("released")
    for baseline in differences.BASELINES:
        cells = differences.forms(released, baseline)
        yield "16, forms", suite_table("t", "c", cells, baseline).markdown(), against(cells, baseline)
    cells = book.evidence.load("without-samd")
    text = pair_table("t", "c", cells, WITHOUT_SAMD).markdown()
    yield "16, pairs", text, compared_pairs(cells, WITHOUT_SAMD).values()


def at_scale(book: Generator) -> Iterator[list[Shown]]:
    """The tables of each setting of the paper's networks."""
    for suite in AT_SCALE:
        text = book.scale(suite)
        for found in book.at_scale(suite).values():
            pairs = [(method, baseline) for method in found.cells for baseline in AT_SCALE_BASELINES]
            yield [("scale", text, compare_runs(found.cells, [pair for pair in pairs if pair[0] != pair[1]]))]
    cells = book.largest_scale.cells
    pairs = [(method, baseline) for method in cells for baseline in AT_SCALE_BASELINES if method != baseline]
    added = [c for _, *pair in ADDED for c in compare_runs(cells, [tuple(pair)])]
    both = book.scale("gpu") + book.scale("evidence"), compare_runs(cells, pairs)
    yield [("headline at scale", book.headline_at_scale(), added), ("scale", *both)]


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


def test_so_do_the_tables_of_the_papers_networks(book):
    *settings, largest = map(agreed, at_scale(book))
    assert len(settings) >= 2 and all(settings)
    assert any(len(where) > 1 for where in largest.values())


def test_these_are_the_baselines_of_the_notebooks():
    for suite, baseline in BASELINES.items():
        cells = json.loads((ROOT / NOTEBOOKS[suite]).read_text())["cells"]
        source = "".join(line for cell in cells if cell["cell_type"] == "code" for line in cell["source"])
        assert f'cells, "{baseline}")' in source, suite
