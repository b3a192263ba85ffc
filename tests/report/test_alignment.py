"""Accuracy against alignment: which runs are shown, and the rank correlation."""

import pytest
from scipy import stats

from ckdsnn.report.alignment import OTHERS, alignment_answer, alignment_figure, trained
from ckdsnn.report.labels import label_of
from tests.report.examples import readable, runs_of

ACCURACIES = {"nld": [54.0, 55.0], "ckdsnn-count": [30.0, 31.0], "ckdsnn-rate": [55.0, 56.5]}
ALIGNED = [0.1, 0.12, 0.3, 0.3, 0.2, 0.25]


@pytest.fixture
def aligned(record):
    return runs_of(record, ACCURACIES).assign(alignment=ALIGNED)


def test_runs_that_hardly_trained_are_left_out(aligned):
    assert trained(aligned)["alignment"].tolist() == [0.1, 0.12, 0.2, 0.25]


def test_the_correlation_is_scipys_over_the_methods_means(record, aligned):
    assert "2 methods are too few" in alignment_answer(aligned)
    more = runs_of(record, ACCURACIES | {"kd": [50.0], "bkd": [51.0]}).assign(alignment=[*ALIGNED, 0.2, 0.05])
    expected = stats.spearmanr([0.11, 0.225, 0.2, 0.05], [54.5, 55.75, 50.0, 51.0])
    assert f"{expected.statistic:+.2f}, p {expected.pvalue:.3f}; means of 4 methods, 6 runs" in readable(
        alignment_answer(more)
    )


def test_every_run_is_a_dot_and_only_the_named_bear_their_names(aligned):
    chart = alignment_figure(aligned, ["nld", "at"])
    assert chart.data["run"].tolist() == [label_of("nld")] * 2 + [OTHERS] * 2
    (dots,) = [found for found in chart.figure.axes[0].collections if len(found.get_offsets())]
    assert sorted(map(tuple, dots.get_offsets())) == [(0.1, 54.0), (0.12, 55.0), (0.2, 55.0), (0.25, 56.5)]
    assert [text.get_text() for text in chart.figure.legends[0].get_texts()] == [OTHERS, label_of("nld")]
