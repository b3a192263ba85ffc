"""Maps over their pictures: what a teacher and its students look at, and what they predict."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.style import COLOURS, MAP_COLOURS, WIDTH, styled

if TYPE_CHECKING:
    from ckdsnn.analysis.explain import Explanation

Maps = Mapping[str, tuple[str, np.ndarray]]  # label -> kind ("cam", "sam", "grad_cam") and maps [N, h, w]
MAP_LABELS = {"cam": "Teacher: CAM", "sam": "Student: SAM", "grad_cam": "Student: Grad-CAM"}
MOST_STEPS = 4  # in one figure: more maps in a row would be too small
OPAQUE = 0.85  # of the highest cell: the picture below is still to be seen
LETTERS = 12  # of a line above or beside a picture


def show_map(axes: Axes, picture: np.ndarray, cells: np.ndarray, kind: str, span: tuple = ()) -> AxesImage:
    """A map [h, w] over its picture in pale grey, from its lowest cell (clear) to its highest (full colour), or from
    the lower to the higher end of `span`.

    picture: uint8 [H, W, 3]. Returns the map's image, in the map's own units, for a colour bar.
    """
    background = axes.imshow(pale(picture), cmap="gray", vmin=0, vmax=255)
    cells = cells.astype(np.float64)
    low, high = span or (cells.min(), cells.max())
    look = {"cmap": MAP_COLOURS[kind], "vmin": low, "vmax": high, "alpha": OPAQUE * within(cells, (low, high))}
    return axes.imshow(cells, extent=background.get_extent(), interpolation="nearest", **look)


def pale(picture: np.ndarray) -> np.ndarray:
    """A picture uint8 [H, W, 3] as the pale grey [H, W] that lies below maps, from 128 to 255."""
    return 128 + picture.mean(2) / 2


def within(cells: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Where the cells of a map lie between the ends of `span`, from 0 to 1; 0 where the two are one."""
    low, high = span
    return (cells - low) / (high - low or 1)


