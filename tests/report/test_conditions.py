"""What a method adds under each condition: pairs that differ in nothing else."""

import numpy as np
import pytest
from scipy import stats

from ckdsnn.analysis.cells import Cells
from ckdsnn.recipe.conditions import CONDITIONS
from ckdsnn.report.compare import holm
from ckdsnn.report.conditions import answer, over_time, over_time_answer, within, within_figure, within_table
from tests.report.examples import over_time_cells, readable, runs_of

PAIRS = [("nld", "snn"), ("ckdsnn", "nld")]
ACCURACIES = {
    "snn": [45.0, 46.0, 46.5], "nld": [54.0, 55.0, 53.5], "ckdsnn": [54.5, 54.0, 54.5],
    "snn-t4": [46.0, 47.1, 46.9], "nld-t4": [56.0, 56.5, 57.5], "ckdsnn-t4": [56.2],
}  # fmt: skip


@pytest.fixture
def runs(record):
    return runs_of(record, ACCURACIES)


def test_each_pair_is_compared_under_each_condition_as_one_family(runs):
    found = {(one.method, one.baseline): one for one in within(runs, PAIRS)}
    assert set(found) == {("nld", "snn"), ("ckdsnn", "nld"), ("nld-t4", "snn-t4"), ("ckdsnn-t4", "nld-t4")}
    tested = [pair for pair, one in found.items() if one.p is not None]
    expected = [stats.ttest_rel(ACCURACIES[a], ACCURACIES[b]).pvalue for a, b in tested]
    assert [found[pair].corrected for pair in tested] == pytest.approx(holm(expected), rel=1e-4)


def test_the_table_and_the_figure_name_the_condition_and_have_its_numbers(runs):
    table = within_table("t", "c", runs, PAIRS, "as here")
    assert [row[0] for row in table.rows] == ["as here", "as here", CONDITIONS["t4"].words, CONDITIONS["t4"].words]
    assert table.rows[2][1] == "NLD minus plain SNN" and readable(table.rows[2][3]).startswith("+10.00 [")
    data = within_figure(runs, PAIRS, "as here").data
    assert data[data["method"] == "nld-t4"]["points"].tolist() == pytest.approx([10.0, 9.4, 10.6])


def test_the_answer_counts_the_conditions_under_which_a_pair_is_told_apart(runs):
    logits, maps, few = readable(answer(runs, PAIRS, "as here")).split("Under ")[1:]
    assert logits.startswith("2 of 2 conditions **NLD** helps: as here (+8.33 [") and "T = 4 (+10.00 [" in logits
    assert maps.startswith("1 of 2 conditions it is not shown that **SAMD**, added to NLD, helps: as here (")
    assert few.startswith("1 of 2 conditions too few runs are on record to tell whether") and "T = 4 (" in few


def test_the_lines_go_through_the_means_at_the_numbers_of_time_steps_on_record(record):
    cells = over_time_cells(record)
    (axes,) = over_time(Cells(cells).frame()).figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "4", "6"]
    means = [np.mean([run.accuracy for run in cells[name]]) for name in ("snn", "snn-t2", "snn-t4", "snn-t6")]
    assert any(len(line.get_ydata()) == 4 and line.get_ydata() == pytest.approx(means) for line in axes.lines)


def test_the_gain_of_time_is_that_of_the_most_steps_over_the_fewest_of_each_method(record):
    cells = over_time_cells(record)
    said = readable(over_time_answer(Cells(cells).frame()))
    assert "**T = 6 instead of T = 1** " in said
    for name in {method.split("-t")[0] for method in cells}:
        pair = (cells[f"{name}-t6"], cells[name])
        gain = np.mean([run.accuracy for run in pair[0]]) - np.mean([run.accuracy for run in pair[1]])
        assert f"{gain:+.2f} [" in said
