"""Figures of what a training step costs, a row of panels for each device: bench records in, matplotlib Figure out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from ckdsnn.records.bench import BenchRecord
from ckdsnn.report.numbers import digits
from ckdsnn.report.speed.entries import (
    Entry,
    case_name,
    entries_of,
    machine,
    pairs,
    shares,
    step_seconds,
    switch_label,
    switches_of,
)
from ckdsnn.report.speed.tables import exponent, factor
from ckdsnn.report.style import IMPLEMENTATIONS, PHASES, TERM_COLOURS, styled

AXES = {"timesteps": "Time steps T", "batch": "Batch (images)", "width": "Width (of 16 channels)"}
COLUMNS = 2  # of panels: more of them would be too small to read on a page
COSTS: dict[str, Callable[[Entry], float]] = {
    "Step (s)": step_seconds,
    "Peak memory (MB)": lambda entry: (entry["peak_memory_bytes"] or 0) / 1e6,
}


def device_rows(figure: Figure, records: Sequence[BenchRecord]) -> Iterator[tuple[BenchRecord, SubFigure]]:
    """A part of the figure for each record, one below the other, its machine as the title."""
    parts = figure.subfigures(len(records), 1, squeeze=False)[:, 0]
    for record, part in zip(records, parts, strict=True):
        part.suptitle(machine(record.env), fontsize=11)
        yield record, part


def by_case(record: BenchRecord) -> dict[str, list[Entry]]:
    """The entries of each case, in the order of IMPLEMENTATIONS."""
    cases = {case_name(entry): [] for entry in entries_of(record)}
    for entry in sorted(entries_of(record), key=lambda entry: list(IMPLEMENTATIONS).index(entry["implementation"])):
        cases[case_name(entry)].append(entry)
    return cases


def lines_of(record: BenchRecord) -> int:
    """Lines of panels, a panel for each case."""
    return -(-len(by_case(record)) // COLUMNS)


def case_panels(figure: Figure, records: Sequence[BenchRecord]) -> Iterator[tuple[Axes, list[Entry]]]:
    """A panel for each case of each record, with the case's entries, which are named below the axis."""
    for record, part in device_rows(figure, records):
        cases = by_case(record)
        for nth, (case, found) in enumerate(cases.items(), start=1):
            axes = part.add_subplot(lines_of(record), COLUMNS, nth)
            axes.set_title(case.replace(", T", ",\nT"), fontsize=10)
            names = [IMPLEMENTATIONS[entry["implementation"]][0].replace(", ", ",\n") for entry in found]
            axes.set_xticks(range(len(found)), names, fontsize=9)
            axes.set_xlim(-0.6, len(found) - 0.4)
            axes.grid(axis="x", visible=False)
            yield axes, found


def case_size(records: Sequence[BenchRecord]) -> tuple[float, float]:
    """Inches of a figure of case panels."""
    return 7.5, 2.7 * sum(map(lines_of, records)) + 0.5 * len(records)


def throughput(records: Sequence[BenchRecord]) -> Figure:
    """Images/s of full steps: median, range over the blocks, and above each bar the factor over the reference."""
    with styled():
        figure = Figure(figsize=case_size(records))
        for axes, entries in case_panels(figure, records):
            for place, entry in enumerate(entries):
                draw_rate(axes, place, entry)
                if entry["implementation"] != "reference":
                    text, top = f"{factor(entry, entries)} ×", max(entry["images_per_second"])
                    axes.annotate(text, (place, top), (0, 4), textcoords="offset points", ha="center")
            axes.set(ylabel="Images/s", ylim=(0, 1.15 * axes.dataLim.y1))
        return figure


def draw_rate(axes: Axes, place: int, entry: Entry) -> None:
    """A bar up to the median of the blocks, with a line from the lowest to the highest."""
    rates = entry["images_per_second"]
    middle = median(rates)
    axes.bar(place, middle, 0.7, color=IMPLEMENTATIONS[entry["implementation"]][1])
    axes.errorbar(place, middle, [[middle - min(rates)], [max(rates) - middle]], color="black", capsize=4)


