"""Energy of one inference by two accounts, against accuracy, and who fires: figures, the table and the answer.

`runs`: as `Cells.frame()` gives them. Energies are in microjoule for one image.
"""

import pandas as pd
import seaborn as sns

from ckdsnn.recipe.conditions import TEACHER, split_condition
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import compare, leading_in, table_of
from ckdsnn.report.labels import colour_of, label_of, range_look
from ckdsnn.report.points import in_points
from ckdsnn.report.style import styled
from ckdsnn.report.suites import of_methods
from ckdsnn.report.tables import Table, mean_sd, spread

ACCOUNTS = {"arithmetic": "Arithmetic alone (µJ)", "with_memory": "Arithmetic and memory (µJ)"}
RATE = "Firing rate, unweighted mean of the layers (%)"
PLAIN = "snn"


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
        dashes=["" if range_look(m)["ls"] == "-" else (3, 2) for m in methods], markers=True, errorbar="sd", ax=axes,
    )  # fmt: skip
    axes.set(xlabel="Layer of neurons, from the first to the last", ylabel="Firing rate (%)")
    axes.set_xticks(sorted(layers["layer"].unique()))
    handles, names = axes.get_legend_handles_labels()
    axes.get_legend().remove()
    figure.legend(handles, map(label_of, names), loc="outside lower center", ncols=2)
    return Chart(figure, layers)


def energy_table(name: str, caption: str, runs: pd.DataFrame, teachers: pd.DataFrame) -> Table:
    """One row a method, the teacher first: accuracy, counted operations, energy by both accounts, mean firing rate."""
    groups = {TEACHER: energies(teachers)} | {label_of(m): own for m, own in of_methods(energies(runs)).items()}
    columns = {
        "Network": lambda label: label,
        "Test accuracy (%)": lambda label: mean_sd(groups[label]["accuracy"]),
        "MAC (10³)": lambda label: f"{groups[label]['mac'].mean() / 1000:.0f}",
        "AC (10³)": lambda label: f"{groups[label]['ac'].mean() / 1000:.0f}",
        **{text: lambda label, key=key: spread(groups[label][key]) for key, text in ACCOUNTS.items()},
        "Firing rate, unweighted mean of the layers (%)": lambda label: spread(
            groups[label]["firing_rate"].dropna(), 1
        ),
    }
    return Table.of(name, caption, groups, columns)


def answer(runs: pd.DataFrame, teachers: pd.DataFrame, method: str = "ckdsnn") -> str:
    """What the method does to the energy and to the accuracy for it, against the plain SNN, and both to the teacher."""
    found, ann = energies(runs), energies(teachers)
    plain = found[found["method"] == PLAIN]
    changes = []
    for value, unit in (("arithmetic", "µJ"), ("efficiency", "% for each µJ")):
        (one,) = compare(table_of(found, value), [(method, PLAIN)], leading_in(found)) or (None,)
        changes.append(f"{in_points(one)} {unit} (n = {one.n})" if one else "not measured yet")
    ratios = [ann[account].mean() / plain[account].mean() for account in ACCOUNTS]
    return (
        f"{label_of(method)} changes the arithmetic energy of one image by {changes[0]}, from the plain SNN's "
        f"{plain['arithmetic'].mean():.2f} µJ, and the accuracy for the energy by {changes[1]}. The ANN teacher, a "
        f"larger network, takes {ratios[0]:.0f} times the plain SNN's energy, or {ratios[1]:.0f} times with memory."
    )
