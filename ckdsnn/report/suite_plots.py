"""Figures of a suite: the accuracy of each method seed by seed, its difference from a baseline, its course over T."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ckdsnn.report.compare import FAR, Cells, Comparison, accuracies, against
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.style import styled


def suite_figure(cells: Cells, baseline: str) -> Figure:
    """One row a method. Left: last-epoch test accuracy, a dot a seed and a bar for the mean. Right: the paired
    difference from `baseline`, its mean with the 95 % interval, where there are at least two seeds. A row far below the
    others is a triangle at the edge with its mean.
    """
    rows = {method: row for row, method in enumerate(cells)}
    with styled():
        figure = Figure(figsize=(9.2, 0.34 * len(rows) + 1.3))
        left, right = figure.subplots(1, 2, sharey=True)
        accuracy_panel(left, rows, cells)
        difference_panel(right, rows, against(cells, baseline))
        left.set_yticks(list(rows.values()), [label_of(method) for method in rows])
        left.set_ylim(len(rows) - 0.4, -0.6)
        left.set_xlabel("Test accuracy, last epoch (%)")
        right.set_xlabel(f"Less {label_of(baseline)}, same seed (points)\nmean and 95 % interval")
        return figure


def accuracy_panel(axes: Axes, rows: Mapping[str, int], cells: Cells) -> None:
    """A dot a seed, and a bar at their mean."""
    found = {method: list(accuracies(records).values()) for method, records in cells.items()}
    edge = edge_of(map(mean, found.values()))
    for method, values in found.items():
        row, colour = rows[method], colour_of(method)
        if mean(values) < edge:
            beyond(axes, row, edge, f"{mean(values):.1f}", colour)
        else:
            axes.plot(values, [row] * len(values), "o", ms=5, alpha=0.7, color=colour, mec="none")
            axes.plot([mean(values)] * 2, [row - 0.3, row + 0.3], color=colour, lw=2.5)


def difference_panel(axes: Axes, rows: Mapping[str, int], comparisons: Sequence[Comparison]) -> None:
    """A diamond at the mean, a line for its interval, small dots for the seeds."""
    edge = edge_of([0.0, *(comparison.mean for comparison in comparisons)])
    for comparison in comparisons:
        row, colour = rows[comparison.method], colour_of(comparison.method)
        if comparison.mean < edge:
            beyond(axes, row, edge, f"{comparison.mean:+.1f}", colour)
            continue
        values = list(comparison.differences.values())
        axes.plot(values, [row] * len(values), ".", ms=4, color=colour, alpha=0.6)
        axes.plot(comparison.mean, row, "D", ms=6, color=colour)
        if comparison.interval:
            axes.plot(comparison.interval, [row, row], color=colour, lw=1.6)
    axes.axvline(0, color="#777777", lw=1)


def edge_of(means: Iterable[float]) -> float:
    """Where a panel ends: one point below the lowest row that it draws."""
    means = list(means)
    return min(value for value in means if value >= max(means) - FAR) - 1


def beyond(axes: Axes, row: int, edge: float, number: str, colour: str) -> None:
    """A triangle at the edge, with the number that lies beyond it."""
    axes.plot(edge, row, "<", ms=8, color=colour)
    axes.annotate(number, (edge, row), xytext=(8, 0), textcoords="offset points", va="center", fontsize=9)


def by_time(cells: Cells, own: int) -> dict[str, dict[int, list[float]]]:
    """Method -> T -> its accuracies. A cell METHOD-tN has N time steps, another one `own`."""
    found: dict[str, dict[int, list[float]]] = {}
    for cell, records in cells.items():
        method, _, steps = cell.rpartition("-t")
        method, t = (method, int(steps)) if steps.isdigit() else (cell, own)
        found.setdefault(method, {})[t] = list(accuracies(records).values())
    return found


def over_time(cells: Cells, own: int) -> Figure:
    """Accuracy against the number of time steps: a line through the means of each method, a dot a seed."""
    with styled():
        figure = Figure(figsize=(8.2, 3.6))
        axes = figure.subplots()
        for method, values in by_time(cells, own).items():
            colour = colour_of(method)
            for t, accuracy in values.items():
                axes.plot([t] * len(accuracy), accuracy, "o", ms=4, alpha=0.7, mec="none", color=colour)
            means = {t: mean(values[t]) for t in sorted(values)}
            axes.plot(means.keys(), means.values(), color=colour, label=label_of(method))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="Time steps T", ylabel="Test accuracy, last epoch (%)")
        figure.legend(loc="outside right upper", fontsize=9)
        return figure
