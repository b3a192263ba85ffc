"""What a training step costs on this and that machine: frames of measurements in; figures, table and answer out.

`runs`: as `bench_frame` gives them; `sizes`: as `sweep_frame` does.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.style import TERM_COLOURS, styled
from ckdsnn.report.tables import DASH, Table, between, digits, listed, series, whole

IMPLEMENTATIONS = {
    "reference": "#999999",
    "spikingjelly": "#117733",
    "ours": "#0072B2",
    "ours-compiled": "#882255",
    "ours-fp32": "#56B4E9",
    "ours-bf16": "#E69F00",
}
MAIN = ("reference", "spikingjelly", "ours")  # the others are variants of ours
PHASES = {  # part of a step -> in words, colour
    "data": ("training input", "#F0E442"),
    "teacher": ("teacher forward", "#D55E00"),
    "student": ("student forward", "#0072B2"),
    "losses": ("maps and losses", "#009E73"),
    "backward": ("backward", "#56B4E9"),
    "optimiser": ("optimiser", "#000000"),
}
OTHERWISE = {"ours-compiled": "with a compiled neuron", "ours-fp32": "in float32"}  # ours, as the answer says it
SWITCHED = "ours, "  # begins the name of our step with one fast path turned, SWITCH=VALUE
AXES = {"timesteps": "Time steps T", "batch": "Batch (images)", "width": "Width (of 16 channels)"}
COSTS = {"seconds": "Step (s)", "memory": "Memory (MB)"}
BLOCKS = {"estimator": "median", "errorbar": ("pi", 100)}  # with the range from the lowest to the highest
POINTS = {"linestyle": "none", "markersize": 5, "err_kws": {"linewidth": 1.5}}


def check_some(runs: pd.DataFrame) -> None:
    """Raise CkdsnnError where there are no runs."""
    if runs.empty:
        raise CkdsnnError("no measurement of the training step; run `ckdsnn bench --sweep true --switches true`")


def newest(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of the newest record of each device, GPUs first. Raises CkdsnnError where there is none."""
    check_some(runs)
    last = runs["started"] == runs.groupby("device")["started"].transform("max")
    return runs[last].sort_values("device", ascending=False, kind="stable")  # cuda before cpu


def by_device(runs: pd.DataFrame) -> list[pd.DataFrame]:
    """The same, a frame for each device; none where nothing was measured."""
    return [own for _, own in newest(runs).groupby("device", sort=False)] if len(runs) else []


def times_as_fast(runs: pd.DataFrame, base: str) -> pd.Series:
    """How many times as fast as `base` each row is, in the same block of the same case; NaN where that is missing."""
    blocks = ["id", "case", "block"]
    bases = runs[runs["implementation"] == base].set_index(blocks)["seconds"].rename("base")
    return runs.join(bases, on=blocks)["base"] / runs["seconds"]


