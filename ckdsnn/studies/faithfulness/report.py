"""Which maps show what a student uses: the study `faithfulness` in figures and an answer.

A map's ROAD score is 0 where it knows nothing, at most 0.5. Errors are standard errors over images.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
import seaborn as sns

from ckdsnn.records.frame import study_frame
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.labels import MAPS, colour_of
from ckdsnn.report.style import styled
from ckdsnn.report.tables import between
from ckdsnn.studies.estimates import ENDS, ends, with_error

ORDERS = {"most": "Most relevant pixels first", "least": "Least relevant pixels first"}
BLIND = ("centre", "random")  # maps that know nothing of the image: dashed
ENOUGH = 2  # standard errors


def road_frame(study: Study) -> pd.DataFrame:
    """What is left, in percent: a row for each map, order and share of removed pixels."""
    whole, shares, parts = study.numbers("confidence"), [0, *study.settings["removed"]], []
    for (kind, (label, _)), (order, title) in product(MAPS.items(), ORDERS.items()):
        mean, error = 100 * np.column_stack([whole, study.numbers(f"{kind}.{order}")])
        part = {"map": label, "order": title, "removed": shares, "probability": mean, "error": error}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def map_frame(studies: Iterable[Study]) -> pd.DataFrame:
    """One row a student and kind of map: id, method, label, map, images, score, score_error; gain, gain_error: how
    much more that is than SAM's, image by image; agreement, agreement_error: correlation with the teacher's CAM;
    shuffled: that of maps of different images."""
    frame, keys = study_frame(studies), ["id", "method", "label", "map"]
    frame[["map", "measure"]] = frame["quantity"].str.split(".", expand=True)
    scores = frame[frame["measure"] == "score"]
    sam = scores.loc[scores["map"] == "sam", ["id", "i", "value"]]
    scores = scores.merge(sam, on=["id", "i"], suffixes=("", "_sam"))
    scores["gain"] = scores["value"] - scores["value_sam"]
    agreement = frame[frame["measure"] == "agreement"].pivot(index=keys, columns="i", values="value")
    agreement = agreement.set_axis(["agreement", "agreement_error", "shuffled"], axis=1)
    columns = {"images": ("value", "count"), "score": ("value", "mean"), "score_error": ("value", "sem")}
    columns |= {"gain": ("gain", "mean"), "gain_error": ("gain", "sem")}
    return scores.groupby(keys, sort=False).agg(**columns).join(agreement).reset_index()


@styled()
def road_curves(study: Study) -> Chart:
    """What is left of a student's probability when pixels go in the order of each kind of map."""
    data = road_frame(study)
    figure, grid = panels(2, height=2.9, sharex=True, sharey=True)
    dashes = {label: (3, 1.5) if kind in BLIND else "" for kind, (label, _) in MAPS.items()}
    look = {"hue": "map", "palette": dict(MAPS.values()), "style": "map", "dashes": dashes}
    look |= {"errorbar": ENDS, "err_style": "bars", "err_kws": {"capsize": 2}}
    for axes, (order, rows) in zip(grid.flat, data.groupby("order", sort=False), strict=True):
        sns.lineplot(ends(rows, "probability", "error"), x="removed", y="probability", **look, ax=axes)
        axes.get_legend().remove()
        axes.set(title=order, xlabel="Pixels removed (%)", ylabel="Probability of the\npredicted class (%)")
    axes.set_ylim(0, None)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Chart(figure, data)


@styled()
def map_scores(studies: Iterable[Study]) -> Chart:
    """The ROAD score of each kind of map, a point a student; below, its correlation with the teacher's CAM."""
    data = map_frame(studies)
    data["map"] = [MAPS[kind][0] for kind in data["map"]]
    colours = {label: colour_of(method) for method, label in zip(data["method"], data["label"], strict=True)}
    dodge = 0.4 if len(colours) > 1 else False
    look = {"y": "map", "hue": "label", "palette": colours, "dodge": dodge, "linestyle": "none"}
    figure, grid = panels(2, height=2.9)
    names = {"score": "ROAD score", "agreement": "Correlation with the teacher's CAM"}
    for axes, value in zip(grid.flat, names, strict=True):
        bars = {"errorbar": ENDS, "err_kws": {"linewidth": 1.5}}
        sns.pointplot(ends(data, value, f"{value}_error"), x=value, **look, **bars, markersize=5, ax=axes)
        axes.get_legend().remove()
        axes.locator_params(axis="x", nbins=5)
    open_diamond = {"marker": "D", "markersize": 4, "markerfacecolor": "white", "markeredgewidth": 1}
    sns.pointplot(data, x="shuffled", **look, errorbar=None, **open_diamond, legend=False, ax=axes)
    for axes, name in zip(grid.flat, names.values(), strict=True):
        axes.set(xlabel=name, ylabel="")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    chance = axes.plot([], [], "D", ms=4, mfc="white", mec="#555555")
    figure.legend([*handles, *chance], [*labels, "shuffled pairs"], loc="outside lower center", ncols=2)
    return Chart(figure, data)


def answer(studies: Iterable[Study]) -> str:
    """Which of Grad-CAM and the SAM of the last stage shows better what the students use, and whether the SAM does it
    better than a map that has never seen the image."""
    data = map_frame(studies).set_index("map")
    centre = data.loc[["centre"]].assign(gain=lambda rows: -rows["gain"])  # the SAM's over it
    how = f"difference of the ROAD scores ± standard error over {between(data['images'])} images: "
    return (
        "Which map shows the pixels that a student uses? Grad-CAM at the last stage does it "
        f"{compared(data.loc[['grad_cam']], 'the SAM', how)}; the SAM does it "
        f"{compared(centre, 'a centred Gaussian, which knows nothing of the image')}."
    )


def compared(gains: pd.DataFrame, other: str, how: str = "") -> str:
    """What holds for all students beyond ENOUGH standard errors, with each one's gain over the other map."""
    apart = gains["gain"] / gains["gain_error"]
    better, worse = (apart >= ENOUGH).all(), (apart <= -ENOUGH).all()
    verdict = "better" if better else "worse" if worse else "neither clearly better nor clearly worse"
    each = [f"{row.label} {with_error(row.gain, row.gain_error, '+.3f')}" for row in gains.itertuples()]
    return f"{verdict} than {other} ({how}{'; '.join(each)})"
