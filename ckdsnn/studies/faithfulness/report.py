"""Which maps show what a student uses: the study `faithfulness` in figures and an answer.

A map's ROAD score is 0 where it knows nothing, at most 0.5. Errors are standard errors over images.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
import seaborn as sns

from ckdsnn.records.frame import named
from ckdsnn.records.study import Study
from ckdsnn.report.answers import asked, better, listing, sentence
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.compare import compare
from ckdsnn.report.labels import MAPS
from ckdsnn.report.style import styled
from ckdsnn.report.tables import between
from ckdsnn.studies.estimates import ENDS, ends, label_colours

ORDERS = {"most": "Most relevant pixels first", "least": "Least relevant pixels first"}
BLIND = ("centre", "random")  # maps that know nothing of the image: dashed
SCORES = {"score": "ROAD score", "agreement": "Correlation with the teacher's CAM\n(diamonds: shuffled pairs)"}
ASKED = (("grad_cam", "sam"), ("sam", "centre"))  # a map, and which one it is compared with
NAMES = {
    "grad_cam": "Grad-CAM at the last stage",
    "sam": "the SAM",
    "centre": "a centred Gaussian, which knows nothing of the image",
}


@styled()
def road_curves(study: Study) -> Chart:
    """What is left of a student's probability, in percent, when pixels go in the order of each kind of map."""
    whole_image, parts = study.numbers("confidence"), []
    for order, (kind, (label, _)) in product(ORDERS, MAPS.items()):
        mean, error = 100 * np.column_stack([whole_image, study.numbers(f"{kind}.{order}")])
        part = {"map": label, "order": order, "removed": [0, *study.settings["removed"]]}
        parts.append(pd.DataFrame(part | {"probability": mean, "error": error}))
    data = pd.concat(parts, ignore_index=True)
    dashes = {label: (3, 1.5) if kind in BLIND else "" for kind, (label, _) in MAPS.items()}
    look = {"hue": "map", "palette": dict(MAPS.values()), "style": "map", "dashes": dashes}
    look |= {"errorbar": ENDS, "err_style": "bars", "err_kws": {"capsize": 2}}
    figure, grid = panels(2, height=2.9, sharex=True, sharey=True)
    for axes, (order, title) in zip(grid.flat, ORDERS.items(), strict=True):
        look["legend"] = "full" if order == "least" else False
        rows = ends(data[data["order"] == order], "probability", "error")
        sns.lineplot(rows, x="removed", y="probability", **look, ax=axes)
        axes.set(title=title, xlabel="Pixels removed (%)", ylabel="Probability of the\npredicted class (%)")
    axes.set_ylim(0, None)
    legend_below(figure, axes)
    return Chart(figure, data)


def map_frame(studies: Iterable[Study]) -> pd.DataFrame:
    """One row a student and kind of map: map, images, score, score_error; agreement, agreement_error: correlation with
    the teacher's CAM; shuffled: that of maps of different images."""
    rows = []
    for study, kind in product(studies, MAPS):
        score, agreement = pd.Series(study.numbers(f"{kind}.score")), f"{kind}.agreement"
        row = {"map": kind, "images": len(score), "score": score.mean(), "score_error": score.sem()}
        if agreement in study.values:
            row["agreement"], row["agreement_error"], row["shuffled"] = study.numbers(agreement)
        rows.append(named(study) | row)
    return pd.DataFrame(rows)


@styled()
def map_scores(studies: Iterable[Study]) -> Chart:
    """How well each kind of map does, a row a map: its ROAD score, and its correlation with the teacher's CAM. An open
    diamond: the same for maps of different images."""
    data = map_frame(studies)
    data["map"] = [MAPS[kind][0] for kind in data["map"]]
    colours = label_colours(data)
    look = {"y": "map", "hue": "label", "palette": colours, "linestyle": "none"}
    look["dodge"] = 0.4 if len(colours) > 1 else False
    open_diamond = {"marker": "D", "markersize": 4, "markerfacecolor": "white", "markeredgewidth": 1, "zorder": 9}
    figure, grid = panels(2, height=2.9)
    sns.pointplot(data, x="shuffled", **look, errorbar=None, **open_diamond, legend=False, ax=grid[1, 0])
    for axes, (name, words) in zip(grid.flat, SCORES.items(), strict=True):
        bars = {"errorbar": ENDS, "err_kws": {"linewidth": 1.5}, "legend": name == "score"}
        sns.pointplot(ends(data, name, f"{name}_error"), x=name, **look, **bars, markersize=5, ax=axes)
        axes.set(xlabel=words, ylabel="")
        axes.locator_params(axis="x", nbins=5)
    legend_below(figure, grid[0, 0])
    return Chart(figure, data)


def answer(studies: Iterable[Study]) -> str:
    """Whether Grad-CAM or the SAM of the last stage shows better what the students use, and whether the SAM does it
    better than a map that has never seen the image: by the students' mean of each seed, paired."""
    data = map_frame(studies)
    found = compare(data.pivot_table("score", "seed", "map"), ASKED)
    told = []
    for one in found:
        other = listing({NAMES[one.baseline]: one}, asked(found), digits=3)
        said = sentence(one.sign, [f"{NAMES[one.method]} is {better(one)} than {other}"])
        told.append(f"{said[0].upper()}{said[1:]}")
    return (
        f"Which map shows better which pixels a student uses? {' '.join(told)} In brackets: difference of the ROAD "
        f"scores, means over {between(data['images'])} images and {data['method'].nunique()} students of each seed, "
        "with the 95 % interval and the number n of seeds."
    )
