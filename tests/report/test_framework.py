"""The drawing of the method: its geometry, and what flows where."""

import itertools

import numpy as np
import pytest

from ckdsnn.report.framework import ARROWS, BOXES, HEIGHT, LOSS, TEACHER, framework

FRAME = 0.04 + 0.02  # the box's padding and half its line


def edges(name):
    """Left, bottom, right and top of a box with its frame."""
    x, y, width, *_ = BOXES[name]
    return x - width / 2 - FRAME, y - HEIGHT / 2 - FRAME, x + width / 2 + FRAME, y + HEIGHT / 2 + FRAME


def contains(box, x, y):
    left, bottom, right, top = box
    return (left < x) & (x < right) & (bottom < y) & (y < top)


def arrows():
    """Tail and head of every drawn arrow, in the order of ARROWS."""
    return [(note.xyann, note.xy) for note in framework().axes[0].texts if note.get_text() == ""]


def test_boxes_do_not_overlap():
    for one, other in itertools.combinations(BOXES, 2):
        a, b = edges(one), edges(other)
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one} overlaps {other}"


def test_every_arrow_leads_from_the_edge_of_one_box_rightwards_to_the_edge_of_another():
    assert len(arrows()) == len(ARROWS) == len(set(ARROWS))
    for (start, end), (tail, head) in zip(ARROWS, arrows(), strict=True):
        assert tail == pytest.approx((edges(start)[2], BOXES[start][1]), abs=0.02)
        assert head == pytest.approx((edges(end)[0], BOXES[end][1]), abs=0.02)
        assert tail[0] < head[0], f"{start} -> {end} runs backwards"


def test_no_arrow_crosses_a_box_that_is_not_its_end():
    share = np.linspace(0, 1, 1001)
    for names, ((x0, y0), (x1, y1)) in zip(ARROWS, arrows(), strict=True):
        for other in BOXES.keys() - set(names):
            inside = contains(edges(other), x0 + share * (x1 - x0), y0 + share * (y1 - y0))
            assert not inside.any(), f"{names} crosses {other}"


def test_all_that_flows_starts_at_the_image_and_ends_in_the_loss():
    assert set(itertools.chain(*ARROWS)) == set(BOXES)
    assert set(BOXES) - {end for _, end in ARROWS} == {"image"}
    assert set(BOXES) - {start for start, _ in ARROWS} == {"total"}


def test_nothing_but_the_image_reaches_the_teacher():
    assert [start for start, end in ARROWS if end == "teacher"] == ["image"]
    into_teacher = [start for start, end in ARROWS if BOXES[end][4] == TEACHER]
    assert not [start for start in into_teacher if BOXES[start][4] == LOSS]


def test_the_boxes_texts_fit_into_their_boxes():
    figure = framework()
    figure.draw_without_rendering()
    axes = figure.axes[0]
    texts = [text for text in axes.texts if text.get_text()]
    for (name, box), text in zip(BOXES.items(), texts, strict=True):
        assert text.get_text() == box[3]
        (x0, y0), (x1, y1) = axes.transData.inverted().transform(text.get_window_extent())
        left, bottom, right, top = edges(name)
        assert left < x0 and x1 < right and bottom < y0 and y1 < top, name