def time_shares(records: Sequence[BenchRecord]) -> Figure:
    """The share of each part of a step, stacked from the first to the last; above, all parts' time for an image."""
    with styled():
        figure = Figure(figsize=case_size(records))
        for axes, entries in case_panels(figure, records):
            for place, entry in enumerate(entries):
                stack_shares(axes, place, shares(entry))
                time = f"{digits(1e3 * sum(entry['phase_seconds'].values()) / entry['batch'])} ms"
                axes.annotate(time, (place, 100), (0, 3), textcoords="offset points", ha="center", fontsize=9)
            axes.set(ylabel="Share of the step (%)", ylim=(0, 112), yticks=range(0, 101, 25))
        handles = [Patch(color=colour, label=label) for label, colour in PHASES.values()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
        return figure


def stack_shares(axes: Axes, place: int, found: Mapping[str, float]) -> None:
    """One stacked bar of shares, in percent."""
    edges = np.cumsum([0, *(100 * found[phase] for phase in PHASES)])
    for (_, colour), (low, high) in zip(PHASES.values(), pairwise(edges), strict=True):
        axes.bar(place, high - low, 0.7, bottom=low, color=colour, edgecolor="white", linewidth=0.5)


def switch_costs(records: Sequence[BenchRecord]) -> Figure:
    """How many times as long our step takes with one fast path turned; the range is that over pairs of blocks."""
    with styled():
        most = max(len(switches_of(record)) for record in records)
        figure = Figure(figsize=(7.5, (1.6 + 0.4 * most) * len(records)))
        for record, part in device_rows(figure, records):
            draw_switches(part.subplots(), record)
        return figure


def draw_switches(axes: Axes, record: BenchRecord) -> None:
    """Grouped bars: a group for each fast path, a bar in it for each case."""
    names = list(dict.fromkeys(entry["implementation"] for entry in switches_of(record)))
    cases = list(dict.fromkeys(case_name(entry) for entry in switches_of(record)))
    height = 0.8 / len(cases)
    for group, name in enumerate(names):
        for turned, ours in pairs(record, name, "ours"):
            nth = cases.index(case_name(turned))
            look = {"height": height, "color": TERM_COLOURS[1 + nth % 4], "label": cases[nth]}
            draw_ratio(axes, group + (nth + 0.5) * height - 0.4, turned, ours, **look)
    axes.axvline(1, color="#555555", ls="--", lw=1)
    axes.set_yticks(range(len(names)), [switch_label(name) for name in names])
    axes.invert_yaxis()
    axes.set(xlabel="Time of a step, ours = 1", xlim=(0, 1.12 * axes.dataLim.x1))
    axes.grid(axis="y", visible=False)
    handles = {bars.get_label(): bars for bars in axes.containers}
    axes.legend(handles=handles.values(), loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=9)


def draw_ratio(axes: Axes, place: float, turned: Entry, ours: Entry, **look: Any) -> None:
    """A bar for the time of one step over that of another; a line for the range over the blocks of the same round."""
    cost = step_seconds(turned) / step_seconds(ours)
    by_block = np.divide(ours["images_per_second"], turned["images_per_second"])
    axes.barh(place, cost, edgecolor="white", **look)
    axes.plot([min(by_block), max(by_block)], [place, place], color="black")
    end = (max(cost, *by_block), place)
    axes.annotate(f"{cost:.2f}", end, (4, 0), textcoords="offset points", va="center")


def scaling(records: Sequence[BenchRecord]) -> Figure:
    """Time and memory of our step against T, batch and width, log-log, with the exponents and lines of slope 1."""
    with styled():
        figure = Figure(figsize=(7.5, 6 * len(records)))
        for record, part in device_rows(figure, records):
            grid = part.subplots(len(COSTS), len(AXES))
            for row, (cost, measure) in zip(grid, COSTS.items(), strict=True):
                for panel, axis in zip(row, AXES, strict=True):
                    along = [entry for entry in record.sweep if entry["axis"] == axis]
                    draw_growth(panel, {entry["value"]: measure(entry) for entry in along})
                    panel.set(xlabel=AXES[axis], ylabel=cost)
        return figure


def draw_growth(axes: Axes, points: Mapping[int, float]) -> None:
    """Cost against size with its exponent in the legend, and what proportional growth up to the last size would be.

    Nothing is drawn where fewer than three costs are known.
    """
    sizes, costs = list(points), list(points.values())
    if len(points) < 3 or min(costs) <= 0:
        return axes.set_axis_off()
    slope, error = exponent(points)
    straight = [costs[-1] * size / sizes[-1] for size in sizes]
    axes.loglog(sizes, costs, "o-", color=TERM_COLOURS[1], label=f"exponent {slope:.2f} ± {error:.2f}")
    axes.loglog(sizes, straight, "--", color="#999999", label="slope 1", zorder=1)
    axes.set_xticks(sizes, map(str, sizes), fontsize=9)
    axes.tick_params(axis="y", labelsize=9)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=9)  # inside it would cover a line
