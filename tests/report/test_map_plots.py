"""Pictures, maps and predictions: what is drawn is what was given."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.map_plots import (
    MAP_COLOURS,
    MOST_STEPS,
    explanation,
    map_gallery,
    record_gallery,
    sam_growth,
    show_map,
    steps_shown,
)
from tests.report.examples import STYLES, found, grown, maps, pictures


def shown_map(cells, picture=None):
    axes = Figure().subplots()
    return axes, show_map(axes, pictures(1)[0] if picture is None else picture, cells, "Blues")


def test_a_map_is_clear_at_its_lowest_cell_and_strongest_at_its_highest():
    cells = maps(1)[0]
    _, image = shown_map(cells)
    opacity = image.get_alpha()
    assert opacity.flat[cells.argmin()] == 0 == opacity.min()
    assert opacity.flat[cells.argmax()] == opacity.max() > 0.5
    assert (np.diff(opacity.flat[np.argsort(cells, axis=None)]) >= 0).all(), "opacity follows the map"


def test_a_map_keeps_its_units_and_covers_its_picture():
    cells, picture = 100 * maps(1)[0], pictures(1)[0]
    axes, image = shown_map(cells, picture)
    background = axes.images[0]
    np.testing.assert_array_equal(image.get_array(), cells)
    assert (image.norm.vmin, image.norm.vmax) == (cells.min(), cells.max())
    assert list(image.get_extent()) == list(background.get_extent()) == [-0.5, 7.5, 7.5, -0.5]
    grey = background.get_array()
    assert grey.min() >= 128 and grey.max() <= 255, "pale"
    assert np.corrcoef(np.ravel(grey), picture.mean(2).ravel())[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("value", [0, 7.5])
def test_constant_maps_draw_without_a_warning(value):
    flat = np.full((4, 4), value, dtype=np.float16)
    _, image = shown_map(flat)
    assert (image.get_alpha() == 0).all()
    constant = found()
    object.__setattr__(constant, "cam", flat)
    object.__setattr__(constant, "sam", flat)
    explanation(constant).savefig(io.BytesIO(), format="png")


def test_gallery_has_a_column_for_each_picture_and_a_row_for_each_map():
    rows = {"Teacher: CAM": ("cam", maps(3)), "SAM: KD": ("sam", maps(3) + 1), "Grad": ("grad_cam", maps(3) + 2)}
    figure = map_gallery(pictures(3), ["cat", "dog", "ship"], rows)
    grid = np.reshape(figure.axes, (4, 3))
    assert [axes.get_title() for axes in grid[0]] == ["cat", "dog", "ship"]
    assert [axes.texts[0].get_text() for axes in grid[:, 0]] == [
        "Picture",
        "Teacher: CAM",
        f"SAM: KD\n{rows['SAM: KD'][1].min():g} to {rows['SAM: KD'][1].max():g} spikes",
        "Grad",
    ]
    for column, picture in enumerate(pictures(3)):
        np.testing.assert_array_equal(grid[0, column].images[0].get_array(), picture)
        for row, (kind, cells) in enumerate(rows.values(), start=1):
            image = grid[row, column].images[1]
            np.testing.assert_array_equal(image.get_array(), cells[column])
            assert image.get_cmap().name == MAP_COLOURS[kind]


def test_all_sams_of_a_gallery_have_one_scale_so_that_a_flat_one_looks_flat():
    counts, flat = 100 * maps(2), 40 + maps(2)
    rows = {"CAM": ("cam", maps(2)), "SAM: SNN": ("sam", counts), "SAM: flat": ("sam", flat)}
    grid = np.reshape(map_gallery(pictures(2), ["cat", "dog"], rows).axes, (4, 2))
    for axes in grid[2:].flat:
        assert (axes.images[1].norm.vmin, axes.images[1].norm.vmax) == (counts.min(), counts.max())
    assert np.ptp(grid[3, 0].images[1].get_alpha()) < 0.05 < np.ptp(grid[2, 0].images[1].get_alpha())
    own = grid[1, 0].images[1]
    assert (own.norm.vmin, own.norm.vmax) == (maps(2)[0].min(), maps(2)[0].max())


def test_gallery_refuses_names_that_do_not_fit_the_pictures():
    with pytest.raises(ValueError, match="shorter"):
        map_gallery(pictures(3), ["cat", "dog"], {})


def test_record_gallery_shows_what_the_arrays_hold():
    arrays = {"images": pictures(9), "labels": np.arange(9) % 2, "sam": maps(9), "logits": np.zeros((9, 2))}
    figure = record_gallery(arrays, ["even", "odd"], count=3)
    grid = np.reshape(figure.axes, (2, 3))
    assert [axes.get_title() for axes in grid[0]] == ["even", "odd", "even"]
    assert grid[1, 0].texts[0].get_text().startswith("Student: SAM\n")
    np.testing.assert_array_equal(grid[1, 2].images[1].get_array(), arrays["sam"][2])


@pytest.mark.parametrize("teacher", [True, False])
def test_a_growing_sam_is_the_running_sum_on_one_scale_a_row(teacher):
    arrays = grown(3, 4) if teacher else {k: v for k, v in grown(3, 4).items() if k != "cam"}
    grid = np.reshape(sam_growth(arrays, ["even", "odd"], count=2).axes, (2, 6 if teacher else 5))
    titles = ["Picture", "SAM after\n1 step", "SAM after\n2 steps", "SAM after\n3 steps", "SAM after\n4 steps"]
    assert [axes.get_title() for axes in grid[0]] == titles + ["Teacher:\nCAM"] * teacher
    for n, row in enumerate(grid):
        np.testing.assert_array_equal(row[0].images[0].get_array(), arrays["images"][n])
        sums = [arrays["sam_steps"][n, : t + 1].astype(float).sum(0) for t in range(4)]
        low, high = sums[0].min(), sums[-1].max()
        assert row[0].texts[0].get_text() == f"{['even', 'odd'][n]}\n{low:g} to {high:g} spikes"
        for axes, expected in zip(row[1:5], sums, strict=True):
            np.testing.assert_array_equal(axes.images[1].get_array(), expected)
            assert (axes.images[1].norm.vmin, axes.images[1].norm.vmax) == (low, high)
            assert axes.images[1].get_cmap().name == MAP_COLOURS["sam"]
        if teacher:
            np.testing.assert_array_equal(row[-1].images[1].get_array(), arrays["cam"][n])
            assert row[-1].images[1].get_cmap().name == MAP_COLOURS["cam"]
        np.testing.assert_array_equal(sums[-1], arrays["sam"][n])


def test_of_many_steps_some_are_shown_with_the_first_and_the_last():
    arrays = grown(1, 10)
    shown = sam_growth(arrays, ["even", "odd"]).axes
    assert len(shown) == MOST_STEPS + 2
    np.testing.assert_array_equal(shown[1].images[1].get_array(), arrays["sam_steps"][0, 0])
    np.testing.assert_array_equal(shown[-2].images[1].get_array(), arrays["sam"][0])
    for steps in (2, 6, 7, 10, 20):
        some = steps_shown(steps)
        assert (some[0], some[-1], len(some)) == (1, steps, min(steps, MOST_STEPS))
        assert np.ptp(np.diff(some)) <= 1


def test_maps_do_not_grow_without_the_spikes_of_each_step():
    arrays = {k: v for k, v in grown(2, 4).items() if k != "sam_steps"}
    with pytest.raises(CkdsnnError, match="no spikes of single steps"):
        sam_growth(arrays, ["even", "odd"])


def test_explanation_shows_the_picture_and_both_maps_with_their_units():
    given = found()
    picture, cam, sam, _, cam_bar, sam_bar = explanation(given).axes
    np.testing.assert_array_equal(picture.images[0].get_array(), given.picture)
    np.testing.assert_array_equal(cam.images[1].get_array(), given.cam)
    np.testing.assert_array_equal(sam.images[1].get_array(), given.sam)
    assert [axes.get_title() for axes in (cam, sam)] == [f"Teacher: CAM of {next(iter(given.teacher))}", "Student: SAM"]
    assert [bar.get_ylabel() for bar in (cam_bar, sam_bar)] == ["class evidence (logit units)", "spikes per cell"]


def test_explanation_names_the_record():
    assert found().record in explanation(found()).get_suptitle()


def test_explanation_shows_both_networks_most_probable_classes():
    given = found(teacher="truck", student="cat")
    axes = explanation(given).axes[3]
    classes = [label.get_text() for label in axes.get_yticklabels()]
    assert set(classes) == {*list(given.teacher)[:3], *list(given.student)[:3]} and classes[0] == "truck"
    for bars, network, method in zip(
        axes.containers, (given.teacher, given.student), ("teacher", "ckdsnn"), strict=True
    ):
        assert [bar.get_width() for bar in bars] == [100 * network[name] for name in classes]
        assert [round(bar.get_y() + bar.get_height() / 2) for bar in bars] == list(range(len(classes)))
        assert to_hex(bars[0].get_facecolor()) == STYLES[method][1].lower()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Teacher", "Student"]
    assert "91 %" in [text.get_text() for text in axes.texts]
    assert axes.get_xlabel() == "Probability (%)"
