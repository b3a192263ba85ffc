"""What a training step costs on this and that machine: frames of measurements in; figures and the answer out.

`runs`: as `bench_frame` gives them; `sizes`: as `sweep_frame` does.
"""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, Locator, LogLocator, NullLocator

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord, bench_frame
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.style import TERM_COLOURS, styled
from ckdsnn.report.tables import DASH, between, digits, whole

IMPLEMENTATIONS = {  # name in a record -> in words, colour
    "reference": ("reference", "#999999"),
    "ours": ("ours", "#0072B2"),
    "ours-fp32": ("ours, fp32", "#56B4E9"),
    "ours-bf16": ("ours, bf16", "#E69F00"),
}
PHASES = {  # part of a step -> in words, colour
    "data": ("training input", "#F0E442"),
    "teacher": ("teacher forward", "#D55E00"),
    "student": ("student forward", "#0072B2"),
    "losses": ("maps and losses", "#009E73"),
    "backward": ("backward", "#56B4E9"),
    "optimiser": ("optimiser", "#000000"),
}
SWITCHED = "ours, "  # begins the name of our step with one fast path turned
SWITCHES = {  # what is turned -> in words
    "neuron=spikingjelly": "spikingjelly's neuron",
    "neuron=fused": "our fused neuron",
    "channels_last=False": "channels first",
    "closed_cam=False": "CAM by backward pass",
    "compile=True": "torch.compile",
    "tf32=False": "no TF32",
}
AXES = {"timesteps": "Time steps T", "batch": "Batch (images)", "width": "Width (of 16 channels)"}
COSTS = {"seconds": "Step (s)", "memory": "Memory (MB)"}
BLOCKS = {"estimator": "median", "errorbar": ("pi", 100)}  # with the range from the lowest to the highest
POINTS = {"linestyle": "none", "markersize": 6, "err_kws": {"linewidth": 1.5}}