def strips(arrays: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    """The first `count` gallery images in a row, and below them every kind of map that a record's arrays hold: label ->
    uint8 [H, count * W, 3]. The same as in `map_gallery`, a hundred times as fast, with a pixel for a pixel.
    """
    pictures = arrays["images"][:count]
    rows = {"Picture": pictures}
    for kind, label in MAP_LABELS.items():
        if kind in arrays:
            maps = arrays[kind][:count].astype(np.float64)
            span = (maps.min(), maps.max()) if kind == "sam" else ()
            rows[label] = [laid_over(*pair, kind, span) for pair in zip(pictures, maps, strict=True)]
    return {label: np.concatenate(list(row), 1) for label, row in rows.items()}


def laid_over(picture: np.ndarray, cells: np.ndarray, kind: str, span: tuple = ()) -> np.ndarray:
    """A map over its picture, as `show_map` draws it, uint8 [H, W, 3]."""
    height, width = picture.shape[:2]
    shares = within(cells, span or (cells.min(), cells.max()))
    fine = shares[np.ix_(np.arange(height) * len(cells) // height, np.arange(width) * cells.shape[1] // width)]
    colours, opacity = matplotlib.colormaps[MAP_COLOURS[kind]](fine)[..., :3], OPAQUE * fine[..., None]
    return (opacity * 255 * colours + (1 - opacity) * pale(picture)[..., None]).round().astype(np.uint8)


@styled()
def map_gallery(pictures: np.ndarray, names: Sequence[str], maps: Maps) -> Chart:
    """One row a picture, one column a kind of map.

    pictures: uint8 [N, H, W, 3]; names: the class of each. Each CAM and Grad-CAM goes from its own lowest cell to its
    highest. All SAMs have one scale, from the fewest spikes in any of them to the most, and each column says its own:
    stretched to its own range, a map of nearly equal counts would look as structured as any other.
    """
    counts = [cells for kind, cells in maps.values() if kind == "sam"]
    span = (min(map(np.min, counts)), max(map(np.max, counts))) if counts else ()
    columns = 1 + len(maps)
    figure, grid = panels(len(pictures), columns, max(0.84, WIDTH / max(columns, 5)) + 0.9 / len(pictures))
    for axes, title in zip(grid[0], ["Picture", *(heading(label, *own) for label, own in maps.items())], strict=True):
        axes.set_title(title)
    for n, (row, picture, name) in enumerate(zip(grid, pictures, names, strict=True)):
        row[0].imshow(picture, interpolation="nearest")
        look = {"rotation": 90, "ha": "right", "va": "center", "multialignment": "center"}
        row[0].text(-0.1, 0.5, fill(name, LETTERS), transform=row[0].transAxes, **look)
        for axes, (kind, cells) in zip(row[1:], maps.values(), strict=True):
            show_map(axes, picture, cells[n], kind, span if kind == "sam" else ())
    for axes in grid.flat:
        axes.set_axis_off()
    return Chart(figure, cells_of({label: cells for label, (_, cells) in maps.items()}), "png")


def heading(label: str, kind: str, cells: np.ndarray) -> str:
    """What stands above a column, of SAMs with the range of their counts."""
    lines = [*label.split(": "), *([f"{cells.min():g} to {cells.max():g}", "spikes"] if kind == "sam" else [])]
    return "\n".join(fill(line, LETTERS) for line in lines)


def cells_of(maps: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Maps [N, h, w] by their kind as a frame: picture (from 1), kind, row, column, value."""
    rows = [
        {"picture": n + 1, "kind": kind, "row": row, "column": column, "value": float(value)}
        for kind, cells in maps.items()
        for (n, row, column), value in np.ndenumerate(cells)
    ]
    return pd.DataFrame(rows, columns=["picture", "kind", "row", "column", "value"])


def record_gallery(arrays: Mapping[str, np.ndarray], classes: Sequence[str], count: int = 8) -> Chart:
    """The first `count` gallery images with every kind of map that a record's arrays hold."""
    names = [classes[label] for label in arrays["labels"][:count]]
    maps = {label: (kind, arrays[kind][:count]) for kind, label in MAP_LABELS.items() if kind in arrays}
    return map_gallery(arrays["images"][:count], names, maps)


def sam_growth(arrays: Mapping[str, np.ndarray], classes: Sequence[str], count: int = 4) -> Chart:
    """The first `count` gallery images, their SAMs after 1, 2, ... T steps, all on one scale, and at the end the CAM of
    their teacher, if the student of these arrays has one.

    A SAM after t steps is the sum of the spikes of the first t; the last is the SAM. Of more than MOST_STEPS steps
    so many are shown, about equally far apart. Raises CkdsnnError for arrays without the spikes of each step.
    """
    sums = running_sums(arrays)[:count]
    steps = np.linspace(1, sums.shape[1], min(sums.shape[1], MOST_STEPS)).round().astype(int).tolist()
    maps = {f"SAM after: {step} step{'s' * (step > 1)}": ("sam", sums[:, step - 1]) for step in steps}
    maps |= {MAP_LABELS["cam"]: ("cam", arrays["cam"][:count])} if "cam" in arrays else {}
    return map_gallery(arrays["images"][:count], [classes[label] for label in arrays["labels"][:count]], maps)


def running_sums(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The SAMs after 1, 2, ... T steps, [N, T, h, w]. Raises CkdsnnError where the spikes of each step are missing."""
    if "sam_steps" not in arrays:
        raise CkdsnnError("no spikes of single steps (sam_steps) on record: train a student with several time steps")
    return arrays["sam_steps"].cumsum(1, dtype=np.float64)


def growth_findings(arrays: Mapping[str, np.ndarray]) -> str:
    """How like the SAM of all steps that of the first is, a flat one like none. Raises CkdsnnError as above."""
    sums = running_sums(arrays)
    pairs = [(first.ravel(), last.ravel()) for first, last in zip(sums[:, 0], sums[:, -1], strict=True)]
    alike = [np.corrcoef(*pair)[0, 1] if all(map(np.ptp, pair)) else 0.0 for pair in pairs]
    return (
        f"After the first of {sums.shape[1]} time steps a SAM correlates by {np.mean(alike):.2f} over its cells with "
        f"what it is at the end (mean over {len(alike)} images)."
    )


@styled()
def explanation(found: "Explanation") -> Chart:
    """A picture, the teacher's CAM, the student's SAM, and the classes that either finds among its three likeliest."""
    figure = Figure(figsize=(WIDTH, 5.2))
    places = figure.subplot_mosaic([["picture", "cam", "sam"], ["bars"] * 3], height_ratios=(1, 1.2))
    places["picture"].imshow(found.picture, interpolation="nearest")
    for kind, cells, unit in (
        ("cam", found.cam, "class evidence\n(logit units)"),
        ("sam", found.sam, "spikes per cell"),
    ):
        shown = show_map(places[kind], found.picture, cells, kind)
        figure.colorbar(shown, ax=places[kind], location="bottom", label=unit)
    titles = ["Picture,\nas scaled", f"Teacher: CAM of\n{next(iter(found.teacher))}", "Student:\nSAM"]
    for axes, title in zip(list(places.values())[:3], titles, strict=True):
        axes.set(title=title, anchor="N")
        axes.set_axis_off()
    draw_probabilities(places["bars"], found)
    legend_below(figure, places["bars"])
    return Chart(figure, cells_of({"cam": found.cam[None], "sam": found.sam[None]}), "png")


def draw_probabilities(axes: Axes, found: "Explanation") -> None:
    """Grouped bars for the classes that are among either network's three most probable ones."""
    classes = dict.fromkeys([*list(found.teacher)[:3], *list(found.student)[:3]])
    shares = 100 * pd.DataFrame({"Teacher": found.teacher, "Student": found.student}).loc[[*classes]]
    data = shares.rename_axis("class").melt(var_name="network", ignore_index=False).reset_index()
    palette = {"Teacher": COLOURS["teacher"], "Student": COLOURS["ckdsnn"]}
    sns.barplot(data, x="value", y="class", hue="network", palette=palette, saturation=1, ax=axes)
    for bars in axes.containers:
        axes.bar_label(bars, fmt="%.0f %%", padding=2)
    axes.set(title=f"Student {found.record}", ylabel="")
    axes.set(xlabel="Probability (%)", xlim=(0, 120), xticks=range(0, 101, 25))
