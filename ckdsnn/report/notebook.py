"""Showing figures, tables and answers in a notebook together with the records that they were drawn from.

The book's builder reads the record ids from the output's metadata and prints them under the figure, with the data.
"""

import base64
from collections.abc import Iterable
from textwrap import fill

import pandas as pd
from IPython.display import display

from ckdsnn.records.shelf import Document
from ckdsnn.report.chart import Chart
from ckdsnn.report.tables import Table

COLUMNS = 78  # characters of a screen's line


def show(shown: Chart | Table, records: pd.DataFrame | Iterable[Document] = (), source: str = "") -> None:
    """Display a figure or a table with its data, as drawn from records, or, where no run is drawn on, from a `source`.

    records: them, or a frame that has their ids.
    """
    ids = records["id"].unique().tolist() if isinstance(records, pd.DataFrame) else [one.id for one in records]
    stated = {"records": list(dict.fromkeys(ids))} | ({"source": source} if source else {})
    shapes = table_bundle(shown) if isinstance(shown, Table) else figure_bundle(shown)
    display(shapes | {"text/csv": shown.csv()}, raw=True, metadata={"ckdsnn": stated})


def answer(*paragraphs: str) -> None:
    """Display what a page has found, in a few plain sentences; the book puts them under its title."""
    text = "\n\n".join(filter(None, paragraphs))
    tell(f":::{{admonition}} Answer\n:class: answer\n{text}\n:::", f"Answer: {text}")


def tell(text: str, plain: str = "") -> None:
    """Display sentences, in Markdown, on what a figure or table beside them shows; plain: the same for a terminal."""
    lines = (plain or text).split("\n")
    wrapped = "\n".join(fill(line, COLUMNS, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    display({"text/markdown": text, "text/plain": wrapped}, raw=True)


def figure_bundle(chart: Chart) -> dict[str, str]:
    """The figure as a notebook keeps it."""
    content = chart.content()
    if chart.format == "svg":
        return {"image/svg+xml": content.decode(), "text/plain": "<Figure>"}
    return {"image/png": base64.b64encode(content).decode(), "text/plain": "<Figure>"}


def table_bundle(table: Table) -> dict[str, str]:
    """HTML for notebooks, MyST Markdown for the book."""
    return {"text/html": table.html(), "text/markdown": table.markdown(), "text/plain": table.caption}
