"""What holds for every figure: equal bytes, all text inside the picture and legible, labelled axes."""

import io
import itertools
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from ckdsnn.report.notebook import figure_bundle
from ckdsnn.studies.distributions.report import distances, histograms
from ckdsnn.studies.faithfulness.report import map_scores, road_curves
from ckdsnn.studies.gradients.report import gradient_heat, gradient_strength
from ckdsnn.studies.landscape.report import landscape_curves, landscape_planes
from ckdsnn.studies.surrogate.report import surrogate_curves
from tests.landscape_example import bowl
from tests.report.examples import compared, faithfulness, pulled, surrogates
from tests.report.figures import FIGURES

POINTS = 72  # an inch
SLACK = 0.65  # points by which boxes of texts, which are wider than the letters, may overlap at each side


class Painted(NamedTuple):
    figure: Figure
    """of as many dots an inch as there are points, as its SVG is drawn"""
    texts: dict[Text, Bbox]
    """those that are really painted, each with its box in points"""
    bundle: dict[str, str]
    """what a notebook keeps of it"""


def paint(chart):
    """Write a figure once, noting its texts."""
    texts, draw = {}, Text.draw
    chart.figure.set_dpi(POINTS)

    def noted(text, renderer):
        if text.get_visible() and text.get_text().strip():
            points = text.get_window_extent(renderer).get_points() * POINTS / chart.figure.dpi  # a PNG's are smaller
            texts[text] = Bbox(points)
        draw(text, renderer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        return Painted(chart.figure, texts, figure_bundle(chart))


@pytest.fixture(params=FIGURES, scope="module")
def named(request):
    """The name of each figure of the package in turn."""
    return request.param


@pytest.fixture(scope="module")
def painted(named, record):
    return paint(FIGURES[named](record))


def within(box, frame):
    return frame.x0 <= box.x0 and frame.y0 <= box.y0 and box.x1 <= frame.x1 and box.y1 <= frame.y1


def test_all_text_lies_inside_the_figure(painted):
    figure, texts, _ = painted
    assert texts
    for text, box in texts.items():
        assert within(box, figure.bbox), f"{text.get_text()!r} reaches from {box.p0} to {box.p1} in {figure.bbox.p1}"
        clip = text.get_clip_box() if text.get_clip_on() else None
        assert clip is None or within(box, clip), f"{text.get_text()!r} is cut off"


def test_no_text_covers_another(painted):
    for (one, box), (other, other_box) in itertools.combinations(painted.texts.items(), 2):
        assert not box.padded(-SLACK).overlaps(other_box.padded(-SLACK)), (
            f"{one.get_text()!r} covers {other.get_text()!r}"
        )


def test_no_legend_covers_bars(painted):
    for axes in painted.figure.axes:
        for bar in axes.patches if axes.get_legend() else []:
            assert not axes.get_legend().get_window_extent().overlaps(bar.get_window_extent()), axes.get_title()


def test_no_marker_lies_outside_its_axes(painted):
    for axes in painted.figure.axes:
        (left, right), (low, high) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
        dots = [points.get_offsets() for points in axes.collections if isinstance(points, PathCollection)]
        dots += [line.get_xydata() for line in axes.lines if line.get_marker() not in ("", "None", None)]
        for x, y in (point for points in dots for point in np.ma.getdata(points).astype(float)):
            assert not np.isfinite([x, y]).all() or (left <= x <= right and low <= y <= high), f"{x}, {y} of {axes}"


def says(axis, texts):
    """Whether the axis has a name in words, or classes and methods, which speak for themselves."""
    names = [axis.label, *axis.get_ticklabels()]
    return any(name in texts and any(map(str.isalpha, name.get_text())) for name in names)


def said(axes, which, texts):
    """Whether the axis `which`, x or y, a panel that shares it, or the figure as a whole says what it is."""
    panels = getattr(axes, f"get_shared_{which}_axes")().get_siblings(axes)
    whole = getattr(axes.get_figure(), f"get_sup{which}label")()
    return bool(whole) or any(says(getattr(panel, f"{which}axis"), texts) for panel in panels)


def test_axes_that_are_shown_say_what_they_measure(painted):
    figure, texts, _ = painted
    for axes in figure.axes:
        found = {which: said(axes, which, texts) for which in "xy"}
        colours = axes.get_label() == "<colorbar>"  # one axis is its width
        assert not axes.axison or (any if colours else all)(found.values()), f"{found} of {axes}"


@pytest.mark.parametrize("named", [name for name in FIGURES if "," not in name], indirect=True, scope="module")
def test_drawing_twice_gives_equal_bytes(named, painted, record):
    """Whatever the dots of the screen; of every function that draws, one figure."""
    assert figure_bundle(FIGURES[named](record)) == painted.bundle


# figure of a study -> an example of the study, the figure of it
OF_STUDIES = {
    "histograms": (compared, lambda study: histograms([study])),
    "distances": (compared, lambda study: distances([study])),
    "gradient_strength": (pulled, lambda study: gradient_strength([study])),
    "gradient_heat": (pulled, lambda study: gradient_heat([study])),
    "road_curves": (faithfulness, road_curves),
    "map_scores": (faithfulness, lambda study: map_scores([study])),
    "surrogate_curves": (surrogates, surrogate_curves),
    "landscape_curves": (bowl, lambda study: landscape_curves([study])),
    "landscape_planes": (bowl, lambda study: landscape_planes([study])),
}
AXES = ("distances", "grid")  # of a study's values: set by the measurement, always numbers


def emptied(value, keep):
    """`value` with null for each number, or, to keep some, for every second one of a list."""
    if not isinstance(value, list):
        return None
    return [inner if keep and n % 2 == 0 else emptied(inner, keep) for n, inner in enumerate(value)]


def diverged(study, keep):
    """The study as if its network had diverged."""
    measured = {name for name in study.values if name not in AXES and not name.endswith("-edges")}
    return replace(study, values=study.values | {name: emptied(study.values[name], keep) for name in measured})


@pytest.mark.parametrize("keep", [False, True], ids=["nothing is finite", "some is finite"])
@pytest.mark.parametrize("name", OF_STUDIES)
def test_a_figure_of_a_diverged_network_is_drawn_without_what_is_missing(name, keep, record):
    example, draw = OF_STUDIES[name]
    draw(diverged(example(record), keep)).figure.savefig(io.BytesIO(), format="png")
