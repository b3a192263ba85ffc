"""Figures, table and answer of claim C11, how flat the loss is around a student, from studies of kind `landscape`."""

from collections.abc import Iterable
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm

from ckdsnn.records.frame import named, study_frame
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import Comparison, compare, leading_in, table_of
from ckdsnn.report.labels import colour_of, in_families, label_of, range_look, style_of
from ckdsnn.report.points import PAIRED_T, with_n
from ckdsnn.report.style import LOSS_COLOURS, styled
from ckdsnn.report.tables import Table, mean_sd

PLAIN = "snn"
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
    look |= {"style": "method", "dashes": {m: (4, 2) if "mfc" in range_look(m) else "" for m in methods}}
    figure, grid = panels(len(CURVES))
    for axes, (quantity, words) in zip(grid.flat, CURVES.items(), strict=True):
        sns.lineplot(data[data["quantity"] == quantity], x="distance", y="value", errorbar=("pi", 50), **look, ax=axes)
        axes.set(xlabel="Relative distance along a random direction", ylabel=words)
        legend = axes.get_legend()
        legend.remove()
    figure.legend(legend.legend_handles, [*map(label_of, methods)], loc="outside lower center", ncols=2)
    return Chart(figure, data[["id", "method", "seed", "quantity", "i", "distance", "value"]])


def rise_over_plane(study: Study) -> pd.DataFrame:
    """How far the loss lies above its own centre: a row for each distance along direction 2, a column along 1."""
    heights, grid = study.numbers("plane"), study.values["grid"]
    middle = len(grid) // 2
    return pd.DataFrame(heights - heights[middle, middle], grid, grid)


@styled()
def landscape_planes(studies: Iterable[Study]) -> Chart:
    """The rise of the loss over the plane of two random directions: a panel for each study, one scale of colours."""
    studies = list(studies)
    rises = {study.id: rise_over_plane(study) for study in studies}
    figure, grid = panels(-(-len(studies) // COLUMNS), COLUMNS, sharey=True)
    for axes in grid.flat[len(studies) :]:
        axes.set_axis_off()
    for axes, study in zip(grid.flat, studies, strict=False):
        if (rise := rises[study.id]).notna().any(axis=None):
            heights = np.ma.masked_invalid(rise)
            drawn = axes.contourf(
                rise.columns, rise.index, heights, LEVELS, cmap=LOSS_COLOURS, norm=NORM, extend="both"
            )
            drawn.set(edgecolor="white", linewidth=0.5)  # `contour` would warn where a plane crosses no level
        axes.plot(0, 0, "+", color="white", ms=9)
        axes.set(title=fill(style_of(study)[0], 20), aspect="equal", xlabel="Along direction 1")
        axes.locator_params(nbins=3)
        axes.grid(visible=False)
    for axes in grid[:, 0]:
        axes.set_ylabel("Along direction 2")
    bar = {"ticks": LEVELS, "label": "Rise of the cross-entropy (nat)", "format": "%g", "location": "bottom"}
    figure.colorbar(ScalarMappable(NORM, LOSS_COLOURS), ax=grid, **bar)
    data = pd.concat(rises, names=["id", "direction 2"])
    return Chart(figure, data.melt(var_name="direction 1", value_name="rise", ignore_index=False).reset_index())


def costs_of(studies: Iterable[Study]) -> pd.DataFrame:
    """A row a network: loss and accuracy at the trained weights, and their mean change over the directions, rise and
    lost, at the distance of flatness; NaN where one was not finite."""
    rows = []
    for study in studies:
        centre = study.values["distances"].index(0)
        at_rest = {quantity: study.numbers(quantity)[0, centre] for quantity in CURVES}
        rows.append(named(study) | at_rest | {change: study.numbers(change).mean() for change in ("rise", "lost")})
    return pd.DataFrame(rows)


def beside_plain(costs: pd.DataFrame, quantity: str) -> dict[str, Comparison]:
    """Method -> its costs minus the plain SNN's, paired by seed."""
    values = table_of(costs, quantity)
    found = compare(values, [(method, PLAIN) for method in in_families(values, PLAIN)[1:]], leading_in(costs))
    return {one.method: one for one in found}


def landscape_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a method: loss and accuracy at the trained weights, what a step in a random direction costs of either,
    and that minus what it costs the plain SNN."""
    studies = list(studies)
    costs, at = costs_of(studies), studies[0].settings["flatness_at"]
    groups = dict(iter(costs.groupby("method")))
    columns = {"Student": label_of}
    for quantity, head, change, cost, digits in (
        ("loss", "Loss (nat)", "rise", f"Rise at {at:g} (nat)", 2),
        ("accuracy", "Accuracy (%)", "lost", f"Lost at {at:g} (points)", 1),
    ):
        found = beside_plain(costs, change)
        columns |= {
            head: lambda method, q=quantity, d=digits: mean_sd(groups[method][q], d),
            cost: lambda method, q=change, d=digits: mean_sd(groups[method][q], d),
            f"{cost} minus the SNN's {PAIRED_T}": lambda m, found=found: with_n(found[m]) if m in found else "",
        }
    return Table.of(name, caption, in_families(groups, PLAIN), columns)


def answer(studies: Iterable[Study]) -> str:
    """Whether the other methods' valleys are flatter than the plain SNN's, by paired seeds, and at which loss."""
    studies = list(studies)
    costs, at = costs_of(studies), studies[0].settings["flatness_at"]
    means, told = costs.groupby("method")[["loss", "rise"]].mean(), []
    for method, one in beside_plain(costs, "rise").items():
        verdict = VERDICTS[one.sign or 0].format(label_of(method))
        (loss, rise), (plain_loss, plain_rise) = means.loc[method], means.loc[PLAIN]
        told.append(
            f"{verdict} than an SNN without distillation: a random step of {at:g} raises its loss of {loss:.2f} nat by "
            f"{rise:.2f}, the SNN's of {plain_loss:.2f} by {plain_rise:.2f}, a difference of {with_n(one)}."
        )
    return " ".join(told) or f"Nothing is measured beside {label_of(PLAIN)}."
