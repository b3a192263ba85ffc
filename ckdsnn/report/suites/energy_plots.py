"""Energy of one inference against accuracy, and how often each layer's neurons fire: records in, Figure out."""

from collections.abc import Sequence
from statistics import mean

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ckdsnn.report.compare import Cells
from ckdsnn.report.labels import colour_of, label_of, range_look, split_time
from ckdsnn.report.style import styled
from ckdsnn.report.suites.energy_tables import ENERGIES

MARKERS = "osD^vP*X"  # one for each number of time steps


def accuracy_against_energy(cells: Cells) -> Figure:
    """One panel an account of energy: a point a run, its colour the method, its shape T; open: counts.

    The axes begin where the points do: energies of different T lie apart, those of one T close together.
    """
    steps = sorted({record.recipe["timesteps"] for records in cells.values() for record in records})
    with styled():
        figure = Figure(figsize=(7.5, 4.2))
        for axes, (title, energy_of) in zip(figure.subplots(1, 2, sharey=True), ENERGIES.items(), strict=True):
            for method, records in cells.items():
                look = {"color": colour_of(method), "ms": 6, **range_look(method), "ls": ""}
                for record in records:
                    marker = MARKERS[steps.index(record.recipe["timesteps"])]
                    axes.plot(energy_of(record), record.accuracy, marker=marker, **look)
            axes.set(title=title, xlabel="Energy of one image (µJ)")
            axes.margins(0.1)
            axes.locator_params(axis="x", nbins=5)
        figure.axes[0].set_ylabel("Test accuracy, last epoch (%)")
        figure.legend(*legend_entries(cells, steps), loc="outside lower center", ncols=4, fontsize=9)
        return figure


def legend_entries(cells: Cells, steps: Sequence[int]) -> tuple[list[Line2D], list[str]]:
    """Handles and labels: each method's colour and map range, each T's shape."""
    bases = dict.fromkeys(split_time(method)[0] for method in cells)
    handles = [Line2D([], [], marker="s", color=colour_of(base), **range_look(base) | {"ls": ""}) for base in bases]
    handles += [Line2D([], [], ls="", marker=marker, color="#777777") for marker in MARKERS[: len(steps)]]
    return handles, [*map(label_of, bases), *(f"T = {t}" for t in steps)]


def firing_rates(cells: Cells) -> Figure:
    """The firing rate of each layer, first to last: a line a method, the mean over its seeds."""
    with styled():
        figure = Figure(figsize=(7.5, 4.2))
        axes = figure.subplots()
        for method, records in cells.items():
            layers = list(records[0].final["firing_rate"])
            rates = [100 * mean(record.final["firing_rate"][layer] for record in records) for layer in layers]
            look = {"marker": "o", "ms": 4, "color": colour_of(method), "label": label_of(method)}
            axes.plot(range(1, len(layers) + 1), rates, **look, **range_look(method))
        axes.set(xlabel="Layer of neurons, from the first to the last", ylabel="Firing rate (%)", ylim=(0, None))
        axes.set_xticks(range(1, max(len(records[0].final["firing_rate"]) for records in cells.values()) + 1))
        figure.legend(loc="outside lower center", ncols=4, fontsize=9)
        return figure
