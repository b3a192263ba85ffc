"""Figures, tables and answer of claim C1, how unlike teacher and student are, from studies of kind `distributions`."""

from collections.abc import Iterable
from functools import partial
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns

from ckdsnn.records.frame import study_frame
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import Comparison, compare, leading_in, table_of
from ckdsnn.report.labels import colour_of, in_families, label_of
from ckdsnn.report.points import in_points, with_n
from ckdsnn.report.style import COLOURS, styled
from ckdsnn.report.tables import Table, count, spread

PLAIN, OURS, USUAL = "snn", "ckdsnn", "kd"
KEPT = ["id", "method", "seed"]

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
    "correlation": ("Correlation of\nSAM and CAM", "where it looks", 1),
}
SIDES = {-1: "nearer to its teacher in", 1: "farther from it in", 0: "neither, as far as we can tell, in"}
PROFILE = {  # what is measured of one network -> in words, factor, digits
    "zeros": ("Zeros in the last stage (%)", 100, 1),
    "feature": ("Mean feature or firing rate", 1, 3),
    "map-range": ("Range of the raw map", 1, 1),
    "map-entropy-raw": ("Entropy of the softmax of the raw map (% of uniform)", 100, 1),
    "map-entropy-sample": ("Entropy of the softmax of the map from 0 to 1 (% of uniform)", 100, 2),
    "logit-sd": ("Deviation of the logits", 1, 2),
    "entropy-1": ("Entropy of the prediction (nat)", 1, 2),
    "entropy-2": ("Entropy of the prediction softened at 2 (nat)", 1, 2),
    "largest": ("Largest probability (%)", 100, 1),
}


