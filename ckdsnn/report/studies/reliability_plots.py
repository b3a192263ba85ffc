"""Figures of the studies `faithfulness` and `surrogate`: which maps show what a student uses."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ckdsnn.records.study import Study
from ckdsnn.report.labels import style_of
from ckdsnn.report.studies.reliability_tables import Estimate, score
from ckdsnn.report.style import MAPS, PLACES, SURROGATES, styled

ORDERS = {"most": "Most relevant pixels first", "least": "Least relevant pixels first"}
BLIND = ("centre", "random")  # maps that know nothing of the image: dashed
SHUFFLED = "#777777"


def road_curves(study: Study) -> Figure:
    """What is left of a student's probability when pixels go in the order of each kind of map."""
    whole = study.numbers("confidence")[:, None]
    shares = [0, *study.settings["removed"]]
    with styled():
        figure = Figure(figsize=(7.5, 4.4))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (order, title) in zip(panels, ORDERS.items(), strict=True):
            for kind, (label, colour) in MAPS.items():
                mean, error = 100 * np.hstack([whole, study.numbers(f"{kind}.{order}")])
                line = {"ls": "--" if kind in BLIND else "-", "lw": 1.4, "marker": "o", "ms": 4}
                axes.errorbar(shares, mean, error, capsize=2, label=label, color=colour, **line)
            axes.set(title=title, xlabel="Pixels removed (%)")
        panels[0].set(ylabel="Probability of the\npredicted class (%)", ylim=(0, None))
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
        return figure


def map_scores(studies: Iterable[Study]) -> Figure:
    """One column a student: the ROAD score of each kind of map; below, its agreement with the teacher's CAM."""
    studies = list(studies)
    with styled():
        figure = Figure(figsize=(min(7.5, 2.3 * len(studies) + 2.2), 6.2))
        grid = figure.subplots(2, len(studies), sharex="row", sharey=True, squeeze=False)
        for (scores, agreements), study in zip(grid.T, studies, strict=True):
            scores.set(title=style_of(study)[0].replace(", ", ",\n"), xlabel="ROAD score", axisbelow=True)
            agreements.set(xlabel="Correlation with\nthe teacher's CAM", axisbelow=True)
            for place, kind in enumerate(MAPS):
                draw_bar(scores, place, kind, score(study, kind))
                if kind != "teacher_cam":
                    mean, error, shuffled = study.numbers(f"{kind}.agreement")
                    draw_bar(agreements, place, kind, Estimate(mean, error))
                    (diamond,) = agreements.plot(shuffled, place, "D", color=SHUFFLED, mec="white", ms=7)
        for axes in grid.flat:
            axes.locator_params(axis="x", nbins=4)
            axes.tick_params(labelsize=9)
            axes.xaxis.label.set_size(9)
        grid[0, 0].set_yticks(range(len(MAPS)), [label for label, _ in MAPS.values()])
        grid[0, 0].invert_yaxis()
        figure.legend([diamond], ["shuffled pairs, mean"], loc="outside lower right", fontsize=10)
        return figure


def draw_bar(axes: Axes, place: int, kind: str, value: Estimate) -> None:
    """A horizontal bar in the colour of its kind of map, with the standard error over images."""
    line = {"ecolor": SHUFFLED, "capsize": 2}
    axes.barh(place, value.mean, 0.7, xerr=value.error, color=MAPS[kind][1], error_kw=line)


def surrogate_curves(study: Study) -> Figure:
    """How well Grad-CAM by other surrogates agrees with that by the trained one, at each place in the network.

    The axis begins where the curves do, near 1. How well shuffled pairs agree lies far below, as a number.
    """
    widths = study.settings["widths"]
    with styled():
        figure = Figure(figsize=(7.5, 5.8))
        grid = figure.subplots(2, len(PLACES) // 2, sharey=True, sharex=True)
        for axes, (place, title) in zip(grid.flat, PLACES.items(), strict=True):
            found = {shape: study.numbers(f"{shape}.{place}").T for shape in SURROGATES}
            for shape, (mean, error, _) in found.items():
                label, colour = SURROGATES[shape]
                axes.errorbar(widths, mean, error, marker="o", ms=4, capsize=2, label=label, color=colour)
            shuffled = np.mean([by_chance for _, _, by_chance in found.values()], axis=0)
            text = f"shuffled pairs, mean: {np.mean(shuffled):.2f}"
            axes.text(0.5, 0.05, text, transform=axes.transAxes, ha="center", fontsize=9, color=SHUFFLED)
            axes.set_xscale("log", base=2)
            axes.set_xticks(widths, [f"{width:g}" for width in widths])
            axes.set(title=title)
            axes.margins(y=0.15)
        figure.supylabel("Correlation with Grad-CAM by the trained surrogate", fontsize=11)
        figure.supxlabel("Width of the surrogate at half height (thresholds)", fontsize=11)
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=9)
        return figure
