"""Figures of training and of measured distributions: data in, matplotlib Figure out."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ckdsnn.recipe.named import method_of
from ckdsnn.records import Record
from ckdsnn.report.labels import colour_of, label_of, range_look, style_of
from ckdsnn.report.style import TERM_COLOURS, styled

if TYPE_CHECKING:
    from ckdsnn.analysis.agreement import Agreement


def training_curves(records: Iterable[Record]) -> Figure:
    """Test accuracy and training cross-entropy of each run against the epoch."""
    with styled():
        figure = Figure(figsize=(7.5, 3.8))
        left, right = figure.subplots(1, 2)
        for record in records:
            label, colour = style_of(record)
            epochs = [point["epoch"] for point in record.curve]
            look = {"marker": "o", "ms": 4, "label": label, "color": colour, **range_look(method_of(record.recipe))}
            for axes, name in ((left, "test_accuracy"), (right, "ce")):
                axes.plot(epochs, [point[name] for point in record.curve], **look)
        left.set(xlabel="Epoch", ylabel="Test accuracy (%)")
        right.set(xlabel="Epoch", ylabel="Training cross-entropy (nat)")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
        return figure


def loss_terms(record: Record) -> Figure:
    """Every loss term of one run against the epoch, unweighted, on a logarithmic axis."""
    skipped = {"epoch", "seconds", "test_seconds", "train_accuracy", "test_accuracy", "validation_accuracy"}
    with styled():
        figure = Figure(figsize=(7.2, 3.2))
        axes = figure.subplots()
        for name, colour in zip([k for k in record.curve[0] if k not in skipped], cycle(TERM_COLOURS), strict=False):
            values = [point[name] for point in record.curve]
            axes.plot([p["epoch"] for p in record.curve], values, "o-", ms=3, label=name, color=colour)
        axes.set(xlabel="Epoch", ylabel="Loss term (nat, unweighted)", yscale="log")
        axes.legend()
        return figure


def cell_shares(profiles: Mapping[str, np.ndarray]) -> Figure:
    """What the saliency softmax makes of maps: the share of each cell, largest first.

    profiles: label -> shares [N, H*W], each row a distribution; drawn are the mean and the middle 80 % of the maps.
    """
    with styled():
        figure = Figure(figsize=(6.4, 3.6))
        axes = figure.subplots()
        for (label, shares), colour in zip(profiles.items(), cycle(TERM_COLOURS), strict=False):
            ordered = np.sort(shares, axis=1)[:, ::-1]
            ranks = np.arange(1, ordered.shape[1] + 1)
            axes.plot(ranks, ordered.mean(0), label=label, color=colour)
            axes.fill_between(ranks, *np.quantile(ordered, (0.1, 0.9), axis=0), color=colour, alpha=0.15, lw=0)
        axes.axhline(1 / ordered.shape[1], color="#999999", ls="--", lw=1, label="uniform")
        axes.set(xlabel="Cell, by rank", ylabel="Share of the map", yscale="log", ylim=(1e-4, 1.2))
        axes.legend(fontsize=9)
        return figure


def smoothed_probabilities(names: Sequence[str], probabilities: Mapping[str, np.ndarray]) -> Figure:
    """Grouped bars of softened class probabilities [K] for each label."""
    with styled():
        figure = Figure(figsize=(7.2, 3.2))
        axes = figure.subplots()
        width = 0.8 / len(probabilities)
        for i, ((label, values), colour) in enumerate(zip(probabilities.items(), cycle(TERM_COLOURS), strict=False)):
            axes.bar(
                np.arange(len(names)) + (i + 0.5) * width - 0.4,
                100 * values,
                width,
                label=label,
                color=colour,
            )
        axes.set_xticks(np.arange(len(names)), names)
        axes.set(xlabel="Class", ylabel="Softened probability (%)")
        axes.grid(axis="x", visible=False)
        axes.legend(fontsize=9)
        return figure


def agreements(found: Mapping[str, Mapping[str, "Agreement"]]) -> Figure:
    """Agreement of students' maps with the teacher's CAM, one panel a kind of map.

    found: panel title -> method -> Agreement. Boxes: matched pairs; grey diamonds: the mean over shuffled pairs.
    """
    with styled():
        figure = Figure(figsize=(min(7.5, 4.6 * len(found)), 3.8))
        panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
        for axes, (title, by_method) in zip(panels, found.items(), strict=True):
            for place, (method, agreement) in enumerate(by_method.items()):
                colour = colour_of(method)
                axes.boxplot(agreement.matched, positions=[place], widths=0.5, showfliers=False, **box_style(colour))
                jitter = np.linspace(-0.18, 0.18, len(agreement.matched))
                axes.plot(place + jitter, agreement.matched, ".", color=colour, ms=4, alpha=0.6)
                axes.plot(place, agreement.shuffled.mean(), "D", color="#777777", ms=7, label="shuffled pairs, mean")
            axes.set_xticks(range(len(by_method)), [broken(label_of(method)) for method in by_method], fontsize=9)
            axes.set(title=title, ylim=(-1.05, 1.05))
            axes.axhline(0, color="#999999", lw=1)
        panels[0].set_ylabel("Correlation with the teacher's CAM")
        panels[-1].legend(*(part[:1] for part in panels[-1].get_legend_handles_labels()), fontsize=9, loc="lower right")
        return figure


def broken(label: str) -> str:
    """A label in short lines."""
    return label.replace(", ", ",\n").replace(" (", "\n(")


def box_style(colour: str) -> dict[str, dict[str, object]]:
    """Colours of a box plot: its lines in `colour`, the median heavier."""
    line = {"color": colour}
    return {
        "boxprops": line,
        "whiskerprops": line,
        "capprops": line,
        "medianprops": line | {"linewidth": 2.5},
    }
