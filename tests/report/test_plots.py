"""Curves, terms, shares and bars: what is drawn is what was given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ckdsnn.report.plots import cell_shares, loss_terms, smoothed_probabilities, training_curves
from ckdsnn.report.style import TERM_COLOURS
from tests.report.examples import STYLES, distributions, record_of

KNOWN = ("teacher", "snn", "ckdsnn-count")
POINTS = ((2.0, 0.5, 30.0), (1.5, 0.25, 45.0), (1.25, 0.125, 60.0))


def curve(*points):
    """Epochs as a record has them, from (ce, samd, accuracy) of each."""
    return [
        {"epoch": epoch, "ce": ce, "samd": samd, "train_accuracy": 50.0, "test_accuracy": accuracy, "seconds": 1.0}
        for epoch, (ce, samd, accuracy) in enumerate(points, start=1)
    ]


@pytest.mark.parametrize(("panel", "column"), [(0, "test_accuracy"), (1, "ce")])
def test_training_curves_show_each_run_in_its_methods_colour(record, panel, column):
    records = [
        record_of(record, method, id=f"{method}-s0-01234567", curve=curve(*POINTS[i:]))
        for i, method in enumerate(KNOWN)
    ]
    figure = training_curves(records).figure
    for line, run, method in zip(figure.axes[panel].lines, records, KNOWN, strict=False):
        np.testing.assert_array_equal(line.get_xdata(), [point["epoch"] for point in run.curve])
        np.testing.assert_array_equal(line.get_ydata(), [point[column] for point in run.curve])
        assert line.get_color() == STYLES[method][1]
    assert [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()] == [
        STYLES[method][0] for method in KNOWN
    ]


def test_every_term_of_the_loss_is_drawn_unweighted_and_an_epoch_not_finite_is_left_out(record):
    points = ((2.0, 0.5, 30.0), (None, 0.25, 45.0), (1.25, 0.125, 60.0))
    chart = loss_terms(record_of(record, "samd", curve=curve(*points)))
    (axes,) = chart.figure.axes
    ce, samd, *_ = axes.lines
    assert list(ce.get_xdata()) == [1, 3] and list(ce.get_ydata()) == [2.0, 1.25]
    assert list(samd.get_ydata()) == [0.5, 0.25, 0.125] and axes.get_yscale() == "log"
    measured = {"epoch", "seconds", "test_seconds", "train_accuracy", "test_accuracy"}
    assert [*loss_terms(record).data["quantity"].unique()] == [name for name in record.curve[0] if name not in measured]


def test_cell_shares_are_sorted_averaged_and_banded():
    profiles = {"one": distributions(30), "two": np.full((5, 16), 1 / 16)}
    (axes,) = cell_shares(profiles).figure.axes
    *lines, uniform = (line for line in axes.lines if len(line.get_xdata()))
    for line, band, shares in zip(lines, axes.collections, profiles.values(), strict=True):
        by_rank = np.array([sorted(row, reverse=True) for row in shares])
        np.testing.assert_allclose(line.get_ydata(), by_rank.mean(0))
        corners = band.get_paths()[0].vertices
        for rank, ends in enumerate(np.quantile(by_rank, (0.1, 0.9), axis=0).T, start=1):
            at_rank = corners[corners[:, 0] == rank, 1]
            np.testing.assert_allclose([at_rank.min(), at_rank.max()], ends)
    np.testing.assert_allclose(uniform.get_ydata(), 1 / 16)


def test_smoothed_probabilities_are_bars_in_percent():
    values = {"lambda = 0": np.array([0.7, 0.2, 0.1]), "lambda = 1": np.array([0.5, 0.25, 0.25])}
    (axes,) = smoothed_probabilities(["zero", "one", "two"], values).figure.axes
    for bars, probabilities, colour in zip(axes.containers, values.values(), TERM_COLOURS, strict=False):
        np.testing.assert_allclose([bar.get_height() for bar in bars], 100 * probabilities)
        assert to_hex(bars[0].get_facecolor()) == colour.lower()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["zero", "one", "two"]
