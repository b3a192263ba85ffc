"""Figures and answer of claim C11, how flat the loss is around a student, from studies of kind `landscape`."""

from collections.abc import Iterable
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm

from ckdsnn.records.frame import named, study_frame
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.compare import PLAIN
from ckdsnn.report.labels import colour_of, dash_of, in_families, label_of, style_of
from ckdsnn.report.points import in_points, with_n
from ckdsnn.report.style import LOSS_COLOURS, styled
from ckdsnn.studies.estimates import beside_plain

CURVES = {"loss": "Training cross-entropy (nat)", "accuracy": "Training accuracy (%)"}
LEVELS = (0.1, 0.2, 0.5, 1, 2, 5, 10)  # contours, nat
NORM = BoundaryNorm(LEVELS, 256, extend="both")
COLUMNS = 2  # of planes
VERDICTS = {  # sign of a difference in the rise -> in words
    -1: "{} ends in a flatter place",
    0: "We cannot tell whether {} ends in a flatter place",
    1: "{} ends in a steeper place, not a flatter one,",
}


@styled()
def landscape_curves(studies: Iterable[Study]) -> Chart:
    """Training loss and accuracy against the distance from the trained weights: the mean over all directions and seeds,
    and the middle half of them."""
    frame = study_frame(studies)
    places = frame.loc[frame["quantity"] == "distances", ["id", "i", "value"]].set_axis(["id", "j", "distance"], axis=1)
    data = frame[frame["quantity"].isin(CURVES)].merge(places, on=["id", "j"])
    methods = in_families(data["method"].unique(), PLAIN)
    look = {"hue": "method", "hue_order": methods, "palette": {m: colour_of(m) for m in methods}}
    look |= {"style": "method", "dashes": [*map(dash_of, methods)]}
    figure, grid = panels(len(CURVES))
    for axes, (quantity, words) in zip(grid.flat, CURVES.items(), strict=True):
        look["legend"] = "full" if axes is grid[-1, 0] else False
        sns.lineplot(data[data["quantity"] == quantity], x="distance", y="value", errorbar=("pi", 50), **look, ax=axes)
        axes.set(xlabel="Relative distance along a random direction", ylabel=words)
    legend_below(figure, axes, [*map(label_of, methods)])
    return Chart(figure, data[["id", "method", "seed", "quantity", "i", "distance", "value"]])


@styled()
def landscape_planes(studies: Iterable[Study]) -> Chart:
    """How far the loss lies above its own centre, over the plane of two random directions: a panel for each study, one
    scale of colours."""
    studies, parts = list(studies), []
    figure, grid = panels(-(-len(studies) // COLUMNS), COLUMNS, sharey=True)
    for axes in grid.flat[len(studies) :]:
        axes.set_axis_off()
    for axes, study in zip(grid.flat, studies, strict=False):
        heights, places = study.numbers("plane"), study.values["grid"]
        rise = heights - heights[len(places) // 2, len(places) // 2]
        if np.isfinite(rise).any():
            look = {"cmap": LOSS_COLOURS, "norm": NORM, "extend": "both"}
            drawn = axes.contourf(places, places, np.ma.masked_invalid(rise), LEVELS, **look)
            drawn.set(edgecolor="white", linewidth=0.5)  # `contour` would warn where a plane crosses no level
        axes.plot(0, 0, "+", color="white", ms=9)
        axes.set(title=fill(style_of(study)[0], 20), aspect="equal", xlabel="Along direction 1")
        axes.locator_params(nbins=3)
        axes.grid(visible=False)
        across, up = np.meshgrid(places, places)
        plane = {"direction 1": across.ravel(), "direction 2": up.ravel(), "rise": rise.ravel()}
        parts.append(pd.DataFrame({"id": study.id} | plane))
    for axes in grid[:, 0]:
        axes.set_ylabel("Along direction 2")
    bar = {"ticks": LEVELS, "label": "Rise of the cross-entropy (nat)", "format": "%g", "location": "bottom"}
    figure.colorbar(ScalarMappable(NORM, LOSS_COLOURS), ax=grid, **bar)
    return Chart(figure, pd.concat(parts, ignore_index=True))


def costs_of(studies: Iterable[Study]) -> pd.DataFrame:
    """A row a network: loss at the trained weights; means over the directions of what a step of length `at` changes,
    rise of the loss and lost accuracy; NaN where one was not finite."""
    rows = []
    for study in studies:
        loss = study.numbers("loss")[0, study.values["distances"].index(0)]
        changes = {name: study.numbers(name).mean() for name in ("rise", "lost")}
        rows.append(named(study) | {"loss": loss, "at": study.settings["flatness_at"]} | changes)
    return pd.DataFrame(rows)


def answer(studies: Iterable[Study]) -> str:
    """Whether the other methods' valleys are flatter than the plain SNN's, by paired seeds, at which loss, and what the
    same step costs in accuracy."""
    costs = costs_of(studies)
    means, lost, told = costs.groupby("method")[["loss", "rise", "at"]].mean(), beside_plain(costs, "lost"), []
    for method, one in beside_plain(costs, "rise").items():
        own, plain = means.loc[method], means.loc[PLAIN]
        told.append(
            f"{VERDICTS[one.sign or 0].format(label_of(method))} than an SNN without distillation: a random step of "
            f"{own['at']:g} raises its loss of {own['loss']:.2f} nat by {own['rise']:.2f}, the SNN's of "
            f"{plain['loss']:.2f} by {plain['rise']:.2f}, a difference of {with_n(one)}. What it costs in accuracy "
            f"differs by {in_points(lost[method])} points."
        )
    return " ".join(told) or f"Nothing is measured beside {label_of(PLAIN)}."