def rated(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with what follows from them: factor, times as fast as the reference, and over_plain, as spikingjelly's
    plain loop; reached: the floor in % of the time of a step; efficiency: images a second and watt. NaN where the other
    implementation or the power is missing."""
    return runs.assign(
        factor=times_as_fast(runs, "reference"),
        over_plain=times_as_fast(runs, "spikingjelly"),
        reached=100 * runs["floor"] / runs["seconds"],
        efficiency=runs["images_per_second"] / runs["watts"],
    )


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """The newest runs of whole implementations that a reference stands beside, as `rated`, with `row`, their name."""
    check_some(runs)
    found = rated(runs).assign(row=runs["case"] + ", " + runs["implementation"])
    return newest(found[found["implementation"].isin(IMPLEMENTATIONS)].dropna(subset="factor"))


def switched(runs: pd.DataFrame) -> pd.DataFrame:
    """The newest runs with one fast path turned: `switch`, and `cost`: their time over our step's in the same block."""
    switch, cost = runs["implementation"].str.removeprefix(SWITCHED), 1 / times_as_fast(runs, "ours")
    turned = runs["implementation"].str.startswith(SWITCHED)
    return newest(runs.assign(switch=switch, cost=cost)[turned].dropna(subset="cost"))


def row_panels(runs: pd.DataFrame, row: str, height: float = 0.25) -> tuple[Figure, list[tuple[pd.DataFrame, Axes]]]:
    """A panel for each machine below the other, with one axis of x, so many inches for each row: its runs and axes."""
    parts = dict(iter(runs.groupby("machine", sort=False)))
    sizes = [own[row].nunique() for own in parts.values()]
    figure, grid = panels(len(parts), height=height * np.mean(sizes) + 0.7, height_ratios=sizes, sharex=True)
    for title, axes in zip(parts, grid[:, 0], strict=True):
        axes.set_title(title.replace(", ", ",\n"))
    return figure, list(zip(parts.values(), grid[:, 0], strict=True))


def dots(runs: pd.DataFrame, x: str, row: str, colours: dict[str, str], hue: str, label: str) -> Figure:
    """A panel for each machine below the other: median and range of `x` over the blocks, a dot for each value of `hue`,
    which is what `colours` names; a line at 1."""
    figure, parts = row_panels(runs, row, 0.1 + 0.1 * len(colours))
    look = {"hue": hue, "hue_order": [*colours], "palette": colours, "dodge": 0.8 - 0.8 / len(colours)}
    for own, axes in parts:
        sns.pointplot(own, x=x, y=row, **BLOCKS, **POINTS, **look, legend=axes is parts[-1][1], ax=axes)
        axes.axvline(1, color="#777777", lw=1)
        axes.set(xlabel="", ylabel="")
    axes.set_xlabel(label)
    legend_below(figure, axes)
    return figure


@styled()
def speedups(runs: pd.DataFrame) -> Chart:
    """How many times as fast as the reference each implementation's step is, as `compared` gives them, a row a case."""
    others = runs[runs["implementation"] != "reference"]
    colours = {name: colour for name, colour in IMPLEMENTATIONS.items() if name in others["implementation"].unique()}
    figure = dots(others, "factor", "case", colours, "implementation", "Times as fast as the released recipe")
    return Chart(figure, others[["machine", "case", "implementation", "block", "images_per_second", "factor"]])


@styled()
def time_shares(runs: pd.DataFrame) -> Chart:
    """The share of each part of a step, as `compared` gives them, a bar for each case and one of MAIN."""
    words = {f"{part}_seconds": label for part, (label, _) in PHASES.items()}
    bar = ["machine", "case", "implementation", "row"]
    shown = runs[(runs["block"] == 1) & runs["implementation"].isin(MAIN)]
    data = shown.melt(bar, words, "part", "part_seconds").replace({"part": words})
    data["share"] = 100 * data["part_seconds"] / data.groupby(bar)["part_seconds"].transform("sum")
    figure, parts = row_panels(data, "row")
    palette = dict(reversed(PHASES.values()))  # the last is drawn first, at the right
    for own, axes in parts:
        look = {"multiple": "stack", "hue_order": [*palette], "palette": palette, "alpha": 1, "legend": False}
        sns.histplot(own, y="row", weights="share", hue="part", shrink=0.8, **look, ax=axes)
        axes.set(ylabel="", xlabel="", xlim=(0, 100))
    axes.set_xlabel("Share of the step (%)")
    handles = [Patch(color=colour, label=label) for label, colour in PHASES.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return Chart(figure, data.drop(columns="row"))


@styled()
def switch_costs(runs: pd.DataFrame) -> Chart:
    """How many times as long our step takes with one fast path turned, as `switched` gives it, a row a fast path."""
    colours = dict(zip(runs["case"].unique(), TERM_COLOURS[1:], strict=False))
    figure = dots(runs, "cost", "switch", colours, "case", "Time of a step, ours = 1")
    return Chart(figure, runs[["machine", "switch", "case", "batch", "block", "cost"]])


def exponent(sizes: pd.DataFrame, cost: str) -> str:
    """The exponent with which the median cost grows with `value`, by least squares, ± its standard error.

    A dash for fewer than three sizes, and where a cost is not known.
    """
    middle = sizes.groupby("value")[cost].median()
    if len(middle) < 3 or middle.isna().any():
        return DASH
    (slope, _), covariance = np.polyfit(np.log(middle.index), np.log(middle), 1, cov=True)
    return whole(f"{slope:z.2f} ± {np.sqrt(covariance[0, 0]):.2f}")


@styled()
def scaling(sizes: pd.DataFrame) -> Chart:
    """Time and memory of our step against T, batch and width, log-log: median and range over the blocks, and the
    exponent, of each machine."""
    figure, grid = panels(len(AXES), len(COSTS), 1.9)
    look = {"hue": "machine", "palette": [*TERM_COLOURS[1 : 1 + sizes["machine"].nunique()]], "marker": "o"}
    for line, axis in zip(grid, AXES, strict=True):
        along = sizes[sizes["axis"] == axis]
        for axes, cost in zip(line, COSTS, strict=True):
            sns.lineplot(along, x="value", y=cost, **BLOCKS, **look, legend=axes is grid[-1, 0], ax=axes)
            found = [f"exponent {exponent(own, cost)}" for _, own in along.groupby("machine", sort=False)]
            axes.set(xlabel=AXES[axis], ylabel=COSTS[cost], title="\n".join(found), xscale="log", yscale="log")
            middle = along.groupby(["machine", "value"])[cost].median()
            values, ticks = along["value"].unique(), np.geomspace(middle.min(), middle.max(), 3)
            axes.set(xticks=values, xticklabels=values, yticks=ticks, yticklabels=map(digits, ticks))
            axes.minorticks_off()
    legend_below(figure, grid[-1, 0], ncols=1)
    return Chart(figure, sizes[["machine", "axis", "value", "block", "seconds", "memory"]])


COLUMNS = {  # of the table -> its head
    "images_per_second": "Images/s",
    "factor": "Over reference",
    "over_plain": "Over spikingjelly",
    "reached": "Floor (%)",
    "forward_images_per_second": "Forward images/s",
    "memory": "Memory (MB)",
    "efficiency": "Images/s/W",
}


def bench_table(name: str, runs: pd.DataFrame) -> Table:
    """One row a case and implementation of one machine: medians. What is nowhere known has no column."""
    found = rated(runs)
    shown = [column for column in COLUMNS if not found[column].isna().all()]
    sizes = {"Network": found["case"].str.partition(", ")[0], "T": found["T"], "Step": found["implementation"]}
    medians = found.assign(**sizes).groupby([*sizes], sort=False)[shown].median().reset_index()
    caption = (
        f"One training step on {runs['machine'].iloc[0]}, batch {between(runs['batch'])}: medians of "
        f"{runs['block'].max()} blocks. Over: how many times as fast, in the same block. Floor: the least time in "
        "which the device could do it, in % of what it takes; the reference, which multiplies more, has a floor of its "
        "own. NAME:WIDTH is so many times as wide."
    )
    return Table.of_frame(name, caption, medians.rename(columns=COLUMNS))


def gains(runs: pd.DataFrame, over: str = "factor", name: str = "ours") -> str:
    """How many times as fast our step is, from the case that gains least to that which gains most; over: the reference
    (factor) or spikingjelly's plain loop (over_plain); name: of the implementation. Empty where it was not measured."""
    ours = runs[runs["implementation"] == name]
    if ours.empty:
        return ""
    return between(ours.groupby(["id", "case"])[over].median(), "{:.1f}".format)


def answer(runs: pd.DataFrame) -> str:
    """How fast our step is on which machine, against what, and how near to what the device allows, of `compared`."""
    told = []
    for machine, own in runs.groupby("machine", sort=False):
        ours = own[own["implementation"] == "ours"]
        plain = "" if ours["over_plain"].isna().all() else f", {gains(own, 'over_plain')} times as fast as spikingjelly"
        reached = between(ours.groupby("case")["reached"].median(), "{:.0f}".format)
        dtype = series(ours["dtype"].unique())
        otherwise = [f"{found} {words}" for name, words in OTHERWISE.items() if (found := gains(own, name=name))]
        aside = f" ({series(otherwise)}, see below)" if otherwise else ""
        speed = f"{gains(own)} times as fast as the released recipe{aside}{plain}"
        told.append(f"{machine}, in {dtype}: {speed}; {reached} % of what the device would allow")
    return (
        "A training step of ours, from the network and number of time steps T that gain least to those that gain most:"
        f"\n\n{listed(told)}\n\n"
        "The released recipe, which we wrote anew, and the plain loop of spikingjelly's tutorials compute in float32. "
        "All that makes ours fast is on by default; what else you can choose is named below."
    )
