"""What can be proved beside what was measured: figures and sentences of the frames that `measure` makes."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import seaborn as sns

from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.style import TERM_COLOURS, styled
from ckdsnn.report.tables import digits, listed, signed
from ckdsnn.studies.theory.measure import NOISES, POSSIBLE, REACHED, TEMPERATURE, UNIFORM

BOUNDS = {POSSIBLE: "#555555", REACHED: "#555555", UNIFORM: "#AAAAAA"}  # not measured
MOST = 0.8  # of the share


@styled()
def map_bounds(data: pd.DataFrame) -> Chart:
    """Above the extreme shares of a map's cells, below the KL of two maps, against the temperature, in their bounds.

    data: of `against_bounds`.
    """
    measured = [label for label in data["maps"].unique() if label not in BOUNDS]
    colours = BOUNDS | dict(zip(measured, TERM_COLOURS[1:], strict=False))
    dashes = dict.fromkeys(colours, "") | {POSSIBLE: (4, 2), REACHED: (1, 1)}
    look = {"x": "temperature", "hue": "maps", "palette": colours, "style": "maps", "dashes": dashes}
    figure, grid = panels(2, height=2.6, sharex=True)
    shares, losses = grid.flat
    for end in ("least", "largest"):
        sns.lineplot(data, y=end, **look, legend=False, ax=shares)
    sns.lineplot(data, y="kl", **look, legend="full", ax=losses)
    shares.set(ylabel="Share of one cell,\nleast and largest", yscale="log")
    losses.set(ylabel="KL of the two maps (nat)", yscale="log", xscale="log", xlabel="Temperature $T_s$")
    heats = data["temperature"].unique()
    losses.set_xticks(heats, [f"{heat:g}" for heat in heats])
    losses.minorticks_off()
    legend_below(figure, losses, ncols=1)
    return Chart(figure, data)


@styled()
def noise_changes(changes: pd.DataFrame) -> Chart:
    """How NLD's noise changes the entropy of a softened prediction: a group for each noise, a box for each source.

    changes: of `noise_effects`. Boxes: the middle half of all draws and images, with whiskers for the middle 95 %;
    diamonds: the mean.
    """
    figure, ((axes,),) = panels(height=3.6)
    sources = dict(zip(changes["logits"].unique(), TERM_COLOURS, strict=False))
    mean = {"marker": "D", "markerfacecolor": "white", "markeredgecolor": "black", "markersize": 4}
    box = {"whis": (2.5, 97.5), "showfliers": False, "showmeans": True, "meanprops": mean, "fill": False, "gap": 0.2}
    lines = changes["noise"].str.replace(" (", "\n(")
    sns.boxplot(changes, x=lines, y="change", hue="logits", palette=sources, **box, ax=axes)
    axes.set(xlabel="", ylabel="Change of the entropy (nat)")
    sns.move_legend(axes, "lower center", bbox_to_anchor=(0.5, 1), title="Logits")
    drawn = changes.groupby(["noise", "logits"], sort=False)["change"].describe([0.025, 0.25, 0.5, 0.75, 0.975])
    return Chart(figure, drawn.reset_index())


def smoothed(changes: pd.DataFrame, source: str) -> str:
    """Whether each noise smooths the predictions from these logits: a smoother one has a higher entropy."""
    of_images = changes[changes["logits"] == source].groupby(["noise", "image"], sort=False)["change"].mean()
    parts = [
        f"{noise} on {(own > 0).mean():.0%} of the images, with a mean change of {signed(own.mean(), 4)} nat"
        for noise, own in of_images.groupby("noise", sort=False)
    ]
    return f"Does the noise make a prediction smoother? On average over the draws: {'; '.join(parts)}."


def answer(bounds: pd.DataFrame, maps: str, changes: pd.DataFrame, source: str) -> str:
    """How large SAMD can be, and is, with maps from 0 to 1, and what the paper's noise does to a prediction.

    bounds, maps: of `against_bounds`, and the label of the maps meant; changes, source: the same of `noise_effects`.
    """
    losses = TEMPERATURE**2 * bounds[bounds["temperature"] == TEMPERATURE].set_index("maps")["kl"]
    paper = changes[(changes["logits"] == source) & (changes["noise"] == next(iter(NOISES)))]["change"]
    return (
        f"With both maps from 0 to 1 the loss of SAMD can never be more than {losses[POSSIBLE]:g}, whatever the "
        f"networks; with the maps of one student it is {digits(losses[maps])}. The mean of NLD's noise cancels inside "
        f"the softmax; what is left changes the entropy of a prediction by {signed(paper.mean(), 4)} nat on average."
    )


def share_findings(shares: Mapping[str, np.ndarray]) -> str:
    """How the softmax of maps is spread: label -> shares [N, cells] -> the largest, and how few cells hold most."""
    sentences = []
    for label, found in shares.items():
        largest_first = -np.sort(-np.asarray(found, dtype=float), axis=1)
        needed = 1 + (largest_first.cumsum(1) < MOST).sum(1)
        sentences.append(
            f"{label}: the largest of {found.shape[1]} cells has {largest_first[:, 0].mean():.0%} of the share, and "
            f"{MOST:.0%} of it lie in {needed.mean():.0f} cells; means over {len(found)} images."
        )
    return listed(sentences)


def noise_sizes(logits: np.ndarray, weight: float, deviations: Iterable[float]) -> str:
    """How large the noise is that reaches logits [N, K], beside what they differ by themselves."""
    own = float(np.asarray(logits, dtype=float).std(1, ddof=1).mean())
    fixed = "; ".join(f"{deviation:g}: {weight * deviation / own:.1%}" for deviation in deviations)
    return (
        f"The logits of an image have a deviation of {own:.2f}, mean over {len(logits)} images. Times λ = {weight:g}, "
        f"the adaptive noise has {weight:.1%} of that; fixed noise, by its own deviation, {fixed}."
    )
