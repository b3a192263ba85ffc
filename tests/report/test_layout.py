"""What holds for every figure: equal bytes, all text inside the picture and legible, labelled axes."""

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ckdsnn.report.notebook import figure_bundle
from tests.report.conftest import FIGURES


def texts_of(figure):
    """Render a figure: its texts that are really painted, each with its box in pixels."""
    painted, paint = {}, Text.draw

    def noted(text, renderer):
        if text.get_visible() and text.get_text().strip():
            painted[text] = text.get_window_extent(renderer)
        paint(text, renderer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        FigureCanvasAgg(figure).draw()
    return painted


@pytest.fixture(params=FIGURES, scope="module")
def painted(request, record):
    """Each figure of the package in turn, rendered, and its texts with their boxes."""
    figure = FIGURES[request.param](record)
    return figure, texts_of(figure)


def within(box, frame):
    return frame.x0 <= box.x0 and frame.y0 <= box.y0 and box.x1 <= frame.x1 and box.y1 <= frame.y1


def test_all_text_lies_inside_the_figure(painted):
    figure, texts = painted
    assert texts
    for text, box in texts.items():
        assert within(box, figure.bbox), f"{text.get_text()!r} reaches from {box.p0} to {box.p1} in {figure.bbox.p1}"
        clip = text.get_clip_box() if text.get_clip_on() else None
        assert clip is None or within(box, clip), f"{text.get_text()!r} is cut off"


def test_no_text_covers_another(painted):
    for (one, box), (other, other_box) in itertools.combinations(painted[1].items(), 2):
        assert not box.padded(-1).overlaps(other_box.padded(-1)), f"{one.get_text()!r} covers {other.get_text()!r}"


def test_no_legend_covers_bars(painted):
    for axes in painted[0].axes:
        for bar in axes.patches if axes.get_legend() else []:
            assert not axes.get_legend().get_window_extent().overlaps(bar.get_window_extent()), axes.get_title()


def test_axes_that_are_shown_say_what_they_measure(painted):
    figure, texts = painted
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            names = [axis.label, *axis.get_ticklabels()]  # classes and methods speak for themselves
            shown = any(name in texts and any(map(str.isalpha, name.get_text())) for name in names)
            colours = axes.get_label() == "<colorbar>" and axis is axes.xaxis
            assert shown or colours or axes.get_shared_y_axes().joined(axes, figure.axes[0]), f"{axis} of {axes}"


@pytest.mark.parametrize("name", FIGURES)
def test_drawing_twice_gives_equal_bytes(name, record):
    assert figure_bundle(FIGURES[name](record)) == figure_bundle(FIGURES[name](record))
