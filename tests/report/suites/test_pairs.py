"""Pairs that differ in one thing, in a table and in words."""

import pytest

from ckdsnn.report.suites.pairs import compared_pairs, pair_findings, pair_table
from tests.report.examples import cells_of, readable

PAIRS = {"maps": ("ckdsnn", "nld"), "noise": ("nld", "kd"), "logits": ("nld", "snn")}


@pytest.fixture
def cells(record):
    return cells_of(record, {"snn": [45.0, 46.0, 46.5], "nld": [54.0, 55.0, 53.5, 54.0], "ckdsnn": [54.5, 54.0, 54.5]})


def test_a_pair_is_compared_over_the_seeds_of_both(cells):
    found = compared_pairs(cells, PAIRS)
    assert list(found) == ["maps", "logits"], "nothing is on record of the noise"
    assert found["maps"].mean == pytest.approx(0.5 / 3) and found["logits"].mean == pytest.approx(25 / 3)
    assert found["maps"].n == 3


def test_the_table_shows_what_each_adds(cells):
    maps, logits = ([readable(text) for text in row] for row in pair_table("t", "c", cells, PAIRS).rows)
    assert maps[:3] == ["maps", "CKDSNN minus NLD", "54.33 ± 0.29 / 54.17 ± 0.76"]  # without the fourth seed
    assert maps[3].startswith("+0.17 [") and maps[3].endswith("(n = 3)") and float(maps[4]) > 0.05
    assert logits[3].startswith("+8.33 [") and float(logits[4]) < 0.05


def test_what_is_clear_and_what_is_missing_is_told(cells):
    maps, logits, rest = readable(pair_findings(cells, PAIRS)).splitlines()
    assert maps.startswith("- maps: +0.17 [") and maps.endswith("points.")
    assert logits.startswith("- logits: +8.33 [") and logits.endswith("points, clear.")
    assert rest == "- Not measured yet: noise."
