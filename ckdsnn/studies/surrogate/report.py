"""How much Grad-CAM depends on the surrogate gradient: the study `surrogate` in a figure, a table and an answer.

All correlations are with Grad-CAM by the trained surrogate at the same place. Errors are standard errors over images.
"""

from collections.abc import Iterable
from itertools import product

import pandas as pd
import seaborn as sns

from ckdsnn.records.frame import named
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.style import styled
from ckdsnn.report.tables import Table, between, whole
from ckdsnn.studies.estimates import ENDS, ends, with_error

SURROGATES = {  # shape of a surrogate gradient -> label and colour
    "triangle": ("triangle, as trained at width 1", "#000000"),
    "rectangle": ("rectangle", "#D55E00"),
    "sigmoid": ("sigmoid's derivative", "#0072B2"),
    "arctangent": ("arctangent's derivative", "#009E73"),
}
PLACES = {  # where in a student of three stages a Grad-CAM is made -> label
    "stage1": "stage 1",
    "stage2": "stage 2",
    "current": "before the last spikes",
    "stage3": "stage 3, the last",
}
SAME = 1 - 1e-6  # a correlation that differs from 1 by rounding alone


def likenesses(studies: Iterable[Study]) -> pd.DataFrame:
    """One row a student, place, shape and width: id, method, label, setting, seed, place, shape, width, correlation,
    error, and `shuffled`, the correlation of maps of different images."""
    parts = [
        pd.DataFrame(study.numbers(f"{shape}.{place}"), columns=["correlation", "error", "shuffled"]).assign(
            **named(study), place=place, shape=shape, width=study.settings["widths"]
        )
        for study, place, shape in product(studies, PLACES, SURROGATES)
    ]
    return pd.concat(parts, ignore_index=True)


def least_alike(studies: Iterable[Study]) -> pd.DataFrame:
    """One row a student and place: of all surrogates but the trained one that by which the map is least alike."""
    rows = likenesses(studies)
    others = rows[(rows["shape"] != "triangle") | (rows["width"] != 1)]
    return others.sort_values("correlation", kind="stable").drop_duplicates(["id", "place"]).sort_index()


@styled()
def surrogate_curves(study: Study) -> Chart:
    """How well Grad-CAM by other surrogates agrees with that by the trained one, at each place in the network."""
    data = likenesses([study])
    colours = {shape: colour for shape, (_, colour) in SURROGATES.items()}
    figure, grid = panels(2, len(PLACES) // 2, height=2.4, sharex=True, sharey=True)
    for axes, (place, rows) in zip(grid.flat, data.groupby("place", sort=False), strict=True):
        look = {"x": "width", "y": "correlation", "hue": "shape", "palette": colours, "marker": "o", "legend": False}
        sns.lineplot(ends(rows, "correlation", "error"), **look, errorbar=ENDS, err_style="bars", ax=axes)
        axes.set(title=whole(f"{PLACES[place]}\n(shuffled: {rows['shuffled'].mean():.2f})"), xlabel="", ylabel="")
        axes.set_xscale("log", base=2)
        axes.set_xticks(study.settings["widths"], [f"{width:g}" for width in study.settings["widths"]])
    figure.supylabel("Correlation with Grad-CAM by the trained surrogate")
    figure.supxlabel("Width of the surrogate at half height (thresholds)")
    lines = [axes.plot([], [], "o-", color=colour)[0] for colour in colours.values()]
    figure.legend(lines, [label for label, _ in SURROGATES.values()], loc="outside upper center", ncols=2)
    return Chart(figure, data)


def surrogate_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a student and place of Grad-CAM; the least alike of all surrogates but the trained one."""
    columns = {
        "Student": lambda row: row.label,
        "Place of Grad-CAM": lambda row: PLACES[row.place],
        "Least correlation": lambda row: with_error(row.correlation, row.error),
        "By": lambda row: "any" if row.correlation > SAME else f"{row.shape} of width {row.width:g}",
        "Shuffled pairs": lambda row: whole(f"{row.shuffled:.2f}"),
    }
    return Table.of(name, caption, least_alike(studies).itertuples(), columns)


def answer(studies: Iterable[Study]) -> str:
    """How much the surrogate changes a Grad-CAM, early in the network and at the last stage."""
    rows = least_alike(studies)
    first, last = (changed(rows[rows["place"] == place]) for place in ("stage1", "stage3"))
    return (
        "Does Grad-CAM change with the surrogate, an arbitrary choice of the training? "
        f"At the first stage {first}; at the last one {last}."
    )


def changed(rows: pd.DataFrame) -> str:
    """By how much, at one place; rows: the least alike map of each student."""
    if (rows["correlation"] > SAME).all():
        return "not at all"
    lowest, chance = (between(rows[name], "{:.2f}".format) for name in ("correlation", "shuffled"))
    return (
        f"the map by the least similar one correlates {lowest} with that by the trained one "
        f"(maps of two images: {chance})"
    )
