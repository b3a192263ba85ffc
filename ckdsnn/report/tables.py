"""Tables that a notebook shows as HTML and the book as a numbered MyST table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean, stdev
from textwrap import fill
from typing import TYPE_CHECKING

from ckdsnn.records import Record
from ckdsnn.report.style import METHODS

if TYPE_CHECKING:
    from ckdsnn.analysis.agreement import Agreement
    from ckdsnn.recipe import Recipe

SCREEN = 120  # columns


def spread(values: Sequence[float], digits: int = 2) -> str:
    """mean ± sd, or the one value alone."""
    return f"{mean(values):.{digits}f}" + (f" ± {stdev(values):.{digits}f}" if len(values) > 1 else "")


def mean_sd(values: Iterable[float], digits: int = 2) -> str:
    """mean ± sd (n); one value has no sd and says so by n = 1."""
    values = list(values)
    return f"{spread(values, digits)} (n = {len(values)})"


@dataclass(frozen=True)
class Table:
    """Rows of text under a header, with a caption and the name by which pages refer to it."""

    name: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """A MyST table directive around a Markdown table."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        body = "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
        return f":::{{table}} {self.caption}\n:name: {self.name}\n\n{body}\n:::"

    def html(self) -> str:
        """The same for notebooks outside the book."""

        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table><caption>{escape(self.caption)}</caption>{row(self.header, 'th')}{body}</table>"

    def text(self) -> str:
        """The same for a screen: columns of equal width, the caption wrapped below."""
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([*(line.rstrip() for line in padded), "", fill(self.caption, SCREEN)])


def interval(record: Record) -> str:
    """Last-epoch accuracy with its 95 % interval, in percent."""
    last = record.final["last_accuracy"]
    return f"{last['value']:.2f} [{last['low']:.2f}, {last['high']:.2f}]"


def mean_rate(record: Record) -> str:
    """Mean firing rate over the layers, in percent; an ANN has none."""
    rates = list(record.final["firing_rate"].values())
    return f"{100 * mean(rates):.1f}" if rates else "–"


def accuracy_table(name: str, caption: str, records: dict[str, Record]) -> Table:
    """One row a labelled run: accuracies, firing rate, energy, epochs and hardware."""
    header = ["Run", "Test accuracy, last epoch (%) [95 %]", "Best epoch, chosen on the test set (%)"]
    header += ["Firing rate (%)", "Energy, arithmetic (nJ)", "Epochs", "Hardware"]
    rows = [
        [
            label,
            interval(record),
            f"{record.final['best_accuracy']['value']:.2f}",
            mean_rate(record),
            f"{record.final['energy']['compute_nj']:.0f}",
            str(record.recipe["epochs"]),
            record.env["device"],
        ]
        for label, record in records.items()
    ]
    return Table(name, caption, header, rows)


def agreement_table(name: str, caption: str, found: Mapping[str, Mapping[str, "Agreement"]]) -> Table:
    """One row a kind of map and method: mean correlation of matched and of shuffled pairs, and the difference."""
    header = ["Map", "Student", "Matched pairs", "Shuffled pairs", "Difference"]
    rows = [
        [kind, METHODS[method][0], mean_sd(pairs.matched), f"{pairs.shuffled.mean():.2f}", f"{pairs.gain:+.2f}"]
        for kind, by_method in found.items()
        for method, pairs in by_method.items()
    ]
    return Table(name, caption, header, rows)


def recipe_table(name: str, caption: str, recipes: Iterable["Recipe"]) -> Table:
    """One row a recipe: what it trains, on what, for how long."""
    header = ["Recipe", "Tier", "Network", "T", "Learns from", "Epochs"]
    rows = [
        [
            f"`{recipe.name}`",
            recipe.tier,
            f"{recipe.model}, width {recipe.width}",
            str(recipe.timesteps) if recipe.timesteps else "ANN",
            " + ".join(["labels", *recipe.loss_names]),
            str(recipe.epochs),
        ]
        for recipe in recipes
    ]
    return Table(name, caption, header, rows)
