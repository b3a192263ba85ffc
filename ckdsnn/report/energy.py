"""Energy of one inference by two accounts, against accuracy, and who fires: figures, tables and the answer.

`runs`: as `Cells.frame()` gives them. Energies are in microjoule for one image; where nothing else is said, operations
are counted in the convention `strict` (see `ckdsnn.measures.operations`), which all records have.
"""

import pandas as pd
import seaborn as sns

from ckdsnn.recipe.conditions import split_condition
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.compare import PLAIN, compare, leading_in, table_of
from ckdsnn.report.labels import colour_of, dash_of, label_of
from ckdsnn.report.points import in_points
from ckdsnn.report.runs import RATE
from ckdsnn.report.style import styled
from ckdsnn.report.tables import Table, between, count, mean_sd, spread, whole

ACCOUNTS = {
    "arithmetic": "Arithmetic alone, strict count (µJ)",
    "with_memory": "Arithmetic and memory, strict count (µJ)",
}
HEADS = {
    "accuracy": "Test accuracy (%)",
    "mac": "MAC (10³)",
    "ac": "AC (10³)",
    "arithmetic": "Arithmetic alone (µJ)",
    "with_memory": "With memory (µJ)",
    "folded": "Alone, folded count (µJ)",
    "firing_rate": RATE,
}
COUNTS = {"strict": "", "folded": "folded_"}  # convention -> what its columns begin with


