"""How well students' maps agree with their teacher's, whether one's do better, and whether that helps.

`aligned`: a frame of runs with their column `alignment`, as `analysis.alignment.aligned` gives it.
"""

from collections.abc import Collection, Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd
import seaborn as sns
from scipy import stats

from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.compare import LEVEL, near_best, t_interval, table_of
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.points import bounds, probability
from ckdsnn.report.style import styled
from ckdsnn.report.tables import DASH, signed

if TYPE_CHECKING:
    from ckdsnn.analysis.agreement import Agreement

OTHERS = "others"


@styled()
def agreements(found: Mapping[str, Mapping[str, "Agreement"]]) -> Chart:
    """Agreement with the teacher's CAM, one panel a kind of map: of matched pairs boxes, and dots, one an image; of
    shuffled pairs grey diamonds, their mean.

    found: kind of map -> method -> Agreement.
    """
    data = pd.DataFrame(
        {"kind": kind, "method": method, "image": image, "matched": matched, "shuffled": shuffled}
        for kind, by_method in found.items()
        for method, pairs in by_method.items()
        for image, (matched, shuffled) in enumerate(zip(*pairs, strict=True), start=1)
    )
    figure, grid = panels(len(found), 1, 0.5 * max(map(len, found.values())) + 0.9, sharex=True)
    palette = {method: colour_of(method) for method in data["method"].unique()}
    for axes, (kind, own) in zip(grid[:, 0], data.groupby("kind", sort=False), strict=True):
        places = {"x": "matched", "y": "method", "hue": "method", "palette": palette, "legend": False, "ax": axes}
        sns.boxplot(own, **places, fill=False, showfliers=False, width=0.6)
        sns.stripplot(own, **places, size=2.5, alpha=0.5, jitter=False)
        shuffled = own.groupby("method", sort=False)["shuffled"].mean()
        axes.plot(shuffled, range(len(shuffled)), "D", color="#777777", ms=6, label="shuffled pairs, mean")
        axes.set(title=kind, xlabel="Correlation with the teacher's CAM", ylabel="")
        axes.set_yticks(range(len(shuffled)), [fill(label_of(method), 16) for method in shuffled.index])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center")
    return Chart(figure, data)


def agreement_answer(found: Mapping[str, "Agreement"], method: str, baseline: str) -> str:
    """Whether the SAMs of one student agree with the teacher's CAMs more than another's do, beyond shuffled pairs.

    found: method -> Agreement on the same images.
    """
    own, other = (found[name].matched - found[name].shuffled for name in (method, baseline))
    ends = t_interval(own - other)
    more = "agree more with" if ends and ends[0] > 0 else "agree less with" if ends and ends[1] < 0 else ""
    names = f"the SAMs of {label_of(method)}", f"the teacher's CAMs than those of {label_of(baseline)}"
    verdict = f"{names[0]} {more} {names[1]}" if more else f"it is not shown that {names[0]} agree more with {names[1]}"
    return (
        f"In one run of each, {verdict}. A SAM correlates more with the teacher's CAM of its own image than with "
        f"those of others, that of {label_of(method)} by {signed(own.mean())}, that of {label_of(baseline)} by "
        f"{signed(other.mean())}: a difference of {signed((own - other).mean())} {bounds(ends) if ends else DASH} over "
        f"{len(own)} images. That is an interval over images, not over seeds: [several seeds](04_distributions.ipynb) "
        "answer for the methods."
    )


def trained(aligned: pd.DataFrame) -> pd.DataFrame:
    """The runs of the methods that train: those whose mean accuracy is not far below the best."""
    return aligned[aligned["method"].isin(near_best(table_of(aligned)).columns)]


@styled()
def alignment_figure(aligned: pd.DataFrame, named: Collection[str]) -> Chart:
    """A dot a run; those of the methods in `named` in the colour of their method, the others grey."""
    runs = trained(aligned)
    data = pd.DataFrame({
        "run": [label_of(method) if method in named else OTHERS for method in runs["method"]],
        "alignment": runs["alignment"], "accuracy": runs["accuracy"].astype(float), "id": runs["id"],
    })  # fmt: skip
    colours = {OTHERS: "#BBBBBB"} | {label_of(m): colour_of(m) for m in named if label_of(m) in set(data["run"])}
    figure, ((axes,),) = panels(height=3.8)
    look = {"hue": "run", "hue_order": [*colours], "style": "run", "palette": colours, "s": 32, "alpha": 0.8}
    sns.scatterplot(data, x="alignment", y="accuracy", **look, ax=axes)
    label = "Alignment of the student's SAM with the teacher's CAM\n(correlation without the mean maps)"
    axes.set(xlabel=label, ylabel="Test accuracy, last epoch (%)")
    legend_below(figure, axes, [fill(name, 26) for name in colours])
    return Chart(figure, data)


def alignment_answer(aligned: pd.DataFrame) -> str:
    """Spearman's correlation of alignment and accuracy over the methods' means, in words: runs of one are alike."""
    runs = trained(aligned)
    means = runs.groupby("method", observed=True)[["alignment", "accuracy"]].mean()
    if len(means) < 3:
        return f"{len(means)} methods are too few for a correlation of alignment and accuracy."
    found = stats.spearmanr(means["alignment"], means["accuracy"].astype(float))
    sure = "Better alignment goes with better" if found.statistic > 0 else "Better alignment goes with worse"
    start = sure if found.pvalue < LEVEL else "We cannot tell whether better alignment goes with better"
    return (
        f"{start} accuracy among these methods (Spearman's correlation "
        f"{signed(found.statistic)}, p {probability(found.pvalue)}; means of {len(means)} methods, {len(runs)} runs)."
    )
