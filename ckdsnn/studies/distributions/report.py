"""Figures, tables and answer of claim C1, how unlike teacher and student are, from studies of kind `distributions`."""

from collections.abc import Iterable
from itertools import product
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns

from ckdsnn.records.frame import OF_RUN, named, study_frame
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import PLAIN, Comparison
from ckdsnn.report.labels import colour_of, in_families, label_of
from ckdsnn.report.points import in_points, with_n
from ckdsnn.report.style import COLOURS, styled
from ckdsnn.report.tables import Table, spread
from ckdsnn.studies.estimates import beside_plain, label_colours

OURS, USUAL = "ckdsnn", "kd"

POPULATIONS = {  # what is compared as a whole -> in words
    "features": "Feature (ReLU value or rate)",
    "pooled": "Feature, mean over cells",
    "logits": "Logit minus the image's mean",
}
DISTANCES = {  # of a student from its teacher -> on an axis, in a sentence, the value of two networks that are alike
    "kl": ("KL of softened\npredictions (nat)", "its softened predictions", 0),
    "js-logits": ("JS of logits\n(nat)", "the spread of its logits", 0),
    "js-features": ("JS of features\n(nat)", "its features one by one", 0),
    "js-pooled": ("JS of pooled\nfeatures (nat)", "its features averaged over the image", 0),
    "same": ("Same prediction\n(share)", "the class that it predicts", 1),
    "correlation": ("Correlation of\nSAM and CAM", "where it looks (beyond what all maps share)", 1),
}
SIDES = {-1: "nearer to its teacher in", 1: "farther from it in", 0: "not shown to be nearer or farther in"}
PROFILE = {  # what is measured of one network -> in words
    "zeros": "Zeros in the last stage (share)",
    "feature": "Mean feature or firing rate",
    "map-range": "Range of the raw map",
    "map-entropy-raw": "Entropy of the softmax of the raw map (uniform: 1)",
    "map-entropy-sample": "Entropy of the softmax of the map from 0 to 1 (uniform: 1)",
    "logit-sd": "Deviation of the logits",
    "entropy-1": "Entropy of the prediction (nat)",
    "entropy-2": "Entropy of the prediction softened at 2 (nat)",
    "largest": "Largest probability",
}


def shares_of(studies: Iterable[Study]) -> pd.DataFrame:
    """Histograms: a row for each study, population, network and bin, from `left` to `right`, with its `percent`."""
    parts = []
    for study, population, network in product(studies, POPULATIONS, ("student", "teacher")):
        edges, shares = study.numbers(f"{population}-edges"), study.numbers(f"{network}-{population}")
        bins = {"left": edges[:-1], "right": edges[1:], "percent": 100 * shares}
        parts.append(pd.DataFrame(named(study) | {"population": population, "network": network} | bins))
    return pd.concat(parts, ignore_index=True)


