"""How maps agree, and whether that goes with accuracy: what is drawn is what was given; numpy's and scipy's numbers."""

import numpy as np
import pytest
from scipy import stats

from ckdsnn.report.agreement import (
    OTHERS,
    agreement_answer,
    agreements,
    alignment_answer,
    alignment_figure,
    trained,
)
from ckdsnn.report.labels import label_of
from tests.report.examples import agreement, readable, runs_of

ACCURACIES = {"nld": [54.0, 55.0], "ckdsnn-count": [30.0, 31.0], "ckdsnn-rate": [55.0, 56.5]}
ALIGNED = [0.1, 0.12, 0.3, 0.3, 0.2, 0.25]


@pytest.fixture
def found():
    return {
        kind: {method: agreement(seed) for seed, method in enumerate(("snn", "ckdsnn-count"))}
        for kind in ("SAM", "Grad-CAM")
    }


def test_agreements_are_boxes_of_matched_pairs_and_diamonds_of_shuffled_ones(found):
    chart = agreements(found)
    for axes, (kind, by_method) in zip(chart.figure.axes, found.items(), strict=True):
        boxes = [line for line in axes.lines if len(line.get_xdata()) == 5]
        (diamonds,) = (line for line in axes.lines if line.get_marker() == "D")
        np.testing.assert_allclose(diamonds.get_xdata(), [pairs.shuffled.mean() for pairs in by_method.values()])
        for box, (method, pairs) in zip(boxes, by_method.items(), strict=True):
            assert np.ptp(box.get_xdata()) == pytest.approx(np.ptp(np.quantile(pairs.matched, (0.25, 0.75))))
            own = chart.data[(chart.data["kind"] == kind) & (chart.data["method"] == method)]
            np.testing.assert_array_equal(own[["matched", "shuffled"]], np.transpose(pairs))


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [
        (0.5, "the SAMs of CKDSNN agree more"),
        (-0.5, "the SAMs of CKDSNN agree less"),
        (0.0, "it is not shown that the SAMs of CKDSNN agree more"),
    ],
)
def test_whether_one_agrees_more_is_told_by_the_paired_interval(shift, verdict):
    one, noise = agreement(0), np.random.default_rng(1).normal(0, 0.1, 9)
    other = one._replace(matched=one.matched - shift + noise - noise.mean())
    told = readable(agreement_answer({"ckdsnn": one, "snn": other}, "ckdsnn", "snn"))
    assert (
        told.startswith(f"In one run of each, {verdict}")
        and f"{shift:+.2f} [" in told.replace("-0.00", "+0.00")
        and "over 9 images" in told
    )


@pytest.fixture
def aligned(record):
    return runs_of(record, ACCURACIES).assign(alignment=ALIGNED)


def test_runs_that_hardly_trained_are_left_out(aligned):
    assert trained(aligned)["alignment"].tolist() == [0.1, 0.12, 0.2, 0.25]


def test_the_correlation_is_scipys_over_the_methods_means(record, aligned):
    assert "2 methods are too few" in alignment_answer(aligned)
    ordered = runs_of(record, {method: [50.0 + nth] for nth, method in enumerate(("nld", "kd", "bkd", "at"))})
    for sign, verdict in {1: "goes with better", -1: "goes with worse"}.items():
        assert verdict in alignment_answer(ordered.assign(alignment=[sign * nth / 9 for nth in range(4)]))
    more = runs_of(record, ACCURACIES | {"kd": [50.0], "bkd": [51.0]}).assign(alignment=[*ALIGNED, 0.2, 0.05])
    expected = stats.spearmanr([0.11, 0.225, 0.2, 0.05], [54.5, 55.75, 50.0, 51.0])
    assert alignment_answer(more).startswith("We cannot tell")
    assert f"{expected.statistic:+.2f}, p {expected.pvalue:.3f}; means of 4 methods, 6 runs" in readable(
        alignment_answer(more)
    )


def test_every_run_is_a_dot_and_only_the_named_bear_their_names(aligned):
    chart = alignment_figure(aligned, ["nld", "at"])
    assert chart.data["run"].tolist() == [label_of("nld")] * 2 + [OTHERS] * 2
    (dots,) = [found for found in chart.figure.axes[0].collections if len(found.get_offsets())]
    assert sorted(map(tuple, dots.get_offsets())) == [(0.1, 54.0), (0.12, 55.0), (0.2, 55.0), (0.25, 56.5)]
    assert [text.get_text() for text in chart.figure.legends[0].get_texts()] == [OTHERS, label_of("nld")]
