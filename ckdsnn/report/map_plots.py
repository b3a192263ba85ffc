"""Figures of maps and predictions: data in, matplotlib Figure out."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.style import COLOURS, MAP_COLOURS, styled

if TYPE_CHECKING:
    from ckdsnn.analysis.explain import Explanation

Span = tuple[float, float]
MAP_LABELS = {"cam": "Teacher: CAM", "sam": "Student: SAM", "grad_cam": "Student: Grad-CAM"}
MOST_STEPS = 6  # in one figure: more maps in a row would be too small


def show_picture(axes: Axes, picture: np.ndarray) -> None:
    """An image uint8 [H, W, 3], pixels shown as they are."""
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()


def show_map(axes: Axes, picture: np.ndarray, cells: np.ndarray, colours: str, span: Span | None = None) -> AxesImage:
    """A map [h, w] over its picture in pale grey, from its lowest cell (clear) to its highest (full colour), or from
    the lower to the higher end of `span`.

    Returns the map's image, in the map's own units, for a colour bar.
    """
    height, width = picture.shape[:2]
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    axes.imshow(128 + picture.mean(2) / 2, cmap="gray", extent=extent, vmin=0, vmax=255)
    axes.set_axis_off()
    cells = cells.astype(np.float64)
    low, high = span or (cells.min(), cells.max())
    look = {"cmap": colours, "vmin": low, "vmax": high, "alpha": 0.85 * (cells - low) / (high - low or 1)}
    return axes.imshow(cells, extent=extent, interpolation="nearest", **look)


def map_gallery(pictures: np.ndarray, names: Sequence[str], maps: Mapping[str, tuple[str, np.ndarray]]) -> Figure:
    """One column a picture, one row a kind of map.

    pictures: uint8 [N, H, W, 3]; names: the class of each; maps: row label -> (kind, maps [N, h, w]), the kind being
    "cam", "sam" or "grad_cam", which fixes the colours. Each CAM and Grad-CAM goes from its own lowest cell to its
    highest. All SAMs have one scale, from the fewest spikes in any of them to the most, and each row says its own:
    stretched to its own range, a map of nearly equal counts would look as structured as any other.
    """
    counts = [cells for kind, cells in maps.values() if kind == "sam"]
    span = (min(map(np.min, counts)), max(map(np.max, counts))) if counts else None
    with styled():
        width = min(7.5, 1.2 * len(pictures) + 1.6)
        figure = Figure(figsize=(width, (width - 1.3) / len(pictures) * (1 + len(maps)) + 0.3))
        grid = figure.subplots(1 + len(maps), len(pictures), squeeze=False)
        for column, (picture, name) in enumerate(zip(pictures, names, strict=True)):
            show_picture(grid[0, column], picture)
            grid[0, column].set_title(fill(name, 11), fontsize=9)
            for row, (kind, cells) in enumerate(maps.values(), start=1):
                shown = (picture, cells[column], MAP_COLOURS[kind], span if kind == "sam" else None)
                show_map(grid[row, column], *shown)
        for row, label in enumerate(["Picture", *(row_label(name, *own) for name, own in maps.items())]):
            label_row(grid[row, 0], label)
        return figure


def record_gallery(arrays: Mapping[str, np.ndarray], classes: Sequence[str], count: int = 8) -> Figure:
    """The first `count` gallery images with every kind of map that a record's arrays hold."""
    names = [classes[label] for label in arrays["labels"][:count]]
    rows = {label: (kind, arrays[kind][:count]) for kind, label in MAP_LABELS.items() if kind in arrays}
    return map_gallery(arrays["images"][:count], names, rows)


def row_label(label: str, kind: str, cells: np.ndarray) -> str:
    """The label of a row, of a SAM with the range of its counts."""
    return f"{label}\n{cells.min():g} to {cells.max():g} spikes" if kind == "sam" else label


def sam_growth(arrays: Mapping[str, np.ndarray], classes: Sequence[str], count: int = 4) -> Figure:
    """One row for each of the first `count` gallery images: the picture, its SAM after 1, 2, ... T steps, and at the
    end the CAM of its teacher, if the student of these arrays has one.

    A SAM after t steps is the sum of the spikes of the first t; the last is the SAM. A row has one scale, from the
    fewest spikes in a cell of these maps to the most, which its label says; a CAM has its own. Of more than MOST_STEPS
    steps so many are shown. Raises CkdsnnError for arrays without the spikes of each step.
    """
    sums = running_sums(arrays)[:count]
    steps = steps_shown(sums.shape[1])
    titles = ["Picture", *(f"SAM after\n{step} step{'s' * (step > 1)}" for step in steps)]
    titles += ["Teacher:\nCAM"] * ("cam" in arrays)
    with styled():
        figure = Figure(figsize=(7.5, 6.1 / len(titles) * len(sums) + 0.4))
        grid = figure.subplots(len(sums), len(titles), squeeze=False)
        for axes, title in zip(grid[0], titles, strict=True):
            axes.set_title(title, fontsize=9)
        for n, (row, grown) in enumerate(zip(grid, sums, strict=True)):
            maps, picture = grown[[step - 1 for step in steps]], arrays["images"][n]
            show_picture(row[0], picture)
            for axes, cells in zip(row[1:], maps, strict=False):
                show_map(axes, picture, cells, MAP_COLOURS["sam"], (maps.min(), maps.max()))
            if "cam" in arrays:
                show_map(row[-1], picture, arrays["cam"][n], MAP_COLOURS["cam"])
            label_row(row[0], row_label(classes[arrays["labels"][n]], "sam", maps))
        return figure


def running_sums(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The SAMs after 1, 2, ... T steps, [N, T, h, w]. Raises CkdsnnError where the spikes of each step are missing."""
    if "sam_steps" not in arrays:
        raise CkdsnnError(
            "these arrays have no spikes of single steps (sam_steps); a student with one time step, a teacher and runs "
            "from before they were kept have none: train a student with several time steps"
        )
    return arrays["sam_steps"].cumsum(1, dtype=np.float64)


def steps_shown(steps: int) -> list[int]:
    """The first of the steps, the last, and between them as many as fit, about equally far apart; counted from 1."""
    return sorted({round(step) for step in np.linspace(1, steps, min(steps, MOST_STEPS))})


def label_row(axes: Axes, label: str) -> None:
    """A label to the left of a row of pictures."""
    axes.text(-0.1, 0.5, label.replace(", ", ",\n"), transform=axes.transAxes, ha="right", va="center", fontsize=9)


def explanation(found: "Explanation") -> Figure:
    """A picture, the teacher's CAM, the student's SAM, and the classes that either finds among its three likeliest."""
    with styled():
        figure = Figure(figsize=(7.5, 5.4))
        places = figure.subplot_mosaic([["picture", "cam", "sam"], ["bars"] * 3], width_ratios=(1, 1.2, 1.2))
        picture, cam, sam, bars = places.values()
        show_picture(picture, found.picture)
        picture.set_title("Picture, as scaled", fontsize=10)
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
            figure.colorbar(shown, ax=axes, shrink=0.75).set_label(unit, fontsize=9)
            axes.set_title(title, fontsize=10)
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
        bars = axes.barh(places + shift, values, 0.38, label=label, color=COLOURS[key])
        axes.bar_label(bars, fmt="%.0f %%", fontsize=9, padding=2)
    axes.set_yticks(places, classes)
    axes.invert_yaxis()
    axes.set(xlabel="Probability (%)", xlim=(0, 125), xticks=range(0, 101, 25), title="Predictions")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=9)  # no place inside is always free
