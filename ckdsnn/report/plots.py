"""Figures of training and of measured distributions."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns

from ckdsnn.records import Record
from ckdsnn.records.frame import Records
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.labels import style_of
from ckdsnn.report.style import TERM_COLOURS, styled

QUANTITIES = {"test_accuracy": "Test accuracy (%)", "ce": "Training cross-entropy (nat)"}


@styled()
def training_curves(records: Iterable[Record]) -> Chart:
    """Test accuracy and training cross-entropy against the epoch, a line for each method or recipe."""
    records = Records(records)
    styles = {record.id: (fill(label, 24), colour) for record in records for label, colour in [style_of(record)]}
    data = records.curves().astype({"value": float})  # NaN, which no line passes through, where it was not finite
    data["run"] = [styles[one][0] for one in data["id"]]
    figure, grid = panels(2, 1, 2.2 + 0.07 * len(styles), sharex=True)
    for axes, (quantity, words) in zip(grid[:, 0], QUANTITIES.items(), strict=True):
        look = {"hue": "run", "style": "run", "palette": dict(styles.values()), "markers": True, "markersize": 6}
        own = data[data["quantity"] == quantity]
        sns.lineplot(own, x="epoch", y="value", **look, legend=axes is grid[-1, 0], ax=axes)
        axes.set(xlabel="Epoch", ylabel=words)
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, axes)
    return Chart(figure, data[data["quantity"].isin(QUANTITIES)])


@styled()
def loss_terms(record: Record) -> Chart:
    """Every loss term of one run against the epoch, unweighted, on a logarithmic axis."""
    curves = Records([record]).curves().astype({"value": float})
    data = curves[~curves["quantity"].str.contains("accuracy|seconds")]
    figure, ((axes,),) = panels()
    look = {"hue": "quantity", "palette": [*TERM_COLOURS[: data["quantity"].nunique()]], "marker": "o"}
    sns.lineplot(data, x="epoch", y="value", **look, ax=axes)
    axes.set(xlabel="Epoch", ylabel="Loss term (nat, unweighted)", yscale="log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, axes, ncols=3)
    return Chart(figure, data)


@styled()
def cell_shares(profiles: Mapping[str, np.ndarray]) -> Chart:
    """What the saliency softmax makes of maps: the share of each cell, largest first.

    profiles: label -> shares [N, H*W], each row a distribution; drawn are the mean and the middle 80 % of the maps.
    """
    frames = [
        pd.DataFrame(np.sort(shares, axis=1)[:, ::-1]).melt(var_name="rank", value_name="share").assign(maps=label)
        for label, shares in profiles.items()
    ]
    data = pd.concat(frames, ignore_index=True).assign(rank=lambda ranked: ranked["rank"].astype(int) + 1)
    figure, ((axes,),) = panels(height=3.4)
    look = {"hue": "maps", "palette": [*TERM_COLOURS[: len(profiles)]], "errorbar": ("pi", 80)}
    sns.lineplot(data, x="rank", y="share", **look, ax=axes)
    axes.axhline(1 / data["rank"].max(), color="#777777", ls="--", lw=1, label="uniform")
    axes.set(xlabel="Cell, by rank", ylabel="Share of the map", yscale="log", ylim=(1e-4, 1.2))
    legend_below(figure, axes, ncols=1)
    return Chart(figure, data)


@styled()
def smoothed_probabilities(names: Sequence[str], probabilities: Mapping[str, np.ndarray]) -> Chart:
    """Grouped bars of softened class probabilities [K] for each label."""
    wide = 100 * pd.DataFrame(dict(probabilities), index=pd.Index(names, name="class"))
    data = wide.melt(var_name="noise", value_name="probability", ignore_index=False).reset_index()
    figure, ((axes,),) = panels()
    look = {"hue": "noise", "palette": [*TERM_COLOURS[: len(probabilities)]], "saturation": 1}
    sns.barplot(data, x="class", y="probability", **look, ax=axes)
    axes.set(xlabel="Class", ylabel="Softened probability (%)")
    legend_below(figure, axes, ncols=3)
    return Chart(figure, data)
