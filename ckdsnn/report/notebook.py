"""Showing figures, tables and sentences in a notebook together with the records that they were drawn from.

The book's builder reads the record ids from the output's metadata and prints them under the figure.
"""

import base64
import io
from collections.abc import Iterable

from IPython.display import display
from matplotlib.figure import Figure

from ckdsnn.records.shelf import Document
from ckdsnn.report.style import SETTINGS
from ckdsnn.report.tables import Table
from ckdsnn.report.words import wrapped


def show(shown: Figure | Table, records: Iterable[Document] = (), source: str = "") -> None:
    """Display a figure or a table as drawn from `records`, or, where no run is drawn on, from a named `source`."""
    ids = [record.id for record in records]
    metadata = {"ckdsnn": {"records": ids} | ({"source": source} if source else {})}
    bundle = table_bundle(shown) if isinstance(shown, Table) else figure_bundle(shown)
    display(bundle, raw=True, metadata=metadata)


def tell(text: str) -> None:
    """Display sentences, in Markdown, on what a figure or table beside them shows: its records are theirs."""
    display({"text/markdown": text, "text/plain": wrapped(text)}, raw=True)


def figure_bundle(figure: Figure) -> dict[str, str]:
    """The figure as PNG, without the time of its making, so that the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=SETTINGS["savefig.dpi"], metadata={"Software": None})
    return {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": "<Figure>"}


def table_bundle(table: Table) -> dict[str, str]:
    """HTML for notebooks, MyST Markdown for the book."""
    return {"text/html": table.html(), "text/markdown": table.markdown(), "text/plain": table.caption}


def glue(name: str, text: str) -> None:
    """Make a piece of text available to the book's pages as {glue:text}`name`; shows nothing here.

    The same output that myst_nb.glue makes, without needing it.
    """
    bundle = {"application/papermill.record/text/plain": repr(text)}
    metadata = {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}
    display(bundle, raw=True, metadata=metadata)
