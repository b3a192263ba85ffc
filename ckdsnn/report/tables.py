"""Tables that a notebook shows as HTML and the book as a numbered MyST table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean, stdev
from textwrap import fill
from typing import TYPE_CHECKING

from ckdsnn.recipe import Recipe
from ckdsnn.records import Record
from ckdsnn.report.labels import label_of

if TYPE_CHECKING:
    from ckdsnn.analysis.agreement import Agreement

SCREEN = 120  # columns
DASH = "–"
RATE = "Firing rate, unweighted mean of the layers (%)"
ENERGY = "Energy, arithmetic (µJ)"


def whole(text: str) -> str:
    """A value that no line break parts, its minus as wide as a plus."""
    return text.replace(" ", "\u00a0").replace("-", "\u2212")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """mean ± sd, or the one value alone."""
    deviation = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return whole(f"{mean(values):.{digits}f}{deviation}")


def signed(value: float) -> str:
    """With its sign and two digits after the point."""
    return whole(f"{value:+.2f}")


def beside(first: str, second: str) -> str:
    """Two values, of which a line break may part only the second from the slash."""
    return f"{whole(f'{first} /')} {second}"


def count(n: int) -> str:
    """n in brackets, which a line break does not part."""
    return whole(f"(n = {n})")


def mean_sd(values: Iterable[float], digits: int = 2) -> str:
    """mean ± sd (n); one value has no sd and says so by n = 1."""
    values = list(values)
    return f"{spread(values, digits)} {count(len(values))}"


def joined(text: str) -> str:
    """The name of the map range 0–1 not parted by a line break."""
    return text.replace("0–1", "0–\u20601")


def in_markdown(cell: str) -> str:
    """A cell's text, its bars escaped."""
    return joined(cell.replace("|", r"\|"))


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
        body = "\n".join("| " + " | ".join(map(in_markdown, line)) + " |" for line in lines)
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
    return f"{last['value']:.2f} " + whole(f"[{last['low']:.2f}, {last['high']:.2f}]")


def best_epoch(records: Iterable[Record]) -> str:
    """The best epoch's accuracy, chosen on the test set, in percent: mean ± sd over the records."""
    return spread([record.final["best_accuracy"]["value"] for record in records])


def firing(records: Iterable[Record]) -> str:
    """RATE, mean ± sd over the records; an ANN has none."""
    rates = [record.firing_rate for record in records if record.firing_rate is not None]
    return spread(rates, 1) if rates else DASH


def arithmetic(records: Iterable[Record]) -> str:
    """ENERGY, mean ± sd over the records."""
    return spread([record.arithmetic_energy for record in records])


def accuracy_table(name: str, caption: str, records: dict[str, Record]) -> Table:
    """One row a labelled run: accuracies, firing rate, energy and epochs; the hardware is part of the caption."""
    header = ["Run", "Test accuracy, last epoch (%) [95 %]", "Best epoch, chosen on the test set (%)"]
    header += [RATE, ENERGY, "Epochs"]
    devices = dict.fromkeys(record.env["device"] for record in records.values())
    rows = [
        [
            label,
            interval(record),
            best_epoch([record]),
            firing([record]),
            arithmetic([record]),
            str(record.recipe["epochs"]),
        ]
        for label, record in records.items()
    ]
    return Table(name, f"{caption.rstrip('.')}. Hardware: {', '.join(devices)}.", header, rows)


def agreement_table(name: str, caption: str, found: Mapping[str, Mapping[str, "Agreement"]]) -> Table:
    """One row a kind of map and method: mean correlation of matched and of shuffled pairs, and the difference."""
    header = ["Map", "Student", "Matched pairs", "Shuffled pairs", "Difference"]
    rows = [
        [
            kind,
            label_of(method),
            mean_sd(pairs.matched),
            whole(f"{pairs.shuffled.mean():.2f}"),
            signed(pairs.gain),
        ]
        for kind, by_method in found.items()
        for method, pairs in by_method.items()
    ]
    return Table(name, caption, header, rows)


def recipe_table(name: str, caption: str, recipes: Iterable[Recipe]) -> Table:
    """One row a recipe: what it trains, on what, for how long."""
    header = ["Recipe", "Tier", "Network", "T", "Learns from", "Epochs"]
    rows = [
        [
            f"`{recipe.name}`",
            recipe.tier,
            f"{recipe.model}, width {recipe.width}",
            "ANN" if recipe.is_teacher else str(recipe.timesteps),
            " + ".join(["labels", *recipe.loss_names]),
            str(recipe.epochs),
        ]
        for recipe in recipes
    ]
    return Table(name, caption, header, rows)
