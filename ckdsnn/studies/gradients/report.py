"""Figures, table and answer about how hard each loss term pulls, from studies of kind `gradients`."""

from collections.abc import Iterable
from math import nan

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LogNorm

from ckdsnn.records.frame import OF_RUN, study_frame
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.style import SEQUENCE, styled
from ckdsnn.report.tables import Table, beside, between, digits, known
from ckdsnn.studies.gradients.measure import PLACES

TERMS = {  # of the objective -> in words; of SAMD: how the maps meet before the softmax
    "nld": "NLD",
    "samd-raw": "SAMD (both raw)",
    "samd-literal": "SAMD (count)",
    "samd-rate": "SAMD (rate)",
    "samd-sample": "SAMD (0–1)",
    "samd-batch": "SAMD (0–1 over\nthe batch)",
}
MAP_TERMS = [term for term in TERMS if term != "nld"]
PAPER = 2.0  # the paper's T_s
COLUMNS = (
    "Divisor: of the student's map before the softmax. ΔP = Pₛₜ − Pₜₑ. Spikes, weights: the gradient there, in those "
    "of the cross-entropy, with fresh weights (start) and trained ones (end). β for 1: the weight that would make both "
    "equal at the trained weights."
)


def strengths(studies: Iterable[Study]) -> pd.DataFrame:
    """One row for each study, `state` (start, end), `place` (spikes, weights), `term` and temperature `T_s`, NaN for
    NLD's: `strength`, the norm of the term's gradient over that of the cross-entropy, and `cosine` with that."""
    studies = list(studies)
    heats = dict(enumerate(studies[0].settings["temperatures"]))
    frame = study_frame(studies)
    frame[["state", "place", "term"]] = frame["quantity"].str.split("-", n=2, expand=True)
    frame = frame[frame["place"].isin(PLACES)]
    wide = frame.pivot(index=[*OF_RUN, "state", "place", "term", "i"], columns="j", values="value")
    wide = wide.set_axis(["norm", "cosine"], axis=1).reset_index()
    where = ["id", "state", "place"]
    whole = wide.loc[wide["term"] == "ce", [*where, "norm"]]
    data = wide[wide["term"] != "ce"].merge(whole, on=where, suffixes=("", "_ce"))
    data["strength"] = data["norm"] / data["norm_ce"]
    data["T_s"] = data["i"].map(heats).where(data["term"] != "nld").astype(float)
    return data[[*OF_RUN, "state", "place", "term", "T_s", "strength", "cosine"]]


@styled()
def gradient_strength(studies: Iterable[Study], place: str = "spikes") -> Chart:
    """A row for each term, a dot for each temperature and study: how many times the cross-entropy's gradient.

    The first panel has the fresh weights, the others the trained ones of each method.
    """
    data = strengths(studies).query("place == @place")
    shown = {"Start: fresh weights": data[data["state"] == "start"]}
    for method in in_families(data["method"].unique(), "nld"):
        shown[f"End: {label_of(method)}"] = data[(data["state"] == "end") & (data["method"] == method)]
    heats = sorted(data["T_s"].dropna().unique())
    hue = {"hue": "T_s", "hue_order": heats, "palette": sns.color_palette(SEQUENCE, len(heats)), "dodge": True}
    look = {"x": "strength", "y": "term", "order": [*TERMS], "jitter": False, "size": 4, "alpha": 0.8}
    figure, grid = panels(len(shown), height=2.2, sharex=True, sharey=True)
    for axes, (title, own) in zip(grid.flat, shown.items(), strict=True):
        axes.axvline(1, color="#555555", lw=1.2)
        sns.stripplot(own, **look, **hue, ax=axes)
        sns.stripplot(own[own["T_s"].isna()], **look, color="black", marker="D", ax=axes)
        axes.set(title=title, ylabel="", xscale="log", xlabel=f"Gradient at the {place} (cross-entropy = 1)")
        axes.set_yticks(range(len(TERMS)), TERMS.values())
        legend = axes.get_legend()
        legend.remove()
    names = [text.get_text() for text in legend.get_texts()]
    figure.legend(legend.legend_handles, names, title="$T_s$", loc="outside lower center", ncols=len(heats))
    return Chart(figure, data)


