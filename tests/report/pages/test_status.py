"""The status: what is declared leads to pages that there are, and what records there are decides the rest."""

from dataclasses import asdict, replace

import pytest

from book.contents import pages
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.records.study import KINDS
from ckdsnn.report.claims.questions import CLAIMS
from ckdsnn.report.pages.status import (
    DRAWN,
    FIGURES,
    FULL,
    NOTHING,
    PIECES,
    SHORT,
    SMALL,
    Piece,
    answer,
    claimed,
    newest,
    seeds,
    state,
    status_table,
    tiers,
)
from tests.book.conftest import ROOT

CLAIMED = claimed(CLAIMS)


def like(record, name, seed, started="2026-01-31T12:00:00Z", **changes):
    """`record` as if it were of this recipe, seed and day."""
    recipe = RECIPES[name].replace(**changes)
    return replace(
        record, id=recipe.record_id(seed), tier=recipe.tier, recipe=asdict(recipe), seed=seed, started=started
    )


@pytest.fixture
def runs(record):
    """Three seeds of one small method, one of another, begun on other days."""
    days = ("2026-01-31T12:00:00Z", "2026-03-01T00:00:00Z", "2025-12-31T23:00:00Z")
    small = [like(record, "cifar10-16k-nld", seed, day) for seed, day in enumerate(days)]
    return [*small, like(record, "cifar10-16k-snn", 0)]


def test_every_piece_rests_on_suites_and_studies_and_is_shown_on_a_page_of_the_book():
    known = {file.rsplit(".", 1)[0] for file in pages(ROOT)}
    for piece in (*PIECES, *CLAIMED):
        assert {*piece.sources} <= {*SUITES, *KINDS} | {*FIGURES}
        assert bool(piece.shown) == bool(piece.sources or piece.drawn)
        assert not piece.shown or piece.shown.rsplit(".", 1)[0] in known
    assert [piece.name for piece in CLAIMED] == [claim.key for claim in CLAIMS]


def test_the_records_that_tell_most_decide_the_state(record, runs):
    short = like(record, "cifar100-resnet19-e20-ckdsnn", 0)
    full = like(record, "cifar100-resnet19-ckdsnn", 0)
    assert [state(found) for found in ([], runs, [*runs, short], [*runs, short, full])] == [NOTHING, SMALL, SHORT, FULL]
    assert [tiers(found) for found in ([], runs, [*runs, short])] == ["", "reduced", "paper, reduced"]


def test_seeds_are_counted_for_each_method_and_the_youngest_gives_the_date(runs):
    assert seeds(runs).replace("\u00a0", " ") == "1 to 3" and seeds(runs[:3]) == "3" and seeds([]) == ""
    assert newest(runs) == "2026-03-01" and newest([]) == ""


def test_the_table_says_it_and_leads_to_the_page(runs):
    made = (
        Piece("Figure 9", "noise", "its caption", ("noise",)),
        Piece("Figure 2", "it", page="book/method.md", drawn=True),
    )
    nothing = Piece("Table 9", "stages", sources=("stage",))
    table = status_table("t", "T", [*made, nothing], {"noise": runs, "stage": []})
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    assert [row["State"] for row in rows] == [SMALL, DRAWN, NOTHING]
    assert [row["Shown on"] for row in rows] == ["[](../notebooks/09_noise.ipynb)", "[](../book/method.md)", "–"]
    assert rows[0]["Newest record"].replace("\u2011", "-") == "2026-03-01" and rows[2]["n"] == "–"


def test_the_answer_counts_every_piece_that_is_known_once(runs):
    text = answer({source: runs if source == "noise" else [] for source in (*SUITES, *KINDS, *FIGURES)}, CLAIMED)
    assert (
        f"Of {len(PIECES) - 1} figures and tables that we know of: 1 {SMALL}; 1 {DRAWN}; {len(PIECES) - 3} {NOTHING}."
        in text
    )
    assert f"Of {len(CLAIMED)} claims: 1 {SMALL}; {len(CLAIMED) - 1} {NOTHING}." in text
