"""Figures of what can be proved, and how near the measured comes to it: data in, matplotlib Figure out."""

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from ckdsnn.report.plots import box_style
from ckdsnn.report.style import TERM_COLOURS, styled

if TYPE_CHECKING:
    from torch import Tensor

BOUND = {"color": "#555555", "ls": "--", "lw": 1.2}


def map_bounds(found: Mapping[str, Any]) -> Figure:
    """Left the shares of a map's cells, right the KL of two maps, against the temperature, inside their bounds.

    found: as `studies.theory.measure.against_bounds` gives it.
    """
    temperatures = found["temperatures"]
    with styled():
        figure = Figure(figsize=(7.5, 4.4))
        cells, losses = figure.subplots(1, 2)
        cells.plot(temperatures, found["cells"], **BOUND)
        cells.axhline(found["uniform"], color="#999999", lw=1)
        losses.plot(temperatures, found["bound"], label="bounds of all maps", **BOUND)
        losses.plot(temperatures, found["reached"], color="#555555", lw=1.2, label="reached by maps of 0 and 1")
        for (label, own), colour in zip(found["measured"].items(), cycle(TERM_COLOURS[1:]), strict=False):
            cells.plot(temperatures, own["cells"], "o-", color=colour, ms=4)
            losses.plot(temperatures, own["kl"], "o-", color=colour, ms=4, label=label)
        cells.set_ylabel("Share of one cell (line: uniform)")
        losses.set_ylabel("KL of the two maps (nat)")
        for axes in (cells, losses):
            axes.set(xscale="log", yscale="log", xlabel="Temperature $T_s$")
            axes.set_xticks(temperatures, [f"{temperature:g}" for temperature in temperatures])
            axes.minorticks_off()
        figure.legend(loc="outside lower center", ncols=2, fontsize=9)
        return figure


def noise_changes(found: Mapping[str, Mapping[str, "Tensor"]]) -> Figure:
    """How NLD's noise changes the entropy of a softened prediction: a group for each noise, a box for each source.

    found: source of the logits -> noise -> changes. Boxes: the middle half of all draws and images, with whiskers for
    the middle 95 %; diamonds: the mean.
    """
    with styled():
        figure = Figure(figsize=(7.5, 4))
        axes = figure.subplots()
        axes.axhline(0, color="#555555", lw=1)
        for nth, ((source, by_noise), colour) in enumerate(zip(found.items(), cycle(TERM_COLOURS), strict=False)):
            places = np.arange(len(by_noise)) + (nth - (len(found) - 1) / 2) * 0.24
            values = [changes.flatten().numpy() for changes in by_noise.values()]
            look = {"whis": (2.5, 97.5), "showfliers": False, "widths": 0.18, **box_style(colour)}
            axes.boxplot(values, positions=places, manage_ticks=False, **look)
            axes.plot(places, [value.mean() for value in values], "D", color=colour, ms=6, label=source)
        axes.set_xticks(range(len(by_noise)), by_noise)
        axes.set_ylabel("Change of the entropy (nat)")
        axes.grid(axis="x", visible=False)
        figure.legend(
            title="Logits", loc="outside upper center", ncols=min(2, len(found)), fontsize=9, title_fontsize=9
        )
        return figure
