"""Does it help to look where the teacher looks? Accuracy against the alignment of the maps, a dot a run.

`aligned`: a frame of runs with their column `alignment`, as `analysis.alignment.aligned` gives it.
"""

from collections.abc import Collection
from textwrap import fill

import pandas as pd
import seaborn as sns
from scipy import stats

from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import near_best, table_of
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.points import probability
from ckdsnn.report.style import styled
from ckdsnn.report.tables import signed

OTHERS = "others"


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
    axes.set_xlabel("Alignment of the student's SAM with the teacher's CAM\n(correlation without the mean maps)")
    axes.set_ylabel("Test accuracy, last epoch (%)")
    handles, names = axes.get_legend_handles_labels()
    axes.get_legend().remove()
    figure.legend(handles, [fill(name, 26) for name in names], loc="outside lower center", ncols=2)
    return Chart(figure, data)


def alignment_answer(aligned: pd.DataFrame) -> str:
    """Spearman's correlation of alignment and accuracy over the methods' means, in words: runs of one are alike."""
    runs = trained(aligned)
    means = runs.groupby("method", observed=True)[["alignment", "accuracy"]].mean()
    if len(means) < 3:
        return f"{len(means)} methods are too few for a correlation of alignment and accuracy."
    found = stats.spearmanr(means["alignment"], means["accuracy"].astype(float))
    kind = "goes with" if found.pvalue < 0.05 and found.statistic > 0 else "does not go with"
    counted = f"means of {len(means)} methods, {len(runs)} runs"
    value = f"{signed(found.statistic)}, p {probability(found.pvalue)}; {counted}"
    return f"Better alignment {kind} better accuracy among these methods (Spearman's correlation {value})."
