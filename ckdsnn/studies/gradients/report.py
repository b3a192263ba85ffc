"""Figures, table and answer about how hard each loss term pulls, from studies of kind `gradients`."""

from collections.abc import Iterable
from itertools import product
from math import nan

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LogNorm

from ckdsnn.records.frame import named
from ckdsnn.records.study import Study
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.style import SEQUENCE, styled
from ckdsnn.report.tables import Table, between, digits, known
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


def strengths(studies: Iterable[Study]) -> pd.DataFrame:
    """One row for each study, `state` (start, end), `place` (spikes, weights), `term` and temperature `T_s`, NaN for
    NLD's: `strength`, the norm of the term's gradient over that of the cross-entropy, and `cosine` with that."""
    rows = []
    for study, state, place, term in product(studies, ("start", "end"), PLACES, TERMS):
        ((whole, _),) = study.numbers(f"{state}-{place}-ce")
        heats = [nan] if term == "nld" else study.settings["temperatures"]
        where = named(study) | {"state": state, "place": place, "term": term}
        for heat, (norm, cosine) in zip(heats, study.numbers(f"{state}-{place}-{term}"), strict=True):
            rows.append(where | {"T_s": heat, "strength": norm / whole, "cosine": cosine})
    return pd.DataFrame(rows)


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
        sns.stripplot(own, **look, **hue, legend=axes is grid[-1, 0], ax=axes)
        sns.stripplot(own[own["T_s"].isna()], **look, color="black", marker="D", ax=axes)
        axes.set(title=title, ylabel="", xscale="log", xlabel=f"Gradient at the {place} (cross-entropy = 1)")
        axes.set_yticks(range(len(TERMS)), TERMS.values())
    legend_below(figure, axes, [f"$T_s$ = {heat:g}" for heat in heats], ncols=3)
    return Chart(figure, data)


@styled()
def gradient_heat(studies: Iterable[Study], state: str = "end", place: str = "spikes") -> Chart:
    """SAMD's mean strength by map range and temperature, above with the factor T_s^2, below without it; in shades of
    red where it is stronger than the cross-entropy, of blue where weaker."""
    data = strengths(studies).query("place == @place and state == @state and term != 'nld'")
    mean = data.pivot_table("strength", "term", "T_s", dropna=False).loc[MAP_TERMS]
    means = {"With the factor $T_s^2$": mean, "Without it": mean / np.square(mean.columns)}
    reach = max([10, *(max(value, 1 / value) for value in known(np.ravel([*means.values()])) if value)])
    look = {
        "annot_kws": {"color": "black"},
        "norm": LogNorm(1 / reach, reach),
        "vmin": 1 / reach,
        "vmax": reach,
        "cmap": "vlag",
    }
    words = [TERMS[term] for term in MAP_TERMS]
    figure, grid = panels(2, height=2.6, sharex=True, sharey=True)
    for axes, (title, own) in zip(grid.flat, means.items(), strict=True):
        sns.heatmap(own, annot=own.map(short), fmt="", yticklabels=words, cbar=False, linewidths=0.5, **look, ax=axes)
        axes.set(title=title, xlabel="", ylabel="")
    axes.set_xlabel("Temperature $T_s$")
    bar = figure.colorbar(axes.collections[0], ax=grid, location="bottom", label="Gradient (cross-entropy = 1)")
    bar.ax.minorticks_off()
    return Chart(figure, pd.concat(means, names=["factor"]).reset_index())


def short(value: float) -> str:
    """A number in at most six characters."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value >= 0.01 else f"{value:.1g}"


def gradient_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a map range at the paper's temperature: its strengths with fresh weights (start) and trained ones (end),
    and the β by which it would pull at the trained weights as hard as the cross-entropy; means over studies."""
    data = strengths(studies).query("T_s == @PAPER")
    table = data.pivot_table("strength", "term", ["state", "place"], dropna=False, sort=False).loc[MAP_TERMS]
    table = table.set_axis([f"{place}, {state}".capitalize() for state, place in table.columns], axis=1)
    table["β for 1"] = 1 / table["Weights, end"]
    words = [TERMS[term].replace("\n", " ") for term in MAP_TERMS]
    return Table.of_frame(name, caption, table.set_axis(words).rename_axis("Map range").reset_index())


def answer(studies: Iterable[Study]) -> str:
    """How hard SAMD pulls at the trained weights, with maps from 0 to 1 and with a count of spikes, in which direction
    at the last spikes, and how hard NLD pulls."""
    trained = strengths(studies).query("state == 'end'")
    data = trained.query("place == 'weights'")
    mild, count = (data[(data["term"] == term) & (data["T_s"] == PAPER)] for term in ("samd-sample", "samd-literal"))
    heats = data[data["term"] == "samd-sample"].groupby("id")["strength"].agg(["max", "min"])
    logits = data.loc[data["term"] == "nld", "strength"]
    angles = trained.query("place == 'spikes' and term == 'samd-sample' and T_s == @PAPER")["cosine"].abs()
    return (
        f"At the trained weights of {len(known(mild['strength']))} students, SAMD with both maps from 0 to 1 pulls "
        f"{between(mild['strength'])} times as hard as the cross-entropy with the labels; with a count of spikes, "
        f"{between(count['strength'])} times. To pull as hard as the labels the former needs a weight β of "
        f"{between(1 / mild['strength'])}; the paper's is 1. With the factor of the paper no temperature from "
        f"{between(data['T_s'])} changes its pull by more than a factor of "
        f"{digits((heats['max'] / heats['min']).max())}. At the last spikes SAMD pulls at right angles to the labels "
        f"(cosine {between(angles, '{:.3f}'.format)}): it moves spikes from place to place and leaves the logits as "
        "they are, so that it can help the answer only through the layers below. NLD pulls at the logits, "
        f"{between(logits)} times as hard as the labels at the weights."
    )
