"""Accuracy against alignment: which runs are shown, and the rank correlation in words."""

import pytest
from scipy import stats

from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.alignment import alignment_figure, points_of, rank_correlation
from tests.report.examples import cells_of, readable

ACCURACIES = {"nld": [54.0, 55.0], "ckdsnn-count": [30.0, 31.0], "ckdsnn-rate": [55.0, 56.5]}
ALIGNED = {"nld": {0: 0.1, 1: 0.12}, "ckdsnn-count": {0: 0.3, 1: 0.3}, "ckdsnn-rate": {1: 0.25}}


@pytest.fixture
def points(record):
    return points_of(cells_of(record, ACCURACIES), ALIGNED)


def test_runs_that_hardly_trained_and_runs_without_maps_are_left_out(points):
    assert points == {"nld": [(0.1, 54.0), (0.12, 55.0)], "ckdsnn-rate": [(0.25, 56.5)]}


def test_the_correlation_is_scipys_over_the_methods_means(points):
    three = dict(points) | {"kd": [(0.2, 50.0)], "bkd": [(0.05, 51.0)]}
    expected = stats.spearmanr([0.11, 0.25, 0.2, 0.05], [54.5, 56.5, 50.0, 51.0])
    assert readable(rank_correlation(three)) == (
        f"- Spearman's correlation of alignment and accuracy: {expected.statistic:+.2f} "
        f"(p {expected.pvalue:.3f}, means of 4 methods, 5 runs)."
    )
    assert "2 methods are too few" in rank_correlation(points)


def test_every_run_is_a_dot_and_only_the_named_bear_their_names(points):
    (axes,) = alignment_figure(points, ["nld", "at"]).axes
    dots = [[tuple(dot) for dot in line.get_xydata()] for line in axes.lines]
    assert dots == list(points.values())
    assert [text.get_text() for text in axes.texts] == [label_of("nld")]
