"""Figures of a suite: the accuracy of each method seed by seed, its difference from a baseline, its course over T."""

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from statistics import mean
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from ckdsnn.report.compare import FAR, Cells, Comparison, accuracies, against
from ckdsnn.report.labels import colour_of, in_families, label_of, range_look, split_time
from ckdsnn.report.style import styled


def suite_figure(cells: Cells, baseline: str) -> Figure:
    """One row a method. Left: last-epoch test accuracy, a dot a seed and a bar for the mean. Right: the paired
    difference from `baseline`, its mean with the 95 % interval, where there are at least two seeds. One seed is no
    mean: it is an open marker without a bar. A row far below the others is a triangle at the edge with its mean.
    """
    rows = {method: row for row, method in enumerate(in_families(cells, baseline))}
    with styled():
        figure = Figure(figsize=(7.5, 0.38 * len(rows) + 1.4))
        left, right = figure.subplots(1, 2, sharey=True)
        accuracy_panel(left, rows, cells)
        difference_panel(right, rows, against(cells, baseline))
        left.set_yticks(list(rows.values()), [fill(label_of(method), 24) for method in rows], fontsize=9)
        left.set_ylim(len(rows) - 0.4, -0.6)
        left.set_xlabel("Test accuracy, last epoch (%)\nopen: one seed")
        right.set_xlabel(fill(f"minus {label_of(baseline)}, same seed (points), mean and 95 % interval", 34))
        for axes in (left, right):
            axes.xaxis.label.set_size(10)
        return figure


def accuracy_panel(axes: Axes, rows: Mapping[str, int], cells: Cells) -> None:
    """A dot a seed, and a bar at their mean; of one seed an open dot."""
    found = {method: list(accuracies(records).values()) for method, records in cells.items()}
    edge = edge_of(map(mean, found.values()))
    for method, values in found.items():
        row, colour = rows[method], colour_of(method)
        if mean(values) < edge:
            beyond(axes, row, edge, f"{mean(values):.1f}", colour, len(values))
        elif len(values) == 1:
            axes.plot(values, [row], "o", ms=6, color=colour, mfc="white", mew=1.6)
        else:
            axes.plot(values, [row] * len(values), "o", ms=5, alpha=0.7, color=colour, mec="none")
            axes.plot([mean(values)] * 2, [row - 0.3, row + 0.3], color=colour, lw=2.5)


def difference_panel(axes: Axes, rows: Mapping[str, int], comparisons: Sequence[Comparison]) -> None:
    """A diamond at the mean, a line for its interval, small dots for the seeds; of one seed an open diamond.

    What has no leading seed has an empty row.
    """
    comparisons = [comparison for comparison in comparisons if comparison.n]
    means = [comparison.mean for comparison in comparisons]
    edge = edge_of([0.0, *means])
    if max(means, default=edge) < edge:  # the panel would be empty
        edge = -inf
    for comparison in comparisons:
        row, colour = rows[comparison.method], colour_of(comparison.method)
        if comparison.mean < edge:
            beyond(axes, row, edge, f"{comparison.mean:+.1f}", colour, comparison.n)
            continue
        if comparison.n == 1:
            axes.plot(comparison.mean, row, "D", ms=6, color=colour, mfc="white", mew=1.6)
            continue
        values = list(comparison.differences.values())
        axes.plot(values, [row] * len(values), ".", ms=9, color=colour, alpha=0.6, mec="none")
        axes.plot(comparison.mean, row, "D", ms=6, color=colour)
        if comparison.interval:
            axes.plot(comparison.interval, [row, row], color=colour, lw=1.6)
    axes.axvline(0, color="#777777", lw=1)


def edge_of(means: Iterable[float]) -> float:
    """Where a panel ends: one point below the lowest row that it draws."""
    means = list(means)
    return min(value for value in means if value >= max(means) - FAR) - 1


def beyond(axes: Axes, row: int, edge: float, number: str, colour: str, seeds: int) -> None:
    """A triangle at the edge, open for one seed, with the number that lies beyond it."""
    axes.plot(edge, row, "<", ms=8, color=colour, mfc="white" if seeds == 1 else colour, mew=1.6)
    axes.annotate(number, (edge, row), xytext=(8, 0), textcoords="offset points", va="center", fontsize=9)


def by_time(cells: Cells, own: int) -> dict[str, dict[int, list[float]]]:
    """Method -> T -> its accuracies. A cell METHOD-tN has N time steps, another one `own`."""
    found: dict[str, dict[int, list[float]]] = {}
    for cell, records in cells.items():
        method, steps = split_time(cell)
        found.setdefault(method, {})[own if steps is None else steps] = list(accuracies(records).values())
    return found


def over_time(cells: Cells, own: int) -> Figure:
    """Accuracy against the number of time steps, which doubles from tick to tick: a dot a seed, a dash at the mean of
    several, a line through the means. Methods stand a little beside each other. With one T on record: no line.
    """
    found = by_time(cells, own)
    steps = sorted({t for values in found.values() for t in values})
    with styled():
        figure = Figure(figsize=(7.5, 4.2))
        axes = figure.subplots()
        for nth, (method, values) in enumerate(found.items()):
            course(axes, method, values, 2 ** (0.09 * (nth - (len(found) - 1) / 2)))
        axes.set_xscale("log", base=2)
        axes.set_xticks(steps, map(str, steps))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set(xlim=(steps[0] / 1.5, steps[-1] * 1.5), xlabel="Time steps T", ylabel="Test accuracy, last epoch (%)")
        handles = [Line2D([], [], marker="o", color=colour_of(m), label=label_of(m), **range_look(m)) for m in found]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9)
        return figure


def course(axes: Axes, method: str, values: Mapping[int, Sequence[float]], aside: float) -> None:
    """One method's dots and means, every T times `aside`."""
    colour, look = colour_of(method), range_look(method)
    for t, accuracy in values.items():
        dots = {"color": colour, "mfc": look.get("mfc", colour), "ms": 5}
        axes.plot([t * aside] * len(accuracy), accuracy, "o", **dots)
        if len(accuracy) > 1:
            axes.plot(t * aside, mean(accuracy), "_", ms=14, mew=2, color=colour)
    if len(values) > 1:
        means = {t * aside: mean(values[t]) for t in sorted(values)}
        axes.plot(means.keys(), means.values(), color=colour, ls=look["ls"])
