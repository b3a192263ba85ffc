"""Tables that a notebook shows as HTML and the book as a numbered MyST table, and numbers as their cells have them."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from statistics import mean, stdev
from textwrap import fill
from typing import Any

import pandas as pd

SCREEN = 120  # columns
DASH = "–"


@dataclass(frozen=True)
class Table:
    """Rows of text under a header, with a caption and the name by which pages refer to it."""

    name: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    @classmethod
    def of(cls, name: str, caption: str, rows: Iterable[Any], columns: Mapping[str, Callable[[Any], str]]) -> "Table":
        """A table whose columns are declared: head -> the cell's text of a row. A column that is empty is left out."""
        cells = {head: [text(row) for row in rows] for rows in [list(rows)] for head, text in columns.items()}
        shown = {head: texts for head, texts in cells.items() if any(texts)}
        body = [[text or DASH for text in row] for row in zip(*shown.values(), strict=True)]
        return cls(name, caption, list(shown), body)

    @classmethod
    def of_frame(cls, name: str, caption: str, frame: pd.DataFrame) -> "Table":
        """A frame as it is: its columns are the heads, numbers have three digits, what is missing is a dash."""
        text = [[cell if isinstance(cell, str) else digits(cell) for cell in row] for row in frame.to_numpy(object)]
        return cls(name, caption, [*map(str, frame.columns)], text)

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

    def csv(self) -> str:
        """The same for other programs."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([self.header, *self.rows])
        return buffer.getvalue()


Show = Callable[[Table, str, Sequence[str]], str]  # table, page, ids of records -> Markdown that says where it is from


def in_markdown(cell: str) -> str:
    """A cell's text, its bars escaped, the name of the map range 0–1 not parted by a line break."""
    return cell.replace("|", r"\|").replace("0–1", "0–\u20601")


def whole(text: str) -> str:
    """A value that no line break parts, its minus as wide as a plus."""
    return text.replace(" ", "\u00a0").replace("-", "\u2212")


def signed(value: float, digits: int = 2) -> str:
    """With its sign; what rounds to zero is +0."""
    return whole(f"{value:+z.{digits}f}")


def digits(value: float | None) -> str:
    """Three significant digits, without an exponent from 0.0001 on; a dash for NaN and None."""
    if value is None or not isfinite(value):
        return DASH
    return whole(f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}")


def known(values: Iterable[float | None]) -> list[float]:
    """The finite ones: a network that has diverged has others."""
    return [float(value) for value in values if value is not None and isfinite(value)]


def spread(values: Iterable[float], digits: int = 2) -> str:
    """mean ± sd of the finite ones, or the one alone; a dash where there is none."""
    found = known(values)
    deviation = f" ± {stdev(found):.{digits}f}" if len(found) > 1 else ""
    return whole(f"{mean(found):.{digits}f}{deviation}") if found else DASH


def mean_sd(values: Iterable[float], digits: int = 2) -> str:
    """mean ± sd (n) of the finite ones; one value has no sd and says so by n = 1."""
    found = known(values)
    return f"{spread(found, digits)} {count(len(found))}" if found else DASH


def between(values: Iterable[float], text: Callable[[float], str] = digits) -> str:
    """The finite ones from the lowest to the highest; one text where they look the same, a dash where there is none."""
    found = known(values)
    return " to ".join(dict.fromkeys(text(value) for value in (min(found), max(found)))) if found else DASH


def count(n: int) -> str:
    """n in brackets, which a line break does not part."""
    return whole(f"(n = {n})")


def beside(first: str, second: str) -> str:
    """Two values, of which a line break may part only the second from the slash."""
    return f"{whole(f'{first} /')} {second}"


def series(texts: Iterable[str], last: str = "and") -> str:
    """The texts one after the other: a, b and c."""
    *first, end = texts
    return f"{', '.join(first)} {last} {end}" if first else end


def listed(sentences: Iterable[str]) -> str:
    """The sentences as the items of a Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