@styled()
def histograms(studies: Iterable[Study]) -> Chart:
    """A row for each population, a column for each method, one study of each: its shares, its teacher's in outline."""
    data = shares_of(studies)
    methods = in_families(data["method"].unique(), PLAIN)
    figure, grid = panels(len(POPULATIONS), len(methods), height=1.9, sharex="row", sharey="row")
    for row, (population, words) in zip(grid, POPULATIONS.items(), strict=True):
        for axes, method in zip(row, methods, strict=True):
            own = data[(data["method"] == method) & (data["population"] == population)]
            look = {"bins": [*np.union1d(own["left"], own["right"])], "element": "step", "ax": axes}
            for network, colour in {"student": colour_of(method), "teacher": COLOURS["teacher"]}.items():
                look |= {"color": colour, "fill": network == "student", "label": network}
                sns.histplot(own[own["network"] == network].dropna(), x="left", weights="percent", **look)
            axes.set(xlabel="", ylabel="Share (%)")
        row[len(row) // 2].set_xlabel(words)
    for axes, method in zip(grid[0], methods, strict=True):
        axes.set_title(fill(label_of(method), 14))
    if data["percent"].gt(0).any():
        grid[0, 0].set_yscale("log")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Chart(figure, data)


def means_of(studies: Iterable[Study]) -> pd.DataFrame:
    """The study frame's single numbers, and of [mean, sd over the images] the means; `gap`: from where two networks
    would be alike, NaN for what is no distance. A correlation counts beyond that of shuffled pairs."""
    frame = study_frame(studies)
    frame = frame[frame["i"].fillna(0) == 0]
    goals = frame["quantity"].map({name: goal for name, (*_, goal) in DISTANCES.items()})
    chance = frame[frame["quantity"] == "correlation-shuffled"].set_index("id")["value"]
    shared = frame["id"].map(chance).where(frame["quantity"] == "correlation", 0)
    return frame.assign(gap=(frame["value"] - shared - goals).abs())


@styled()
def distances(studies: Iterable[Study]) -> Chart:
    """A panel for each distance, a row a method: a dot a seed, a bar at their mean, dashed where the two are alike.

    An open diamond: how well a SAM agrees with the CAMs of other images.
    """
    means = means_of(studies)
    data = means.loc[means["quantity"].isin([*DISTANCES, "correlation-shuffled"]), [*OF_RUN, "quantity", "value"]]
    rows = label_colours(data)
    look = {"x": "value", "y": "label", "order": [*rows], "hue": "label", "palette": rows, "legend": False}
    mean = look | {"errorbar": None, "linestyle": "none"}
    figure, grid = panels(3, 2, height=0.22 * len(rows) + 0.8, sharey=True)
    for axes, (name, (words, _, goal)) in zip(grid.flat, DISTANCES.items(), strict=True):
        own, chance = (data[data["quantity"] == quantity] for quantity in (name, f"{name}-shuffled"))
        axes.axvline(goal, color="#777777", ls="--", lw=1)
        sns.stripplot(own, **look, jitter=False, size=4.5, alpha=0.7, ax=axes)
        sns.pointplot(own, **mean, marker="|", markersize=11, markeredgewidth=2.5, ax=axes)
        if len(chance):
            sns.pointplot(chance, **mean, marker="D", markersize=4.5, mfc="white", mec="#777777", mew=1, ax=axes)
        axes.set(xlabel=words, ylabel="")
        axes.margins(x=0.12)
        axes.locator_params(axis="x", nbins=4)
    return Chart(figure, data)


def profile_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One column the teacher, one a method: sparsity, features, maps, logits and predictions, mean ± sd over seeds."""
    studies = list(studies)
    means = means_of(studies)
    entropies = means["quantity"].str.contains("map-entropy")
    means.loc[entropies, "value"] /= studies[0].settings["uniform-entropy"]
    means[["who", "what"]] = means["quantity"].str.split("-", n=1, expand=True)
    means["network"] = means["label"].where(means["who"] == "student", label_of("teacher"))
    networks = [label_of("teacher"), *label_colours(means)]
    table = means.pivot_table("value", "what", "network", aggfunc=lambda found: spread(found.unique(), 3))
    table = table.reindex(index=PROFILE, columns=networks)
    return Table.of_frame(name, caption, table.rename(PROFILE).rename_axis("").reset_index())


def changes(studies: Iterable[Study]) -> dict[str, dict[str, Comparison]]:
    """Distance -> method -> how far it is from its teacher minus how far the plain SNN is, paired by seed."""
    means = means_of(studies)
    return {name: beside_plain(means[means["quantity"] == name], "gap") for name in DISTANCES}


def distance_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a method: by how much it is farther from its teacher than the plain SNN, in each distance."""
    columns = {
        DISTANCES[distance][0].replace("\n", " "): {label_of(method): in_points(one, 3) for method, one in own.items()}
        for distance, own in changes(studies).items()
    }
    return Table.of_frame(name, caption, pd.DataFrame(columns).rename_axis("Method").reset_index())


def answer(studies: Iterable[Study]) -> str:
    """Whether CKDSNN brings a student nearer to its teacher than labels alone do, in what, and by how much."""
    found = changes(studies)
    if not all(OURS in own for own in found.values()):
        return f"Not measured: {label_of(OURS)} beside {label_of(PLAIN)}."
    signs = pd.Series({words: found[name][OURS].sign or 0 for name, (_, words, _) in DISTANCES.items()})
    sides = "; ".join(f"{SIDES[sign]} {', '.join(own.index)}" for sign, own in signs.groupby(signs))
    usual = f"; with KD alone by {in_points(found['kl'][USUAL])}" if USUAL in found["kl"] else ""
    return (
        f"Compared with an SNN that learned from labels alone, a CKDSNN student is {sides}. How far its softened "
        "predictions lie from the teacher's, as KL divergence in nat, changes by "
        f"{with_n(found['kl'][OURS])}{usual}."
    )
