"""Curves, planes, table and answer of landscapes: what is shown is what was measured."""

import io
from dataclasses import replace

import numpy as np
import pytest

from ckdsnn.studies.landscape.report import (
    COLUMNS,
    LEVELS,
    answer,
    landscape_curves,
    landscape_planes,
)
from tests.landscape_example import DISTANCES, bowl
from tests.report.examples import STYLES, readable

STEEP = {"snn": (5.0, 7.0, 12.0), "ckdsnn-count": (10.0, 12.5, 16.5)}


@pytest.fixture
def studies(record):
    """Three seeds of two methods, the second steeper than the first by about 5 in each."""
    return [
        bowl(record, method, steepness, seed) for method, own in STEEP.items() for seed, steepness in enumerate(own)
    ]


def broken(study):
    """The study of a network that has diverged."""
    nothing = {"rise": [None] * 3, "lost": [None] * 3} | {name: [[None] * 5] * 3 for name in ("loss", "accuracy")}
    return replace(study, values=study.values | nothing)


def test_curves_are_means_over_directions_and_seeds_with_their_middle_half(studies):
    chart = landscape_curves(studies)
    for axes, name in zip(chart.figure.axes, ("loss", "accuracy"), strict=True):
        lines = [line for line in axes.lines if len(line.get_xdata())]
        for line, band, method in zip(lines, axes.collections, STEEP, strict=True):
            curves = np.concatenate([study.values[name] for study in studies if f"-{method}-" in study.id])
            assert len(curves) == 9 and line.get_color() == STYLES[method][1]
            np.testing.assert_allclose(line.get_xydata(), np.transpose([DISTANCES, curves.mean(0)]))
            heights, quarters = band.get_paths()[0].vertices[:, 1], np.percentile(curves, (25, 75), axis=0)
            np.testing.assert_allclose([heights.min(), heights.max()], [quarters.min(), quarters.max()])
    assert [text.get_text() for text in chart.figure.legends[0].get_texts()] == [STYLES[method][0] for method in STEEP]


@pytest.mark.parametrize("count", [1, 5])
def test_planes_share_their_colours_and_bear_their_methods(record, count):
    methods = list(STYLES)[1 : count + 1]
    chart = landscape_planes([bowl(record, method) for method in methods])
    *panels, bar = chart.figure.axes
    assert len(panels) % COLUMNS == 0 and bar.get_xlabel() == "Rise of the cross-entropy (nat)"
    assert [axes.get_title().replace("\n", " ") for axes in panels[:count]] == [STYLES[method][0] for method in methods]
    for axes in panels[:count]:
        contours = axes.collections[0]
        assert list(contours.levels) == list(contours.norm.boundaries) == list(LEVELS)
        assert contours.extend == "both", "no height is left white"
    own = chart.data[chart.data["id"].str.contains("-snn-")]
    across, up = (own[f"direction {nth}"] for nth in (1, 2))
    np.testing.assert_allclose(own["rise"], 10 * across**2 + 20 * up**2, atol=1e-9)


@pytest.mark.parametrize("steepness", [0.0, 0.1, 1e4])
def test_the_flattest_and_the_steepest_planes_are_drawn_without_a_warning(record, steepness):
    landscape_planes([bowl(record, steepness=steepness)]).figure.savefig(io.BytesIO(), format="png")


def test_the_answer_is_by_paired_seeds(record, studies):
    told, (plain, ours) = readable(answer(studies)), (0.06 * np.array(own) for own in STEEP.values())
    assert "ends in a steeper place" in told and "(n = 3)" in told
    assert f"loss of 1.00 nat by {ours.mean():.2f}, the SNN's of 1.00 by {plain.mean():.2f}" in told
    rise, lost = (f"{factor * (ours - plain).mean():+.2f} [" for factor in (1, 100))
    assert f"difference of {rise}" in told and f"differs by {lost}" in told
    names = dict(zip(STEEP, reversed(STEEP), strict=True))
    swapped = [bowl(record, names[method], s, seed) for method, own in STEEP.items() for seed, s in enumerate(own)]
    assert "ends in a flatter place" in answer(swapped) and "cannot tell" not in answer(swapped)
    mixed = [
        bowl(record, m, s, seed)
        for m, own in {"snn": (5, 9, 7), "ckdsnn": (9, 5, 8)}.items()
        for seed, s in enumerate(own)
    ]
    assert answer(mixed).startswith("We cannot tell")
    assert "Nothing is measured" in answer(studies[:3])


def test_a_network_that_has_diverged_is_left_out(record, studies):
    gone = broken(bowl(record, "ckdsnn-count", seed=3))
    assert answer([*studies, gone]) == answer(studies)
