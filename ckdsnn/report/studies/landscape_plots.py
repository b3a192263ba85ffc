"""Figures of the loss around trained students: studies of the kind `landscape` in, Figure out.

Everywhere a mapping says which studies belong to which method, one study a seed of the training.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from ckdsnn.records.study import Study
from ckdsnn.report.labels import colour_of, label_of, range_look
from ckdsnn.report.studies.landscape_tables import ByMethod
from ckdsnn.report.style import LOSS_COLOURS, styled

BAND = (0.25, 0.75)  # quantiles over directions and seeds
PANELS = 3  # contour panels in a row
LEVELS = (0.1, 0.2, 0.5, 1, 2, 5, 10)  # contours, nat
NORM = BoundaryNorm(LEVELS, 256, extend="both")


def landscape_curves(studies: ByMethod) -> Figure:
    """Training loss and accuracy against the distance from the trained weights: the mean over all directions and seeds,
    and the middle half of them."""
    with styled():
        figure = Figure(figsize=(7.5, 3.8))
        loss, accuracy = figure.subplots(1, 2)
        for method, found in studies.items():
            draw_curve(loss, found, "loss", method)
            draw_curve(accuracy, found, "accuracy", method)
        for axes, label in ((loss, "Training cross-entropy (nat)"), (accuracy, "Training accuracy (%)")):
            axes.set(xlabel="Relative distance along\na random direction", ylabel=label)
        figure.legend(
            *loss.get_legend_handles_labels(), loc="outside lower center", ncols=min(4, len(studies)), fontsize=9
        )
        return figure


def draw_curve(axes: Axes, studies: Sequence[Study], name: str, method: str) -> None:
    """The mean line of a value [D, P] of several studies, and its band: a gap where one of them was not finite."""
    curves, colour = np.concatenate([study.numbers(name) for study in studies]), colour_of(method)
    distances = studies[0].values["distances"]
    look = {"marker": "o", "ms": 4, "label": label_of(method), "color": colour, **range_look(method)}
    axes.plot(distances, curves.mean(0), **look)
    axes.fill_between(distances, *np.quantile(curves, BAND, axis=0), color=colour, alpha=0.12, lw=0)


def landscape_planes(studies: Mapping[str, Study]) -> Figure:
    """The rise of the loss over the plane of two random directions: a panel for each method, one scale of colours."""
    rises = [rise_over_plane(study) for study in studies.values()]
    columns = min(PANELS, len(studies))
    rows = -(-len(studies) // columns)
    with styled():
        figure = Figure(figsize=(2.1 * columns + 1.2, 2.6 * rows + 0.1), layout="compressed")
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for axes in panels.flat[len(studies) :]:
            axes.set_axis_off()
        for axes, (method, study), rise in zip(panels.flat, studies.items(), rises, strict=False):
            draw_plane(axes, study.values["grid"], rise)
            axes.set_title(label_of(method).replace(", ", ",\n"), fontsize=10)
        for axes in panels[:, 0]:
            axes.set_ylabel("Along direction 2")
        shown = ScalarMappable(NORM, LOSS_COLOURS)
        figure.colorbar(shown, ax=panels, ticks=LEVELS, label="Rise of the cross-entropy (nat)", format="%g")
        return figure


def rise_over_plane(study: Study) -> np.ndarray:
    """The plane [G, G] of a study, above its own centre."""
    heights = study.numbers("plane")
    middle = len(heights) // 2
    return heights - heights[middle, middle]


def draw_plane(axes: Axes, grid: Sequence[float], rise: np.ndarray) -> None:
    """Filled contours of a rise [G, G] with a cross at the trained weights; blank where it was not finite."""
    if np.isfinite(rise).any():
        shown = np.ma.masked_invalid(rise)
        drawn = axes.contourf(grid, grid, shown, LEVELS, cmap=LOSS_COLOURS, norm=NORM, extend="both")
        drawn.set(edgecolor="white", linewidth=0.5)  # `contour` would warn where a plane crosses no level
    axes.plot(0, 0, "+", color="white", ms=9)
    axes.set(xlabel="Along direction 1", aspect="equal")
    axes.locator_params(nbins=3)
    axes.grid(visible=False)
