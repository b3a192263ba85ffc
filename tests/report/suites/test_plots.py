"""Figures of suites: one seed is no mean, ticks are the T on record, long labels fit."""

from ckdsnn.report.suites.plots import over_time, suite_figure
from tests.report.examples import cells_of


def drawn(axes, marker):
    return [line for line in axes.lines if line.get_marker() == marker]


def test_one_seed_is_an_open_marker_without_a_bar(record):
    left, right = suite_figure(cells_of(record, {"snn": [50.0, 51.0], "kd": [52.0]}), "snn").axes
    several, one = drawn(left, "o")
    assert several.get_markerfacecolor() != "white" == one.get_markerfacecolor()
    (bar,) = [line for line in left.lines if line.get_linewidth() == 2.5]
    assert set(bar.get_xdata()) == {50.5}
    (diamond,) = drawn(right, "D")
    assert diamond.get_markerfacecolor() == "white" and list(diamond.get_xdata()) == [2.0] and not drawn(right, ".")


def test_several_seeds_are_filled_with_their_mean_and_interval(record):
    left, right = suite_figure(cells_of(record, {"snn": [50.0, 51.0], "kd": [52.0, 53.5]}), "snn").axes
    assert "white" not in [line.get_markerfacecolor() for line in (*drawn(left, "o"), *drawn(right, "D"))]
    assert list(drawn(right, ".")[0].get_xdata()) == [2.0, 2.5]


def test_far_below_a_triangle_says_whether_it_is_one_seed(record):
    left, _ = suite_figure(cells_of(record, {"snn": [50.0, 51.0], "kd": [20.0], "nld": [21.0, 22.0]}), "snn").axes
    assert [line.get_markerfacecolor() == "white" for line in drawn(left, "<")] == [True, False]


def test_where_all_rows_lie_far_below_they_are_drawn_where_they_lie(record):
    _, right = suite_figure(cells_of(record, {"snn": [50.0, 51.0], "kd": [20.0, 22.0], "nld": [25.0]}), "snn").axes
    assert [list(line.get_xdata()) for line in drawn(right, "D")] == [[-29.5], [-25.0]] and not drawn(right, "<")


def test_a_long_baseline_is_wrapped(record):
    cells = cells_of(record, {"ckdsnn-ts0.5-nofactor": [50.0], "ckdsnn-with-class": [51.0]})
    right = suite_figure(cells, "ckdsnn-ts0.5-nofactor").axes[1]
    assert max(map(len, right.get_xlabel().splitlines())) <= 34


def test_ticks_are_the_numbers_of_time_steps_on_record(record):
    (axes,) = over_time(cells_of(record, {"snn": [50.0, 51.0], "snn-t2": [52.0], "snn-t4": [54.0]}), 1).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "4"]
    (line,) = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert list(line.get_xdata()) == [1, 2, 4] and list(line.get_ydata()) == [50.5, 52, 54]


def test_one_number_of_time_steps_makes_no_line(record):
    figure = over_time(cells_of(record, {"snn": [50.0, 51.0], "ckdsnn": [52.0, 53.0]}), 1)
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1"]
    assert {float(line.get_xdata()[0]) for line in axes.lines} == {2**-0.045, 2**0.045}
    assert all(len(set(line.get_xdata())) == 1 for line in axes.lines)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["SNN, no distillation", "CKDSNN"]
