"""Figures of claim C1: teacher and student side by side, and their distances method by method. Studies in, Figure out.

The studies are of the kind `distributions`; `studies.distributions.measure` says what their values are.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ckdsnn.records.study import Study
from ckdsnn.report.labels import by_method, style_of
from ckdsnn.report.numbers import average, known
from ckdsnn.report.studies.distribution_tables import DISTANCES, value_of
from ckdsnn.report.style import COLOURS, styled

# what is compared as a whole -> label of the axis, scale of the shares
POPULATIONS = {
    "features": ("Feature (ReLU value or rate)", "log"),
    "pooled": ("Feature, mean over cells", "linear"),
    "logits": ("Logit minus the image's mean", "linear"),
}


def side_by_side(studies: Sequence[Study]) -> Figure:
    """Histograms of features, pooled features and logits: a row for each student, its teacher in outline."""
    with styled():
        figure = Figure(figsize=(7.5, 2.2 * len(studies) + 0.4))
        grid = figure.subplots(len(studies), len(POPULATIONS), squeeze=False, sharex="col", sharey="col")
        for row, study in zip(grid, studies, strict=True):
            label, colour = style_of(study)
            for axes, (name, (text, scale)) in zip(row, POPULATIONS.items(), strict=True):
                draw_pair(axes, study, name, colour)
                axes.set(yscale=scale)
                axes.set_xlabel(text, fontsize=9)
                axes.set_ylabel("Share (%)", fontsize=9)
                axes.tick_params(labelbottom=True, labelsize=9)
            row[1].set_title(f"Student: {label}")
        handles = [Patch(color="#aaaaaa", label="student"), Line2D([], [], color="black", label="teacher")]
        figure.legend(handles=handles, loc="outside upper right", ncols=2, fontsize=9)
        return figure


def draw_pair(axes: Axes, study: Study, name: str, colour: str) -> None:
    """Both networks' shares of the values of one population, in percent, on their common bins."""
    edges = study.values[f"{name}-edges"]
    student, teacher = (100 * study.numbers(f"{who}-{name}") for who in ("student", "teacher"))
    looks = ({"fill": True, "color": colour, "alpha": 0.6}, {"color": COLOURS["teacher"], "lw": 1.4})
    for shares, look in zip((student, teacher), looks, strict=True):
        if np.isfinite(shares).any():  # nothing at all would leave a logarithmic axis without a range
            axes.stairs(shares, edges, **look)


def distances(studies: Iterable[Study]) -> Figure:
    """Every distance of each method's students from the teacher: a dot a seed, a bar at their mean.

    The dashed line is where teacher and student would be one. For the maps an open diamond shows how well a SAM agrees
    with the CAMs of other images. What was not finite has no dot and does not count in the mean.
    """
    groups = by_method(studies)
    with styled():
        figure = Figure(figsize=(7.5, 2 * (0.34 * len(groups) + 0.9)))
        grid = figure.subplots(2, len(DISTANCES) // 2, sharey=True)
        for axes, (name, (label, goal)) in zip(grid.flat, DISTANCES.items(), strict=True):
            axes.axvline(goal, color="#999999", ls="--", lw=1)
            for place, ((_, colour), found) in enumerate(groups.items()):
                draw_dots(axes, place, [value_of(study, name) for study in found], colour)
                if name == "correlation":
                    chance = average(value_of(study, "correlation-shuffled") for study in found)
                    axes.plot(chance, place, "D", mfc="white", mec="#777777", ms=5)
            axes.set_xlabel(label, fontsize=10)
            axes.margins(x=0.12)
            axes.locator_params(axis="x", nbins=4)
        names = [label.replace(", ", ",\n") for label, _ in groups]
        grid[0, 0].set_yticks(range(len(groups)), names)
        for axes in grid.flat:
            axes.tick_params(labelsize=9)
        grid[0, 0].set_ylim(len(groups) - 0.5, -0.5)
        return figure


def draw_dots(axes: Axes, place: float, values: Sequence[float], colour: str) -> None:
    """A dot for each value, in a row at height `place`, with a short bar at their mean."""
    if not (found := known(values)):
        return
    axes.plot([average(found)] * 2, [place - 0.28, place + 0.28], color=colour, lw=2.5)
    axes.plot(found, [place] * len(found), "o", color=colour, mec="white", mew=0.6, ms=6)
