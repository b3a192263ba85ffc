"""Pictures, maps and predictions: what is drawn is what was given."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.maps import (
    explanation,
    growth_findings,
    laid_over,
    map_gallery,
    record_gallery,
    sam_growth,
    show_map,
    strips,
)
from ckdsnn.report.style import MAP_COLOURS
from tests.report.examples import STYLES, found, grown, maps, pictures


def grid_of(chart, rows):
    return np.reshape(chart.figure.axes, (rows, -1))


def test_a_map_keeps_its_units_covers_its_pale_picture_and_is_as_opaque_as_it_is_high():
    cells, picture, axes = 100 * maps(1)[0], pictures(1)[0], Figure().subplots()
    image, background = show_map(axes, picture, cells, "sam"), axes.images[0]
    np.testing.assert_array_equal(image.get_array(), cells)
    assert list(image.get_extent()) == list(background.get_extent()) == [-0.5, 7.5, 7.5, -0.5]
    np.testing.assert_allclose(background.get_array(), 128 + picture.mean(2) / 2)
    opacity = image.get_alpha()
    assert opacity.min() == 0 and opacity.max() > 0.5
    assert np.corrcoef(opacity.ravel(), cells.ravel().astype(float))[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("value", [0, 7.5])
def test_constant_maps_draw_without_a_warning(value):
    flat = np.full((4, 4), value, dtype=np.float16)
    assert (show_map(Figure().subplots(), pictures(1)[0], flat, "sam").get_alpha() == 0).all()
    explanation(replace(found(), cam=flat, sam=flat)).figure.savefig(io.BytesIO(), format="png")


def test_a_gallery_has_a_row_for_each_picture_and_a_column_for_each_map():
    rows = {"Teacher: CAM": ("cam", maps(3)), "SAM: KD": ("sam", maps(3) + 1), "Grad": ("grad_cam", maps(3) + 2)}
    chart = map_gallery(pictures(3), ["cat", "dog", "ship"], rows)
    grid, counts = grid_of(chart, 3), rows["SAM: KD"][1]
    assert [axes.texts[0].get_text() for axes in grid[:, 0]] == ["cat", "dog", "ship"]
    assert f"{counts.min():g} to {counts.max():g} spikes" in grid[0, 2].get_title().replace("\n", " ")
    for n, (line, picture) in enumerate(zip(grid, pictures(3), strict=True)):
        np.testing.assert_array_equal(line[0].images[0].get_array(), picture)
        for axes, (label, (kind, cells)) in zip(line[1:], rows.items(), strict=True):
            np.testing.assert_array_equal(axes.images[1].get_array(), cells[n])
            assert axes.images[1].get_cmap().name == MAP_COLOURS[kind]
            own = chart.data[(chart.data["picture"] == n + 1) & (chart.data["kind"] == label)]
            np.testing.assert_array_equal(own.pivot(index="row", columns="column", values="value"), cells[n])


def test_all_sams_have_one_scale_so_that_a_flat_one_looks_flat():
    counts, flat = 100 * maps(2), 40 + maps(2)
    chart = map_gallery(
        pictures(2), ["cat", "dog"], {"CAM": ("cam", maps(2)), "SAM: SNN": ("sam", counts), "SAM: flat": ("sam", flat)}
    )
    _, cam, uneven, even = (axes.images[-1] for axes in grid_of(chart, 2)[0])
    for image in (uneven, even):
        assert (image.norm.vmin, image.norm.vmax) == (counts.min(), counts.max())
    assert np.ptp(even.get_alpha()) < 0.05 < np.ptp(uneven.get_alpha())
    assert (cam.norm.vmin, cam.norm.vmax) == (maps(2)[0].min(), maps(2)[0].max())


def test_a_gallery_refuses_names_that_do_not_fit_the_pictures():
    with pytest.raises(ValueError, match="shorter"):
        map_gallery(pictures(3), ["cat", "dog"], {})


def test_a_record_gallery_shows_what_the_arrays_hold():
    arrays = {"images": pictures(9), "labels": np.arange(9) % 2, "sam": maps(9), "logits": np.zeros((9, 2))}
    grid = grid_of(record_gallery(arrays, ["even", "odd"], count=3), 3)
    assert [axes.texts[0].get_text() for axes in grid[:, 0]] == ["even", "odd", "even"]
    np.testing.assert_array_equal(grid[2, 1].images[1].get_array(), arrays["sam"][2])


@pytest.mark.parametrize(("steps", "shown"), [(2, [1, 2]), (4, [1, 2, 3, 4]), (10, [1, 4, 7, 10])])
def test_a_growing_sam_is_the_running_sum(steps, shown):
    arrays = grown(3, steps)
    for n, (picture, *sams, cam) in enumerate(grid_of(sam_growth(arrays, ["even", "odd"], count=2), 2)):
        np.testing.assert_array_equal(picture.images[0].get_array(), arrays["images"][n])
        np.testing.assert_array_equal(cam.images[1].get_array(), arrays["cam"][n])
        for axes, step in zip(sams, shown, strict=True):
            expected = arrays["sam_steps"][n, :step].astype(float).sum(0)
            np.testing.assert_array_equal(axes.images[1].get_array(), expected)
    del arrays["cam"]
    assert len(sam_growth(arrays, ["even", "odd"], count=1).figure.axes) == 1 + len(shown)


def test_growth_is_told_by_the_correlation_of_the_first_step_with_all():
    first, flat = np.array([[1.0, 2], [3, 4]]), np.full((2, 2), 5.0)
    steps = np.stack([[first, first**3], [flat, first]])  # of two images
    expected = np.corrcoef(first.ravel(), (first + first**3).ravel())[0, 1] / 2  # a flat map correlates 0
    told = growth_findings({"sam_steps": steps})
    assert "first of 2 time steps" in told and f"{expected:.2f}" in told and "over 2 images" in told


@pytest.mark.parametrize("draw", [growth_findings, lambda arrays: sam_growth(arrays, ["even", "odd"])])
def test_maps_do_not_grow_without_the_spikes_of_each_step(draw):
    with pytest.raises(CkdsnnError, match="no spikes of single steps"):
        draw({key: value for key, value in grown(2, 4).items() if key != "sam_steps"})


def test_an_explanation_shows_the_picture_both_maps_and_the_likeliest_classes():
    given = found(teacher="truck", student="cat")
    chart = explanation(given)
    picture, cam, sam, bars, *_ = chart.figure.axes
    np.testing.assert_array_equal(picture.images[0].get_array(), given.picture)
    np.testing.assert_array_equal(cam.images[1].get_array(), given.cam)
    np.testing.assert_array_equal(sam.images[1].get_array(), given.sam)
    assert given.record in bars.get_title()
    classes = [label.get_text() for label in bars.get_yticklabels()]
    assert classes == list(dict.fromkeys([*list(given.teacher)[:3], *list(given.student)[:3]]))
    networks = (("teacher", given.teacher), ("ckdsnn", given.student))
    for drawn, (method, network) in zip(bars.containers, networks, strict=True):
        np.testing.assert_allclose([bar.get_width() for bar in drawn], [100 * network[name] for name in classes])
        assert to_hex(drawn[0].get_facecolor()) == STYLES[method][1].lower()


@pytest.mark.parametrize("kind", ["cam", "sam", "grad_cam"])
def test_a_strip_shows_a_map_as_a_gallery_does(kind):
    """Drawn at the size at which a pixel of the figure is one of the picture."""
    draw = np.random.default_rng(0)
    picture, cells = draw.integers(0, 256, (32, 32, 3), dtype=np.uint8), draw.random((8, 8)) * 5
    figure = Figure(figsize=(1, 1), dpi=32)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    show_map(axes, picture, cells, kind, (0.0, 6.0))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    assert np.abs(drawn - laid_over(picture, cells, kind, (0.0, 6.0))).max() <= 4


def test_strips_have_every_kind_of_map_below_the_pictures_and_one_scale_for_all_sams():
    images = np.zeros((3, 16, 16, 3), np.uint8)
    sam = np.stack([np.full((4, 4), count, np.float16) for count in (0, 2, 4)])
    found = strips({"images": images, "sam": sam}, 3)
    assert {label: strip.shape for label, strip in found.items()} == dict.fromkeys(
        ("Picture", "Student: SAM"), (16, 48, 3)
    )
    colours = [tuple(found["Student: SAM"][0, 16 * n]) for n in range(3)]
    assert colours[0] == (128, 128, 128) and len(set(colours)) == 3
