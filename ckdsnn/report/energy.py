"""Energy of one inference by two accounts, against accuracy, and who fires: figures, the table and the answer.

`runs`: as `Cells.frame()` gives them. Energies are in microjoule for one image.
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
from ckdsnn.report.tables import Table, mean_sd, spread

ACCOUNTS = {"arithmetic": "Arithmetic alone (µJ)", "with_memory": "Arithmetic and memory (µJ)"}
HEADS = {"accuracy": "Test accuracy (%)", "mac": "MAC (10³)", "ac": "AC (10³)"} | ACCOUNTS | {"firing_rate": RATE}


def energies(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with both accounts of energy as columns, and the accuracy (%) for each microjoule of arithmetic."""
    arithmetic = runs["compute_nj"].astype(float) / 1000
    whole = arithmetic + runs["memory_nj"].astype(float) / 1000
    return runs.assign(arithmetic=arithmetic, with_memory=whole, efficiency=runs["accuracy"].astype(float) / arithmetic)


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
    """One row a method, the teacher first: accuracy, counted operations, energy by both accounts, mean firing rate."""
    found = energies(pd.concat([teachers, runs])).astype({"firing_rate": float})
    found[["mac", "ac"]] /= 1000
    texts = {"accuracy": mean_sd, "mac": "mean", "ac": "mean", **dict.fromkeys([*ACCOUNTS, "firing_rate"], spread)}
    table = found.groupby(found["method"].astype(str).map(label_of), sort=False).agg(texts).rename_axis("Network")
    return Table.of_frame(name, caption, table.rename(columns=HEADS).reset_index())


def answer(runs: pd.DataFrame, teachers: pd.DataFrame, method: str = "ckdsnn") -> str:
    """What the method does to the energy and to the accuracy for it, against the plain SNN, and both to the teacher."""
    found, ann = energies(runs), energies(teachers)
    plain, changes = found[found["method"] == PLAIN], []
    if one := next(iter(compare(table_of(found, "arithmetic"), [(method, PLAIN)], leading_in(found))), None):
        plain = plain[plain["seed"].isin(one.differences)]  # the runs of the change
    for value, unit in (("arithmetic", "µJ"), ("efficiency", "% for each µJ")):
        one = next(iter(compare(table_of(found, value), [(method, PLAIN)], leading_in(found))), None)
        changes.append(f"{in_points(one)} {unit} (n = {one.n})" if one else "not measured yet")
    ratios = [f"{ann[account].mean() / plain[account].mean():.0f} times" for account in ACCOUNTS]
    return (
        f"{label_of(method)} changes the arithmetic energy of one image by {changes[0]}, from the plain SNN's "
        f"{plain['arithmetic'].mean():.2f} µJ, and the accuracy for the energy by {changes[1]}. The ANN teacher, a "
        f"larger network, takes {ratios[0]} the plain SNN's energy, or {ratios[1]} with memory. "
        "A ratio of accuracy and energy rewards a network that is cheap, whatever it answers."
    )