def shares_of(studies: Iterable[Study]) -> pd.DataFrame:
    """Histograms: a row for each study, population, network and bin, from `left` to `right`, with its `percent`."""
    frame, parts = study_frame(studies), []
    for population in POPULATIONS:
        edges = frame[frame["quantity"] == f"{population}-edges"]
        bins = edges[["id", "i"]].assign(left=edges["value"], right=edges.groupby("id")["value"].shift(-1))
        for network in ("student", "teacher"):
            shares = frame[frame["quantity"] == f"{network}-{population}"].merge(bins, on=["id", "i"])
            named = {"population": population, "network": network, "percent": 100 * shares["value"]}
            parts.append(shares[[*KEPT, "left", "right"]].assign(**named))
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
            look = {
                "x": "left",
                "weights": "percent",
                "bins": [*np.union1d(own["left"], own["right"])],
                "element": "step",
            }
            student, teacher = (own[own["network"] == network].dropna() for network in ("student", "teacher"))
            sns.histplot(student, **look, color=colour_of(method), label="student", ax=axes)
            sns.histplot(teacher, **look, color=COLOURS["teacher"], fill=False, label="teacher", ax=axes)
            axes.set(xlabel="", ylabel="Share (%)")
            if population == "features" and own["percent"].gt(0).any():
                axes.set_yscale("log")
            axes.set_title(fill(label_of(method), 14) if population == "features" else "")
        row[len(row) // 2].set_xlabel(words)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Chart(figure, data)


def means_of(studies: Iterable[Study]) -> pd.DataFrame:
    """The study frame's single numbers, and of [mean, sd over the images] the means."""
    frame = study_frame(studies)
    return frame[frame["i"].fillna(0) == 0]


@styled()
def distances(studies: Iterable[Study]) -> Chart:
    """A panel for each distance, a row a method: a dot a seed, a bar at their mean, dashed where the two are alike.

    An open diamond: how well a SAM agrees with the CAMs of other images.
    """
    means = means_of(studies)
    data = means[means["quantity"].isin([*DISTANCES, "correlation-shuffled"])]
    data = data[[*KEPT, "quantity", "value"]].assign(row=[label_of(method) for method in data["method"]])
    rows = {label_of(method): colour_of(method) for method in in_families(data["method"].unique(), PLAIN)}
    look = {"x": "value", "y": "row", "order": [*rows], "hue": "row", "palette": rows, "legend": False}
    mean = look | {"errorbar": None, "linestyle": "none"}
    figure, grid = panels(3, 2, height=0.22 * len(rows) + 0.8, sharey=True)
    for axes, (name, (label, _, goal)) in zip(grid.flat, DISTANCES.items(), strict=True):
        own = data[data["quantity"] == name]
        axes.axvline(goal, color="#777777", ls="--", lw=1)
        sns.stripplot(own, **look, jitter=False, size=4.5, alpha=0.7, ax=axes)
        sns.pointplot(own, **mean, marker="|", markersize=11, markeredgewidth=2.5, ax=axes)
        if name == "correlation":
            chance = data[data["quantity"] == "correlation-shuffled"]
            sns.pointplot(chance, **mean, marker="D", markersize=4.5, mfc="white", mec="#777777", mew=1, ax=axes)
        axes.set(xlabel=label, ylabel="")
        axes.margins(x=0.12)
        axes.locator_params(axis="x", nbins=4)
    return Chart(figure, data)


def profile_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One column the teacher, one a method: sparsity, features, maps, logits and predictions, mean ± sd over seeds."""
    studies = list(studies)
    means, uniform = means_of(studies), studies[0].settings["uniform-entropy"]
    values = dict(iter(means.groupby(["method", "quantity"])["value"]))

    def cell(what: str, method: str, who: str = "student") -> str:
        _, factor, digits = PROFILE[what]
        found = values[method, f"{who}-{what}"] * factor / (uniform if "map-entropy" in what else 1)
        return spread(found if who == "student" else found[:1], digits)

    methods = in_families(means["method"].unique(), PLAIN)
    heads = [f"{label_of(method)} {count(len(values[method, 'kl']))}" for method in methods]
    students = {head: partial(cell, method=method) for head, method in zip(heads, methods, strict=True)}
    teacher = partial(cell, method=methods[0], who="teacher")
    return Table.of(
        name, caption, PROFILE, {"": lambda what: PROFILE[what][0], label_of("teacher"): teacher, **students}
    )


def changes(studies: Iterable[Study]) -> dict[str, dict[str, Comparison]]:
    """Distance -> method -> how far it is from its teacher minus how far the plain SNN is, paired by seed."""
    means, found = means_of(studies), {}
    for name, (_, _, goal) in DISTANCES.items():
        gaps = (table_of(means[means["quantity"] == name], "value") - goal).abs()
        pairs = [(method, PLAIN) for method in in_families(gaps, PLAIN)[1:]]
        found[name] = {one.method: one for one in compare(gaps, pairs, leading_in(means))}
    return found


def distance_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a method: by how much it is farther from its teacher than the plain SNN, in each distance."""
    found = changes(studies)
    columns = {
        head.replace("\n", " "): lambda method, own=found[distance]: in_points(own[method], 3) if method in own else ""
        for distance, (head, _, _) in DISTANCES.items()
    }
    methods = dict.fromkeys(method for own in found.values() for method in own)
    return Table.of(name, caption, methods, {"Method": label_of, **columns})


def answer(studies: Iterable[Study]) -> str:
    """Whether CKDSNN brings a student nearer to its teacher than labels alone do, in what, and by how much."""
    found = changes(studies)
    if OURS not in found["kl"]:
        return f"Not measured: {label_of(OURS)} beside {label_of(PLAIN)}."
    told = []
    for sign, words in SIDES.items():
        things = [DISTANCES[name][1] for name, own in found.items() if OURS in own and (own[OURS].sign or 0) == sign]
        told += [f"{words} {', '.join(things)}"] * bool(things)
    usual = f"; with KD alone by {in_points(found['kl'][USUAL])}" if USUAL in found["kl"] else ""
    return (
        f"Compared with an SNN that learned from labels alone, a CKDSNN student is {'; '.join(told)}. How far its "
        "softened predictions lie from the teacher's, as KL divergence in nat, changes by "
        f"{with_n(found['kl'][OURS])}{usual}."
    )
