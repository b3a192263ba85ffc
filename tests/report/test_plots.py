"""Curves, terms, shares, bars and boxes: what is drawn is what was given."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ckdsnn.report.plots import (
    agreements,
    cell_shares,
    loss_terms,
    smoothed_probabilities,
    training_curves,
)
from ckdsnn.report.style import TERM_COLOURS
from tests.report.examples import STYLES, agreement, distributions, record_of

KNOWN = ("teacher", "snn", "ckdsnn-count")


def curve(*points):
    """Epochs as a record has them, from (ce, samd, accuracy) of each."""
    return [
        {"epoch": epoch, "ce": ce, "samd": samd, "train_accuracy": 50.0, "test_accuracy": accuracy, "seconds": 1.0}
        for epoch, (ce, samd, accuracy) in enumerate(points, start=1)
    ]


POINTS = ((2.0, 0.5, 30.0), (1.5, 0.25, 45.0), (1.25, 0.125, 60.0))


def legend_texts(axes):
    """Of axes, or of the figure."""
    legend = axes.legends[0] if isinstance(axes, Figure) else axes.get_legend()
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize(("panel", "column"), [(0, "test_accuracy"), (1, "ce")])
def test_training_curves_show_each_run_in_its_methods_colour(record, panel, column):
    records = [record_of(record, method, curve=curve(*POINTS[i:])) for i, method in enumerate(KNOWN)]
    axes = training_curves(records).axes[panel]
    for line, run, method in zip(axes.lines, records, KNOWN, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [point["epoch"] for point in run.curve])
        np.testing.assert_array_equal(line.get_ydata(), [point[column] for point in run.curve])
        assert (line.get_label(), line.get_color()) == STYLES[method]


def test_training_curves_name_runs_and_units(record):
    figure = training_curves([record_of(record, method) for method in KNOWN])
    left, right = figure.axes
    assert legend_texts(figure) == [STYLES[method][0] for method in KNOWN]
    assert (left.get_xlabel(), left.get_ylabel()) == ("Epoch", "Test accuracy (%)")
    assert (right.get_xlabel(), right.get_ylabel()) == ("Epoch", "Training cross-entropy (nat)")


def test_loss_terms_are_drawn_unweighted_on_a_logarithmic_axis(record):
    (axes,) = loss_terms(record_of(record, "samd", curve=curve(*POINTS))).axes
    assert {line.get_label(): list(line.get_ydata()) for line in axes.lines} == {
        "ce": [2.0, 1.5, 1.25],
        "samd": [0.5, 0.25, 0.125],
    }
    assert legend_texts(axes) == ["ce", "samd"]
    assert axes.get_yscale() == "log" and axes.get_ylabel() == "Loss term (nat, unweighted)"


def test_every_term_of_a_real_run_is_drawn(record):
    (axes,) = loss_terms(record).axes
    measured = {"epoch", "seconds", "test_seconds", "train_accuracy", "test_accuracy"}
    assert [line.get_label() for line in axes.lines] == [name for name in record.curve[0] if name not in measured]


def test_an_epoch_that_was_not_finite_is_a_gap(record):
    diverged = record_of(record, "samd", curve=curve((2.0, None, 30.0), (None, 0.0, 10.0)))
    (axes,) = loss_terms(diverged).axes
    for line in (*axes.lines, *training_curves([diverged]).axes[1].lines):
        drawn = line.get_ydata(orig=False)
        assert np.isnan(drawn).tolist() == [value is None for value in line.get_ydata()]


def test_cell_shares_are_sorted_averaged_and_banded():
    profiles = {"one": distributions(30), "two": np.full((5, 16), 1 / 16)}
    (axes,) = cell_shares(profiles).axes
    *lines, uniform = axes.lines
    for line, band, shares in zip(lines, axes.collections, profiles.values(), strict=True):
        by_rank = np.array([sorted(row, reverse=True) for row in shares])
        np.testing.assert_allclose(line.get_ydata(), by_rank.mean(0))
        np.testing.assert_array_equal(line.get_xdata(), range(1, 17))
        corners = band.get_paths()[0].vertices
        for rank, (low, high) in enumerate(np.quantile(by_rank, (0.1, 0.9), axis=0).T, start=1):
            at_rank = corners[corners[:, 0] == rank, 1]
            np.testing.assert_allclose([at_rank.min(), at_rank.max()], [low, high])
    np.testing.assert_allclose(uniform.get_ydata(), 1 / 16)
    assert legend_texts(axes) == ["one", "two", "uniform"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Cell, by rank", "Share of the map")


def test_smoothed_probabilities_are_bars_in_percent_side_by_side():
    values = {"lambda = 0": np.array([0.7, 0.2, 0.1]), "lambda = 1": np.array([0.5, 0.25, 0.25])}
    (axes,) = smoothed_probabilities(["zero", "one", "two"], values).axes
    for bars, (label, probabilities), colour in zip(axes.containers, values.items(), TERM_COLOURS, strict=False):
        np.testing.assert_allclose([bar.get_height() for bar in bars], 100 * probabilities)
        assert bars.get_label() == label and to_hex(bars[0].get_facecolor()) == colour.lower()
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches)
    assert all(right <= left + 1e-9 for (_, right), (left, _) in pairwise(edges)), "bars overlap"
    centres = np.mean([[bar.get_x() + bar.get_width() / 2 for bar in bars] for bars in axes.containers], axis=0)
    np.testing.assert_allclose(centres, axes.get_xticks(), atol=1e-9)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["zero", "one", "two"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Class", "Softened probability (%)")


@pytest.fixture
def panels():
    return {title: {method: agreement(seed) for seed, method in enumerate(KNOWN[1:])} for title in ("SAM", "Grad-CAM")}


def test_agreement_boxes_are_the_quartiles_and_diamonds_the_shuffled_means(panels):
    for axes, by_method in zip(agreements(panels).axes, panels.values(), strict=True):
        medians = [line for line in axes.lines if line.get_linewidth() == 2.5]
        boxes = [line for line in axes.lines if len(line.get_xdata()) == 5]
        dots = [line for line in axes.lines if line.get_marker() == "."]
        diamonds = [line for line in axes.lines if line.get_marker() == "D"]
        for place, (method, pairs) in enumerate(by_method.items()):
            low, middle, high = np.quantile(pairs.matched, (0.25, 0.5, 0.75))
            np.testing.assert_allclose(medians[place].get_ydata(), middle)
            assert np.ptp(boxes[place].get_ydata()) == pytest.approx(high - low)
            np.testing.assert_array_equal(dots[place].get_ydata(), pairs.matched)
            np.testing.assert_allclose(diamonds[place].get_ydata(), pairs.shuffled.mean())
            assert {line[place].get_color() for line in (medians, boxes, dots)} == {STYLES[method][1]}
            assert np.mean(medians[place].get_xdata()) == pytest.approx(place) == diamonds[place].get_xdata()[0]


def test_agreements_name_maps_methods_and_the_axis(panels):
    left, right = agreements(panels).axes
    assert [axes.get_title() for axes in (left, right)] == ["SAM", "Grad-CAM"]
    for axes in (left, right):
        names = [label.get_text().replace("\n", " ") for label in axes.get_xticklabels()]
        assert names == [STYLES[method][0] for method in KNOWN[1:]]
    assert left.get_ylabel() == "Correlation with the teacher's CAM"
    assert left.get_ylim()[0] < -1 and left.get_ylim()[1] > 1, "every correlation is in sight"
    assert legend_texts(right) == ["shuffled pairs, mean"]
