"""Figures of maps and predictions: data in, matplotlib Figure out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ckdsnn.report.style import MAP_COLOURS, METHODS, styled

if TYPE_CHECKING:
    from ckdsnn.analysis.explain import Explanation

MAP_LABELS = {"cam": "Teacher: CAM", "sam": "Student: SAM", "grad_cam": "Student: Grad-CAM"}


def show_picture(axes: Axes, picture: np.ndarray) -> None:
    """An image uint8 [H, W, 3], pixels shown as they are."""
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()


def show_map(axes: Axes, picture: np.ndarray, cells: np.ndarray, colours: str) -> AxesImage:
    """A map [h, w] over its picture in pale grey, from its lowest cell (clear) to its highest (full colour).

    Returns the map's image, in the map's own units, for a colour bar.
    """
    height, width = picture.shape[:2]
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    axes.imshow(128 + picture.mean(2) / 2, cmap="gray", extent=extent, vmin=0, vmax=255)
    axes.set_axis_off()
    cells = cells.astype(np.float64)
    strength = (cells - cells.min()) / (np.ptp(cells) or 1)
    return axes.imshow(cells, cmap=colours, extent=extent, alpha=0.85 * strength, interpolation="nearest")


def map_gallery(pictures: np.ndarray, names: Sequence[str], maps: Mapping[str, tuple[str, np.ndarray]]) -> Figure:
    """One column a picture, one row a kind of map.

    pictures: uint8 [N, H, W, 3]; names: the class of each; maps: row label -> (kind, maps [N, h, w]), the kind being
    "cam", "sam" or "grad_cam", which fixes the colours.
    """
    with styled():
        figure = Figure(figsize=(1.2 * len(pictures) + 1.6, 1.2 * (1 + len(maps)) + 0.3))
        grid = figure.subplots(1 + len(maps), len(pictures), squeeze=False)
        for column, (picture, name) in enumerate(zip(pictures, names, strict=True)):
            show_picture(grid[0, column], picture)
            grid[0, column].set_title(name)
            for row, (kind, cells) in enumerate(maps.values(), start=1):
                show_map(grid[row, column], picture, cells[column], MAP_COLOURS[kind])
        for row, label in enumerate(["Picture", *maps]):
            label_row(grid[row, 0], label)
        return figure


def record_gallery(arrays: Mapping[str, np.ndarray], classes: Sequence[str], count: int = 8) -> Figure:
    """The first `count` gallery images with every kind of map that a record's arrays hold."""
    names = [classes[label] for label in arrays["labels"][:count]]
    rows = {label: (kind, arrays[kind][:count]) for kind, label in MAP_LABELS.items() if kind in arrays}
    return map_gallery(arrays["images"][:count], names, rows)


def label_row(axes: Axes, label: str) -> None:
    """A label to the left of a row of pictures."""
    axes.text(-0.1, 0.5, label.replace(", ", ",\n"), transform=axes.transAxes, ha="right", va="center", fontsize=11)


def explanation(found: "Explanation") -> Figure:
    """A picture, the teacher's CAM, the student's SAM, and the classes that either finds among its three likeliest."""
    with styled():
        figure = Figure(figsize=(11.5, 3.4))
        picture, cam, sam, bars = figure.subplots(1, 4, width_ratios=(1, 1.15, 1.15, 1.5))
        show_picture(picture, found.picture)
        picture.set_title("Picture, as scaled")
        for axes, cells, colours, title, unit in (
            (
                cam,
                found.cam,
                MAP_COLOURS["cam"],
                f"Teacher: CAM of {next(iter(found.teacher))}",
                "class evidence (logit units)",
            ),
            (sam, found.sam, MAP_COLOURS["sam"], "Student: SAM", "spikes per cell"),
        ):
            shown = show_map(axes, found.picture, cells, colours)
            figure.colorbar(shown, ax=axes, shrink=0.75, label=unit)
            axes.set_title(title)
        probability_bars(bars, found.teacher, found.student)
        figure.suptitle(f"Student {found.record}", fontsize=10)
        return figure


def probability_bars(axes: Axes, teacher: Mapping[str, float], student: Mapping[str, float]) -> None:
    """Grouped bars for the classes that are among either network's three most probable ones."""
    classes = list(dict.fromkeys([*list(teacher)[:3], *list(student)[:3]]))
    places = np.arange(len(classes))
    for shift, (key, found) in zip((-0.2, 0.2), (("teacher", teacher), ("ckdsnn", student)), strict=True):
        label = "Teacher" if key == "teacher" else "Student"
        values = [100 * found[name] for name in classes]
        bars = axes.barh(places + shift, values, 0.38, label=label, color=METHODS[key][1])
        axes.bar_label(bars, fmt="%.0f %%", fontsize=9, padding=2)
    axes.set_yticks(places, classes)
    axes.invert_yaxis()
    axes.set(xlabel="Probability (%)", xlim=(0, 125), xticks=range(0, 101, 25), title="Predictions")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=9)  # no place inside is always free