def newest(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of the newest record of each device, GPUs first. Raises CkdsnnError where there is none."""
    if runs.empty:
        raise CkdsnnError("no measurement of the training step; run `ckdsnn bench --sweep true --switches true`")
    last = runs["started"] == runs.groupby("device")["started"].transform("max")
    return runs[last].sort_values("device", ascending=False, kind="stable")  # cuda before cpu


def times_as_fast(runs: pd.DataFrame, base: str) -> pd.Series:
    """How many times as fast as `base` each row is, in the same block of the same case; NaN where that is missing."""
    blocks = ["id", "case", "block"]
    bases = runs.loc[runs["implementation"] == base, [*blocks, "seconds"]]
    paired = runs[blocks].merge(bases, "left", on=blocks).set_axis(runs.index)
    return paired["seconds"] / runs["seconds"]


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """The newest runs of whole implementations that a reference stands beside, with `factor`: times as fast as it."""
    steps = runs["implementation"].map({name: words for name, (words, _) in IMPLEMENTATIONS.items()})
    found = runs.assign(step=steps, row=runs["case"] + ", " + steps, factor=times_as_fast(runs, "reference"))
    return newest(found.dropna(subset=["step", "factor"]))


def switched(runs: pd.DataFrame) -> pd.DataFrame:
    """The newest runs with one fast path turned, with `switch`, in words, and `cost`: their time over our step's."""
    turned = runs.assign(cost=1 / times_as_fast(runs, "ours"))[runs["implementation"].str.startswith(SWITCHED)]
    names = turned["implementation"].str.removeprefix(SWITCHED)
    return newest(turned.assign(switch=names.replace(SWITCHES)).dropna(subset="cost"))


def row_panels(runs: pd.DataFrame, row: str, height: float = 0.25) -> tuple[Figure, list[tuple[pd.DataFrame, Axes]]]:
    """A panel for each machine below the other, so many inches for each row: its runs and its axes."""
    parts = dict(iter(runs.groupby("machine", sort=False)))
    sizes = [own[row].nunique() for own in parts.values()]
    figure, grid = panels(len(parts), height=height * np.mean(sizes) + 0.7, height_ratios=sizes)
    for title, axes in zip(parts, grid[:, 0], strict=True):
        axes.set_title(title.replace(", ", ",\n"))
    return figure, list(zip(parts.values(), grid[:, 0], strict=True))


@styled()
def throughput(runs: pd.DataFrame) -> Chart:
    """Images/s of full steps, as `compared` gives them, one row a case and implementation: median and range of the
    blocks, and beside each how many times as fast as the reference it is."""
    figure, parts = row_panels(runs, "row")
    for own, axes in parts:
        look = {"hue": "step", "palette": dict(IMPLEMENTATIONS.values()), "legend": False}
        sns.pointplot(own, x="images_per_second", y="row", **BLOCKS, **POINTS, **look, ax=axes)
        axes.set(xlabel="Images/s", ylabel="", xscale="log")
        for place, (_, blocks) in enumerate(own.groupby("row", sort=False)):
            if blocks["step"].iloc[0] != "reference":
                end, text = blocks["images_per_second"].max(), f"{blocks['factor'].median():.1f} ×"
                axes.annotate(text, (end, place), (6, 0), textcoords="offset points", va="center")
        axes.set_xlim(right=2 * own["images_per_second"].max())
        plain_numbers(axes.xaxis)
    return Chart(figure, runs[["machine", "case", "batch", "step", "dtype", "block", "images_per_second", "factor"]])


def plain_numbers(axis: Axis, places: Locator | None = None) -> None:
    """These, or 1, 2, 5, 10, ..., along a logarithmic axis."""
    axis.set_major_locator(places or LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: digits(value))
    axis.set_minor_locator(NullLocator())


@styled()
def time_shares(runs: pd.DataFrame) -> Chart:
    """The share of each part of a step, as `compared` gives them, one bar a case and implementation."""
    words = {f"{part}_seconds": label for part, (label, _) in PHASES.items()}
    bar = ["machine", "case", "step", "row"]
    data = runs[runs["block"] == 1].melt(bar, words, "part", "part_seconds").replace({"part": words})
    data["share"] = 100 * data["part_seconds"] / data.groupby(bar)["part_seconds"].transform("sum")
    figure, parts = row_panels(data, "row")
    palette = dict(reversed(PHASES.values()))  # the last is drawn first, at the right
    for own, axes in parts:
        look = {"multiple": "stack", "hue_order": [*palette], "palette": palette, "alpha": 1, "legend": False}
        sns.histplot(own, y="row", weights="share", hue="part", shrink=0.8, **look, ax=axes)
        axes.set(ylabel="", xlabel="Share of the step (%)", xlim=(0, 100))
    handles = [Patch(color=colour, label=label) for label, colour in PHASES.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return Chart(figure, data.drop(columns="row"))


@styled()
def switch_costs(runs: pd.DataFrame) -> Chart:
    """How many times as long our step takes with one fast path turned, as `switched` gives it: median and range over
    the blocks, a point for each case."""
    figure, parts = row_panels(runs, "switch", 0.5)
    for own, axes in parts:
        look = {"hue": "case", "palette": [*TERM_COLOURS[1 : 1 + own["case"].nunique()]], "dodge": 0.4}
        sns.pointplot(own, x="cost", y="switch", **BLOCKS, **POINTS, **look, ax=axes)
        axes.axvline(1, color="#777777", lw=1)
        axes.set(xlabel="Time of a step, ours = 1", ylabel="")
        handles = axes.get_legend_handles_labels()
        axes.get_legend().remove()
    figure.legend(*handles, loc="outside lower center", ncols=2)
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
    colours = dict(zip(sizes["machine"].unique(), TERM_COLOURS[1:], strict=False))
    look = {"hue": "machine", "palette": colours, "marker": "o", "legend": False}
    for line, axis in zip(grid, AXES, strict=True):
        along = sizes[sizes["axis"] == axis]
        for axes, cost in zip(line, COSTS, strict=True):
            sns.lineplot(along, x="value", y=cost, **BLOCKS, **look, ax=axes)
            found = [f"exponent {exponent(own, cost)}" for _, own in along.groupby("machine", sort=False)]
            axes.set(xlabel=AXES[axis], ylabel=COSTS[cost], title="\n".join(found), xscale="log", yscale="log")
            middle = along.groupby(["machine", "value"])[cost].median()
            plain_numbers(axes.yaxis, FixedLocator(np.geomspace(middle.min(), middle.max(), 3)))
            plain_numbers(axes.xaxis, FixedLocator(along["value"].unique()))
    handles = [Line2D([], [], color=colour, marker="o", label=name) for name, colour in colours.items()]
    figure.legend(handles=handles, loc="outside lower center")
    return Chart(figure, sizes[["machine", "axis", "value", "block", "seconds", "memory"]])


def headline(record: BenchRecord) -> str:
    """How many times as fast as the reference our step is, from the case that gains least to the one that gains most.

    Raises CkdsnnError where the two are not on record.
    """
    return gains(compared(bench_frame([record])))


def gains(runs: pd.DataFrame) -> str:
    """The same of runs as `compared` gives them."""
    ours = runs[runs["implementation"] == "ours"]
    return between(ours.groupby(["id", "case"])["factor"].median(), "{:.1f}".format)


def answer(runs: pd.DataFrame) -> str:
    """How many times as fast as the reference our step is on which machine, and as the device allows, of `compared`."""
    ours = runs[runs["implementation"] == "ours"]
    machines = ours.groupby(["machine", "dtype"], sort=False)
    found = "; ".join(f"{gains(own)} times on {name} (ours in {dtype})" for (name, dtype), own in machines)
    reached = (100 * ours["floor"] / ours["seconds"]).groupby([ours["id"], ours["case"]]).median()
    return (
        f"Our training step runs so many times as fast as the released recipe's, which computes in float32: {found}. "
        f"These are medians over {ours['block'].max()} alternating blocks of time, from the network and T that gain "
        f"least to those that gain most. Our step reaches {between(reached, '{:.0f}'.format)} % of the speed that the "
        "device itself would allow at most: the rest is left to gain."
    )