@styled()
def gradient_heat(studies: Iterable[Study], state: str = "end", place: str = "spikes") -> Chart:
    """SAMD's mean strength by map range and temperature, above with the factor T_s^2, below without it; in shades of
    red where it is stronger than the cross-entropy, of blue where weaker."""
    data = strengths(studies).query("place == @place and state == @state and term != 'nld'")
    plain = data.assign(strength=data["strength"] / data["T_s"] ** 2)
    means = {
        title: rows.pivot_table(index="term", columns="T_s", values="strength", dropna=False).loc[MAP_TERMS]
        for title, rows in {"With the factor $T_s^2$": data, "Without it": plain}.items()
    }
    reach = max([10, *(max(value, 1 / value) for value in known(np.ravel([*means.values()])) if value)])
    figure, grid = panels(2, height=2.6, sharex=True, sharey=True)
    look = {"norm": LogNorm(1 / reach, reach), "vmin": 1 / reach, "vmax": reach, "cmap": "vlag"}
    for axes, (title, mean) in zip(grid.flat, means.items(), strict=True):
        named = mean.set_axis([TERMS[term] for term in mean.index])
        sns.heatmap(named, annot=mean.map(short), fmt="", **look, cbar=False, linewidths=0.5, ax=axes)
        axes.set(title=title, xlabel="", ylabel="")
    axes.set_xlabel("Temperature $T_s$")
    bar = figure.colorbar(axes.collections[0], ax=grid, location="bottom", label="Gradient (cross-entropy = 1)")
    bar.ax.minorticks_off()
    return Chart(figure, pd.concat(means, names=["factor"]).reset_index())


def short(value: float) -> str:
    """A number in at most six characters."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value >= 0.01 else f"{value:.1g}"


def gradient_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a map range at the paper's temperature: where its strength comes from and what it is, means over studies.

    T_s |P_st - P_te| / divisor is the closed form of the gradient at a map's cells, without the terms through the ends
    of the range.
    """
    studies = list(studies)
    pulls = strengths(studies).query("T_s == @PAPER").groupby(["term", "place", "state"])["strength"].mean()
    frame, heat = study_frame(studies), studies[0].settings["temperatures"].index(PAPER)
    parts = frame[frame["i"].fillna(heat) == heat].groupby("quantity")["value"].mean()

    def both(place: str):
        return lambda term: beside(*(digits(pulls[term, place, state]) for state in ("start", "end")))

    columns = {
        "Map range": lambda term: TERMS[term].replace("\n", " "),
        "Divisor": lambda term: digits(parts[f"end-divisor-{term}"]),
        "‖ΔP‖": lambda term: digits(parts[f"end-gap-{term}"]),
        "Tₛ ‖ΔP‖ / divisor": lambda term: digits(PAPER * parts[f"end-gap-{term}"] / parts[f"end-divisor-{term}"]),
        "Spikes, start / end": both("spikes"),
        "Weights, start / end": both("weights"),
        "β for 1": lambda term: digits(weight_for_one(pulls[term, "weights", "end"])),
    }
    return Table.of(name, f"{caption}. {COLUMNS}", MAP_TERMS, columns)


def weight_for_one(strength_at_one: float) -> float:
    """The weight with which a term pulls as hard as the cross-entropy; NaN for one that does not pull at all."""
    return 1 / strength_at_one if strength_at_one else nan


def answer(studies: Iterable[Study]) -> str:
    """How hard SAMD pulls at the trained weights, with maps from 0 to 1 and with a count of spikes."""
    data = strengths(studies).query("place == 'weights' and state == 'end'")
    mild, count = (data[data["term"] == term] for term in ("samd-sample", "samd-literal"))
    at_paper = [own.loc[own["T_s"] == PAPER, "strength"] for own in (mild, count)]
    heats = mild.groupby("id")["strength"].agg(["max", "min"])
    return (
        f"At the trained weights, SAMD with both maps from 0 to 1 pulls {between(at_paper[0])} times as hard as the "
        f"cross-entropy with the labels; with a count of spikes, {between(at_paper[1])} times. To pull as hard as the "
        f"labels the former needs a weight β of {between(map(weight_for_one, at_paper[0]))}; the paper's is 1. No "
        f"temperature from {between(mild['T_s'])} changes its pull by more than a factor of "
        f"{digits((heats['max'] / heats['min']).max())}."
    )
