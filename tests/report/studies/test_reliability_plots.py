"""ROAD curves, scores and surrogates: what is drawn is what was given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ckdsnn.report.studies.reliability_plots import ORDERS, map_scores, road_curves, surrogate_curves
from ckdsnn.report.style import MAPS, PLACES, SURROGATES
from tests.report.examples import REMOVED, STYLES, WIDTHS, faithfulness, surrogates


def drawn(container):
    """x, y and the half length of each error bar of a line with error bars."""
    line, _, (bars,) = container
    lengths = [np.ptp(segment[:, 1]) / 2 for segment in bars.get_segments()]
    return line.get_xdata(), line.get_ydata(), lengths


def test_curves_begin_at_the_whole_image_and_show_what_is_left_in_percent(record):
    study = faithfulness(record)
    for axes, order in zip(road_curves(study).axes, ORDERS, strict=True):
        for container, (kind, (label, colour)) in zip(axes.containers, MAPS.items(), strict=True):
            x, y, lengths = drawn(container)
            means, errors = np.array(study.values[f"{kind}.{order}"])
            np.testing.assert_array_equal(x, [0, *REMOVED])
            np.testing.assert_allclose(y, [75, *(100 * means)])
            np.testing.assert_allclose(lengths, [2, *(100 * errors)])
            assert container.get_label() == label and container[0].get_color() == colour
        assert axes.get_title() == ORDERS[order] and axes.get_xlabel() == "Pixels removed (%)"


def test_only_maps_that_know_nothing_are_dashed(record):
    axes = road_curves(faithfulness(record)).axes[0]
    dashed = [c.get_label() for c in axes.containers if c[0].get_linestyle() == "--"]
    assert dashed == ["Centred Gaussian", "Random"]


def test_bars_are_mean_scores_with_their_standard_errors(record):
    scores, _ = map_scores([faithfulness(record)]).axes
    for i, (bar, (_, colour)) in enumerate(zip(scores.patches, MAPS.values(), strict=True)):
        assert bar.get_width() == pytest.approx((i + 1) / 20) and to_hex(bar.get_facecolor()) == colour.lower()
    for i, lines in enumerate(scores.collections):
        (segment,) = lines.get_segments()
        assert np.ptp(segment[:, 0]) / 2 == pytest.approx(0.05), "0.1 / sqrt(2) over two images: 0.1 / 2"
        assert (segment[:, 1] == i).all()


def test_agreements_have_a_bar_and_a_diamond_for_all_but_the_teachers_map(record):
    _, agreements = map_scores([faithfulness(record)]).axes
    places = [i for i, kind in enumerate(MAPS) if kind != "teacher_cam"]
    assert [round(bar.get_y() + bar.get_height() / 2) for bar in agreements.patches] == places
    np.testing.assert_allclose([bar.get_width() for bar in agreements.patches], np.array(places) / 10)
    diamonds = [line for line in agreements.lines if line.get_marker() == "D"]
    np.testing.assert_allclose([line.get_xdata()[0] for line in diamonds], np.array(places) / 20)
    assert [line.get_ydata()[0] for line in diamonds] == places


def test_each_student_has_its_column_and_each_map_its_row(record):
    figure = map_scores([faithfulness(record, method) for method in ("snn", "ckdsnn")])
    grid = np.reshape(figure.axes, (2, 2))
    assert [axes.get_title().replace("\n", " ") for axes in grid[0]] == [STYLES[m][0] for m in ("snn", "ckdsnn")]
    assert [label.get_text() for label in grid[0, 0].get_yticklabels()] == [label for label, _ in MAPS.values()]
    low, high = grid[0, 0].get_ylim()
    assert low > high, "the first map on top"


def test_surrogates_are_lines_over_their_width_and_chance_a_number(record):
    study = surrogates(record)
    figure = surrogate_curves(study)
    for j, (axes, (place, title)) in enumerate(zip(figure.axes, PLACES.items(), strict=True)):
        for container, (shape, (label, colour)) in zip(axes.containers, SURROGATES.items(), strict=True):
            x, y, lengths = drawn(container)
            np.testing.assert_array_equal(x, WIDTHS)
            np.testing.assert_allclose(y, np.array(study.values[f"{shape}.{place}"])[:, 0])
            np.testing.assert_allclose(lengths, 0.01)
            assert container.get_label() == label and container[0].get_color() == colour
        assert [text.get_text() for text in axes.texts] == [f"shuffled pairs, mean: {0.1 * j:.2f}"]
        assert axes.get_ylim()[0] > 0.5, "the axis begins where the curves do"
        assert axes.get_title() == title and axes.get_xscale() == "log"
    assert figure.get_supxlabel() == "Width of the surrogate at half height (thresholds)"
