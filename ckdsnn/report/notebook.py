"""Showing figures, tables and answers in a notebook together with the records that they were drawn from.

The book's builder reads the record ids from the output's metadata and prints them under the figure, with the data.
"""

import ast
import base64
from collections.abc import Iterable
from textwrap import fill

import pandas as pd
from IPython import get_ipython
from IPython.display import display

from ckdsnn.errors import CkdsnnError, check_choice, check_count, shortened
from ckdsnn.records.shelf import Document
from ckdsnn.report.chart import Chart
from ckdsnn.report.tables import Table

COLUMNS = 78  # characters of a screen's line
INJECTED = "# Parameters"  # begins the cell into which papermill writes the values that it was given


def check_parameters(**least: int) -> None:
    """Refuse impossible parameters of the notebook that calls this, in the cell after them: papermill only warns.

    A parameter is a name with a type. least: name -> the smallest integer that it may be, where that is not 0.
    Raises CkdsnnError for a name that papermill was given and the notebook does not have, a value of another type, and
    a number that is too small.
    """
    names = get_ipython().user_ns
    kinds = names.get("__annotations__", {})
    for cell in names["In"]:
        if cell.startswith(INJECTED):
            for node in ast.walk(ast.parse(cell)):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    check_choice("parameter", node.id, kinds)
    for name, kind in kinds.items():
        if kind is int:
            check_count(name, names[name], least.get(name, 0))
        elif not isinstance(names[name], kind):
            raise CkdsnnError(f"{name} = {shortened(names[name])}; expected {kind.__name__}")


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