def energies(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with both accounts of energy as columns, and the accuracy (%) for each microjoule of arithmetic.

    folded: the arithmetic in the other convention, NaN where a record does not have it.
    """
    names = ("compute_nj", "memory_nj", "folded_compute_nj")
    arithmetic, memory, folded = (runs[name].astype(float) / 1000 for name in names)
    efficiency = runs["accuracy"].astype(float) / arithmetic
    return runs.assign(arithmetic=arithmetic, with_memory=arithmetic + memory, folded=folded, efficiency=efficiency)


@styled()
def accuracy_against_energy(runs: pd.DataFrame) -> Chart:
    """A panel an account of energy: a point a run, its colour the method, its shape and size T.

    The axes begin where the points do: energies of different T lie apart, those of one T close together.
    """
    found = energies(runs)
    bases = [split_condition(str(method))[0] for method in found["method"]]
    data = found[["id", "arithmetic", "with_memory"]].assign(
        method=[label_of(base) for base in bases], T=found["T"].astype(int), accuracy=found["accuracy"].astype(float)
    )
    colours = {label_of(base): colour_of(base) for base in bases}
    figure, rows = panels(2, height=2.9, sharey=True)
    for (axes,), (account, label) in zip(rows, ACCOUNTS.items(), strict=True):
        look = {"hue": "method", "palette": colours, "style": "T", "size": "T", "sizes": (22, 60), "alpha": 0.85}
        sns.scatterplot(data, x=account, y="accuracy", **look, ax=axes)
        axes.set(xlabel=label, ylabel="Test accuracy (%)")
        handles, names = axes.get_legend_handles_labels()
        axes.get_legend().remove()
    named = [(handle, name) for handle, name in zip(handles, names, strict=True) if name not in ("method", "T")]
    names = [f"T = {name}" if name.isdigit() else name for _, name in named]
    figure.legend([handle for handle, _ in named], names, loc="outside lower center", ncols=3)
    return Chart(figure, data)


@styled()
def firing_rates(layers: pd.DataFrame) -> Chart:
    """The firing rate of each layer, first to last: a line a method, the mean over its seeds with a band of one sd.

    layers: as `Records.layers()` gives them.
    """
    methods = list(layers["method"].unique())
    figure, ((axes,),) = panels(height=3.6)
    sns.lineplot(
        layers, x="layer", y="firing_rate", hue="method", palette={m: colour_of(m) for m in methods}, style="method",
        dashes=[*map(dash_of, methods)], markers=True, errorbar="sd", ax=axes,
    )  # fmt: skip
    ticks = sorted(layers["layer"].unique())
    axes.set(xlabel="Layer of neurons, from the first to the last", ylabel="Firing rate (%)", xticks=ticks)
    legend_below(figure, axes, [*map(label_of, methods)])
    return Chart(figure, layers)


def energy_table(name: str, caption: str, runs: pd.DataFrame, teachers: pd.DataFrame) -> Table:
    """One row a method, the teacher first: accuracy, counted operations, energy by both accounts, mean firing rate.

    caption: should say that the count is the strict one, where a head does not say otherwise.
    """
    found = energies(pd.concat([teachers, runs])).astype({"firing_rate": float})
    found[["mac", "ac"]] /= 1000
    spreads = dict.fromkeys([*ACCOUNTS, "folded", "firing_rate"], spread)
    texts = {"accuracy": mean_sd, "mac": "mean", "ac": "mean", **spreads}
    table = found.groupby(found["method"].astype(str).map(label_of), sort=False).agg(texts).rename_axis("Network")
    return Table.of_frame(name, caption, table.rename(columns=HEADS).reset_index())


def counted_table(name: str, caption: str, runs: pd.DataFrame) -> Table:
    """One row a network, and what an image costs it in each convention; runs: both are known of all."""
    columns = {"mac": "MAC (10³)", "ac": "AC (10³)", "compute_nj": "arithmetic (µJ)", "memory_nj": "memory (µJ)"}
    found = pd.DataFrame({"Network": [label_of(str(method)) for method in runs["method"]]})
    for column, head in columns.items():
        for convention, start in COUNTS.items():
            texts = [spread([value / 1000], 2 if "µJ" in head else 0) for value in runs[start + column]]
            found[f"{head[0].upper()}{head[1:]}, {convention}"] = texts
    return Table.of_frame(name, caption, found)


def behind_pools(runs: pd.DataFrame, mac_pj: float) -> str:
    """How much of the strict count the multiplications behind pools are at each T, in a sentence; "" for a single T.

    runs: of one network, whose first convolution is computed once for all steps and whose other layers read spikes or
    pools of them. So all multiplications that a further step adds are behind pools. mac_pj: picojoule of one of them.
    """
    found = runs.astype({"T": int, "mac": float, "compute_nj": float})
    macs = found.groupby("T")["mac"].min()
    if len(macs) < 2:
        return ""
    added = (macs.iloc[-1] - macs.iloc[0]) / (macs.index[-1] - macs.index[0])
    shares = (100 * added * found["T"] * mac_pj / 1000 / found["compute_nj"]).groupby(found["T"]).mean()
    parts = ", ".join(whole(f"{share:.0f} % at T = {steps}") for steps, share in shares.items())
    return f"In the strict count, multiplications behind pools are this much of the arithmetic energy: {parts}."


def folding(runs: pd.DataFrame) -> str:
    """What the folded count changes in the arithmetic energy of the students among these runs, in a sentence."""
    students = runs[runs["role"] == "student"]
    saved = 100 * (1 - students["folded_compute_nj"] / students["compute_nj"])
    found = between(saved, lambda percent: f"{percent:.0f}")
    return f"In the folded count an image costs these students {found} % less arithmetic energy than in the strict one."


def answer(runs: pd.DataFrame, teachers: pd.DataFrame, method: str = "ckdsnn") -> str:
    """What the method does to the arithmetic energy, against the plain SNN, and how much more the teacher takes."""
    found, ann = energies(runs), energies(teachers)
    plain, change = found[found["method"] == PLAIN], "not measured yet"
    if one := next(iter(compare(table_of(found, "arithmetic"), [(method, PLAIN)], leading_in(found))), None):
        plain = plain[plain["seed"].isin(one.differences)]  # the runs of the change
        change = f"{in_points(one)} µJ {count(one.n)}"
    ratios = [f"{ann[account].mean() / plain[account].mean():.0f} times" for account in ACCOUNTS]
    return (
        "A ratio of accuracy and energy rewards a network that is cheap, whatever it answers. "
        f"{label_of(method)} changes the arithmetic energy of one image by {change}, from the plain SNN's "
        f"{plain['arithmetic'].mean():.2f} µJ; the ANN teacher, a larger network, takes {ratios[0]} the plain SNN's "
        f"energy, or {ratios[1]} with memory. Energies are of the strict count, in which a layer behind an average "
        "pool of spikes multiplies."
    )
