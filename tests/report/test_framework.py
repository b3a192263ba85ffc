"""The drawing of the method: its geometry, and what flows where."""

import itertools

import numpy as np

from ckdsnn.report.framework import ARROWS, BOXES, HEIGHT, LOSS, ROUND, TEACHER, framework

FRAME = 0.04 + 0.02  # the box's padding and half its line


def edges(name):
    """Left, bottom, right and top of a box with its frame."""
    x, y, width, *_ = BOXES[name]
    return x - width / 2 - FRAME, y - HEIGHT / 2 - FRAME, x + width / 2 + FRAME, y + HEIGHT / 2 + FRAME


def test_boxes_do_not_overlap():
    for one, other in itertools.combinations(BOXES, 2):
        a, b = edges(one), edges(other)
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one} overlaps {other}"


def test_every_arrow_leads_from_one_box_to_another_and_a_straight_one_crosses_no_third():
    share = np.linspace(0, 1, 1001)
    notes = [note for note in framework().axes[0].texts if note.get_text() == ""]
    assert len(notes) == len(ARROWS) == len(set(ARROWS))
    for names, note in zip(ARROWS, notes, strict=True):
        for name, (x, y) in zip(names, (note.xyann, note.xy), strict=True):  # the centre, or the middle of a side
            assert y == BOXES[name][1] and np.isclose(abs(x - BOXES[name][0]), (names in ROUND) * BOXES[name][2] / 2)
        x, y = (start + share * (end - start) for start, end in zip(note.xyann, note.xy, strict=True))
        for other in BOXES.keys() - set(names) if names not in ROUND else ():
            left, bottom, right, top = edges(other)
            assert not ((left < x) & (x < right) & (bottom < y) & (y < top)).any(), f"{names} crosses {other}"


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
