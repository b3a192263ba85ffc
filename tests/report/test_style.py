"""Colours that everyone can tell apart, one style for all figures, and files that are whole."""

import io
import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from ckdsnn.analysis.cells import suite_recipes
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import SUITES
from ckdsnn.recipe.methods import METHODS
from ckdsnn.report.chart import save_figure
from ckdsnn.report.labels import MAPS, colour_of, dash_of, label_of, style_of
from ckdsnn.report.style import (
    COLOURS,
    OTHER_COLOUR,
    SETTINGS,
    styled,
)
from ckdsnn.studies.surrogate.report import SURROGATES
from tests.report.examples import STYLES, record_of

# Machado, Oliveira & Fernandes, A physiologically-based model for simulation of color vision deficiency, IEEE TVCG
# 15(6), 2009: the matrices of severity 1, on linear RGB
SEEN_BY = {
    "everyone": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
LEAST = 15  # CIE 1976 distance; about 2.3 is just noticeable side by side, thin lines far apart need several times that
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # IEC 61966-2-1


def linear(colour):
    """Linear RGB of an sRGB colour (IEC 61966-2-1)."""
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear RGB, white being (1, 1, 1)."""
    ratios = (XYZ @ rgb.clip(0, 1)) / XYZ.sum(1)
    f = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("palette", [STYLES, MAPS, SURROGATES], ids=["methods", "maps", "surrogates"])
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_any_two_of_a_kind_can_be_told_apart(eyes, palette):
    seen = {name: lab(SEEN_BY[eyes] @ linear(colour)) for name, (_, colour) in palette.items()}
    for one, other in itertools.combinations(seen, 2):
        distance = np.linalg.norm(seen[one] - seen[other])
        assert distance >= LEAST, f"{one} and {other}: {distance:.1f}"


def test_lab_has_the_known_values_of_the_primaries():
    assert lab(np.ones(3)) == pytest.approx([100, 0, 0], abs=1e-9)
    assert lab(linear("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert lab(linear("#808080")) == pytest.approx([53.59, 0, 0], abs=0.05)


def test_every_method_has_a_label_and_a_colour_of_its_own():
    assert {"teacher", *METHODS} == COLOURS.keys()
    assert len({row.label for row in METHODS.values()}) == len(METHODS)
    assert len(set(COLOURS.values())) == len(COLOURS) and OTHER_COLOUR not in COLOURS.values()


@pytest.mark.parametrize("method", METHODS)
def test_a_record_is_styled_by_its_method(record, method):
    assert style_of(record_of(record, method)) == STYLES[method]


@pytest.mark.parametrize("name", ["mine", "ckdsnn-9", "ckdsnn-ts4-t2"])
def test_an_unknown_method_goes_by_its_recipes_name(record, name):
    other = record_of(record, name)
    assert style_of(other) == (other.recipe["name"], OTHER_COLOUR)


def test_a_variant_and_a_number_of_time_steps_are_styled_as_everywhere(record):
    assert style_of(record_of(record, "ckdsnn-count-t4")) == (
        "CKDSNN (count), T\u00a0=\u00a04",
        COLOURS["ckdsnn-count"],
    )
    for variant in ("nld-noise0.5", "ckdsnn-count-l2", "ckdsnn-ts4", "nld-few"):
        assert style_of(record_of(record, variant)) == (label_of(variant), colour_of(variant))


def test_the_count_is_dashed_and_open_and_of_its_methods_hue():
    for method in ("samd", "ckdsnn"):
        assert dash_of(method) == ""
        assert dash_of(f"{method}-count") == (4, 2)
        hues = [np.degrees(np.arctan2(*lab(linear(COLOURS[m]))[:0:-1])) for m in (method, f"{method}-count")]
        assert abs((np.diff(hues)[0] + 180) % 360 - 180) < 30
    assert dash_of("ckdsnn-count-t4") == dash_of("ckdsnn-count")


def test_every_method_is_seen_on_white():
    """Contrast as the WCAG define it; 2 is what a thick line or a marker needs at the least."""
    for method, colour in COLOURS.items():
        assert 1.05 / (XYZ[1] @ linear(colour) + 0.05) >= 2, method


def test_styled_leaves_the_settings_untouched():
    before = dict(mpl.rcParams)
    with pytest.raises(RuntimeError), styled():
        assert mpl.rcParams["savefig.dpi"] == SETTINGS["savefig.dpi"]
        raise RuntimeError
    assert dict(mpl.rcParams) == before


def figure(inches=2):
    with styled():
        drawn = Figure(figsize=(inches, 1))
    drawn.subplots().plot([1, 2])
    return drawn


def test_saved_figure_is_a_whole_png_in_the_projects_resolution(tmp_path):
    path = save_figure(figure(), tmp_path / "new" / "figure.png")
    with Image.open(path) as image:
        assert image.format == "PNG" and image.size == (2 * SETTINGS["savefig.dpi"], SETTINGS["savefig.dpi"])
    again = io.BytesIO(save_figure(figure(), tmp_path / "again.png").read_bytes())
    assert again.getvalue() == path.read_bytes()


def test_a_figure_that_fails_half_way_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_text("old")

    def no_space(partial, content):
        partial.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", no_space)
    with pytest.raises(CkdsnnError, match=r"cannot write .*figure\.png: No space left"):
        save_figure(figure(), path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CkdsnnError, match=f"cannot write to the folder {tmp_path}/file"):
        save_figure(figure(), tmp_path / "file" / "figure.png")
    with pytest.raises(CkdsnnError, match=f"cannot write {tmp_path}/folder.png"):
        (tmp_path / "folder.png").mkdir()
        save_figure(figure(), tmp_path / "folder.png")


def test_a_whole_name_has_the_label_and_the_colour_of_its_method_and_says_its_setting():
    assert label_of("cifar10-events-ckdsnn") == f"{label_of('ckdsnn')}, simulated events"
    assert label_of("cifar10-events-rgb-nld") == "NLD, simulated events, RGB teacher"
    assert colour_of("imagenet10-sew18-kd") == colour_of("kd") != colour_of("cifar100-resnet19-e20-kd")
    assert label_of("cifar100-resnet19-e20-kd") == "cifar100-resnet19-e20-kd", "its setting has no words"
    for suite in ("simulated", "imagenet"):
        for tier in SUITES[suite]:
            names = list(suite_recipes(suite, tier))
            assert len({label_of(name) for name in names} - {*names}) == len(names), "each its own"
