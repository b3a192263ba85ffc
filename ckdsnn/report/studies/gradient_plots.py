"""How strong each term's gradient is beside the cross-entropy's: studies of the kind `gradients` in, Figure out."""

from collections.abc import Iterable, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from ckdsnn.records.study import Study
from ckdsnn.report.labels import by_method
from ckdsnn.report.studies.gradient_tables import PAPER, TERMS, strengths
from ckdsnn.report.style import SEQUENCE, TERM_COLOURS, styled

COLUMNS = 2


def gradient_strength(studies: Iterable[Study], place: str = "spikes") -> Figure:
    """A row for each term, a dot for each temperature and study: how many times the cross-entropy's gradient.

    The first panel has the fresh weights, the others the trained ones of each method. Filled, in the upper half of a
    row: with the factor T_s^2; open, in the lower half: without it. The large dot is the paper's temperature.
    """
    studies = list(studies)
    groups = {"Start: fresh weights": ("start", studies)}
    groups |= {f"End: {label}": ("end", found) for (label, _), found in by_method(studies).items()}
    with styled():
        lines = -(-len(groups) // COLUMNS)
        figure = Figure(figsize=(7.5, 4.1 * lines + 0.7))
        grid = figure.subplots(lines, COLUMNS, sharey=True, sharex=True, squeeze=False)
        panels = grid.flat[: len(groups)]
        for spare in grid.flat[len(groups) :]:
            spare.remove()
        for axes, (title, (state, found)) in zip(panels, groups.items(), strict=True):
            axes.axvline(1, color="#555555", lw=1.2)
            for study in found:
                draw_terms(axes, study, state, place)
            axes.set_title(title, fontsize=10)
            axes.set(xscale="log", xlabel=f"Gradient at the {place}\n(cross-entropy = 1)")
            axes.tick_params(labelbottom=True)
        finish(figure, panels, studies[0].settings["temperatures"])
        return figure


def draw_terms(axes: Axes, study: Study, state: str, place: str) -> None:
    """All terms of one study: NLD, then SAMD's map ranges, filled above open dots."""
    temperatures = study.settings["temperatures"]
    for row, term in enumerate(TERMS):
        found = strengths(study, state, term, place)
        if len(found) == 1:
            axes.plot(found, [row], "D", color=TERM_COLOURS[0], ms=6)
            continue
        for nth, (strength, temperature) in enumerate(zip(found, temperatures, strict=True)):
            look = {"mec": colours(temperatures)[nth], "ms": 9 if temperature == PAPER else 5, "mew": 1.3}
            shift = 0.1 + 0.06 * nth
            axes.plot(strength, row - shift, "o", mfc=look["mec"], **look)
            axes.plot(strength / temperature**2, row + shift, "o", mfc="white", **look)


def colours(temperatures: Sequence[float]) -> list[tuple[float, ...]]:
    """One colour a temperature, from the dark end for the lowest."""
    palette = matplotlib.colormaps[SEQUENCE]
    return [palette(0.92 * i / (len(temperatures) - 1)) for i in range(len(temperatures))]


def finish(figure: Figure, panels: Sequence[Axes], temperatures: Sequence[float]) -> None:
    """Names of the rows, ticks, and the legend below."""
    panels[0].set_yticks(range(len(TERMS)), TERMS.values())
    panels[0].set_ylim(len(TERMS) - 0.5, -0.5)
    for axes in panels:
        axes.grid(axis="y", visible=False)
        for edge in range(1, len(TERMS)):
            axes.axhline(edge - 0.5, color="#cccccc", lw=0.8)
        axes.xaxis.set_major_locator(LogLocator(numticks=6))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.tick_params(labelsize=9)
    handles = [
        Line2D([], [], ls="", marker="o", color=colour, label=f"$T_s$ = {temperature:g}")
        for temperature, colour in zip(temperatures, colours(temperatures), strict=True)
    ]
    for fill, label in (("#777777", "with the factor $T_s^2$"), ("white", "without it")):
        handles.append(Line2D([], [], ls="", marker="o", mec="#777777", mfc=fill, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9)
