"""How much Grad-CAM depends on the surrogate gradient: the study `surrogate` in a figure and an answer.

All correlations are with Grad-CAM by the trained surrogate at the same place. Errors are standard errors over images.
"""

from collections.abc import Iterable
from itertools import product

import pandas as pd
import seaborn as sns

from ckdsnn.records.frame import named
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.style import styled
from ckdsnn.report.tables import between, whole
from ckdsnn.studies.estimates import ENDS, ends

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


@styled()
def surrogate_curves(study: Study) -> Chart:
    """How well Grad-CAM by other surrogates agrees with that by the trained one, at each place in the network."""
    data, widths = likenesses([study]), study.settings["widths"]
    colours = {shape: colour for shape, (_, colour) in SURROGATES.items()}
    look = {"x": "width", "y": "correlation", "hue": "shape", "palette": colours, "marker": "o"}
    figure, grid = panels(2, len(PLACES) // 2, height=2.4, sharex=True, sharey=True)
    for axes, (place, rows) in zip(grid.flat, data.groupby("place", sort=False), strict=True):
        look["legend"] = "full" if axes is grid[-1, -1] else False
        sns.lineplot(ends(rows, "correlation", "error"), **look, errorbar=ENDS, err_style="bars", ax=axes)
        title = whole(f"{PLACES[place]}\n(shuffled: {rows['shuffled'].mean():.2f})")
        axes.set(title=title, xlabel="Width at half height\n(thresholds)", ylabel="")
        axes.label_outer()
    axes.set_xscale("log", base=2)
    axes.set_xticks(widths, [f"{width:g}" for width in widths])
    figure.supylabel("Correlation with Grad-CAM by the trained surrogate")
    legend_below(figure, axes, [label for label, _ in SURROGATES.values()])
    return Chart(figure, data)


def answer(studies: Iterable[Study]) -> str:
    """How much the surrogate changes a Grad-CAM, early in the network and at the last stage."""
    rows, told = likenesses(studies).query("shape != 'triangle' or width != 1").sort_values("correlation"), []
    for words, place in {"at the first stage": "stage1", "at the last one": "stage3"}.items():
        least = rows[rows["place"] == place].drop_duplicates("id")
        lowest, chance = (between(least[name], "{:.2f}".format) for name in ("correlation", "shuffled"))
        changed = (
            f"yes: the least similar map correlates {lowest} with that by the trained one (maps of two images: "
            f"{chance}), in one network of each of {least['method'].nunique()} methods"
        )
        told.append(f"{words} {'no, it stays the same' if least['correlation'].min() > SAME else changed}")
    return (
        f"Does Grad-CAM change with the surrogate, an arbitrary choice of the training? {'; '.join(told).capitalize()}."
    )
