"""Pairs under each condition: compared with nothing else, and judged by the level of their own condition."""

import pytest

from ckdsnn.report.compare import compare_runs
from ckdsnn.report.suites.within import within, within_figure, within_findings, within_table
from tests.report.examples import cells_of, readable

PAIRS = [("ckdsnn-beta30", "nld")]
ACCURACIES = {
    "nld": [54.0, 55.0, 53.5],
    "ckdsnn-beta30": [54.5, 55.0, 53.5],
    "nld-few": [40.0, 40.8, 39.5],
    "ckdsnn-beta30-few": [41.0, 42.0, 40.5],
    "nld-t4": [60.0],
}


@pytest.fixture
def cells(record):
    return cells_of(record, ACCURACIES)


def test_a_pair_is_compared_under_its_own_condition_alone(cells):
    own, few = within(cells, PAIRS)  # T = 4 has one of the two only
    assert (own.method, own.baseline, few.method, few.baseline) == (
        *("ckdsnn-beta30", "nld"), *("ckdsnn-beta30-few", "nld-few")
    )  # fmt: skip
    assert own.mean == pytest.approx(0.5 / 3) and few.mean == pytest.approx(3.2 / 3)


def test_the_number_is_that_of_the_pair_compared_alone(cells):
    _, few = within(cells, PAIRS)
    (alone,) = compare_runs(cells, [("ckdsnn-beta30-few", "nld-few")])
    assert (few.differences, few.interval, few.pooled) == (alone.differences, alone.interval, alone.pooled)


def test_the_table_has_a_row_for_each_condition(cells):
    table = within_table("t", "c", cells, [*PAIRS, ("nld", "kd")], "as elsewhere")
    own, few = ([readable(cell) for cell in row] for row in table.rows)
    assert own[:2] == ["as elsewhere", "CKDSNN, β = 30 minus NLD"]
    assert few[0] == "a quarter of the images, four times as often" and few[2] == "41.17 ± 0.76 / 40.10 ± 0.66"
    assert few[3].startswith("+1.07 [") and few[3].endswith("(n = 3)")
    assert table.header[-1] == "p, Holm over 2"
    single = within_table("t", "c", cells, PAIRS, "as elsewhere")
    assert readable(single.caption) == "c: CKDSNN, β = 30 minus NLD" and "Compared" not in single.header
    assert [[row[0], *row[2:]] for row in table.rows] == single.rows


def test_each_pair_is_told_in_one_sentence(cells):
    told, rest = readable(within_findings(within(cells, PAIRS), "as elsewhere", ["snn-t4"])).split("\n")
    assert told.startswith("- **CKDSNN, β = 30 minus NLD**, in points – as elsewhere: +0.17 [")
    assert "]; a quarter of the images, four times as often: +1.07 [" in told
    assert rest == "- **Not measured yet**: SNN, no distillation, T = 4."


def test_the_figure_has_a_panel_for_each_pair_and_a_row_for_each_condition(record):
    cells = cells_of(record, ACCURACIES | {"snn": [45.0, 46.0, 46.5], "snn-t4": [50.0]})
    left, right = within_figure(cells, [("nld", "snn"), *PAIRS], "T = 1").axes
    ticks = [label.get_text().replace("\u00a0", " ").replace("\n", " ") for label in left.get_yticklabels()]
    assert ticks == ["T = 1", "a quarter of the images, four times as often", "T = 4"]
    assert "NLD minus" in left.get_xlabel() and "CKDSNN" in right.get_xlabel()
    diamonds = [[line.get_ydata()[0] for line in axes.lines if line.get_marker() == "D"] for axes in (left, right)]
    assert diamonds == [[0, 2], [0, 1]]
