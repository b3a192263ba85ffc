"""What a notebook displays carries its records in the form that the book's builder and myst-nb read."""

from types import SimpleNamespace

import myst_nb
import nbformat
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure

from book.provenance import annotate
from ckdsnn.errors import CkdsnnError
from ckdsnn.report.notebook import glue, show, tell
from ckdsnn.report.tables import Table
from ckdsnn.report.words import listed
from tests.book.conftest import figure_metadata

NAME = "notebooks/99_test.ipynb"
TABLE = Table("tab", "Caption", ["a"], [["1"]])


@pytest.fixture
def published(monkeypatch):
    """Everything that is displayed, as {data, metadata, ...}, as if a notebook's shell were running."""
    publisher = CapturingDisplayPublisher()
    monkeypatch.setattr(InteractiveShell, "initialized", lambda: True)
    shell = SimpleNamespace(display_pub=publisher, display_formatter=DisplayFormatter())
    monkeypatch.setattr(InteractiveShell, "instance", lambda: shell)
    return publisher.outputs


def figure():
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().plot([1, 2])
    return drawn


def notebook_of(published, metadata):
    """A notebook with one executed cell that displayed `published`."""
    outputs = [
        nbformat.v4.new_output("display_data", data=shown["data"], metadata=shown["metadata"]) for shown in published
    ]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs, metadata=metadata)])


@pytest.fixture
def known(record, results):
    return {record.id: results / "runs" / f"{record.id}.json"}


def test_the_book_finds_picture_and_records_of_a_figure(published, record, known):
    show(figure(), [record])
    nb = notebook_of(published, figure_metadata("fig"))
    nbformat.validate(nb)
    (found,) = annotate(nb, NAME, known)
    assert found.name == "fig" and found.content.startswith(b"\x89PNG\r\n")
    assert f"{record.id}.json" in found.legend and "smoke" in found.legend and NAME in found.legend


def test_the_book_finds_caption_and_records_of_a_table(published, record, known):
    show(TABLE, iter([record]))
    nb = notebook_of(published, {})
    annotate(nb, NAME, known)
    (output,) = nb.cells[0].outputs
    assert output.data["text/markdown"].startswith(TABLE.markdown())
    assert f"{record.id}.json" in output.data["text/markdown"]


def test_a_table_is_html_where_markdown_is_not_understood(published, record):
    show(TABLE, [record])
    assert published[0]["data"]["text/html"] == TABLE.html()


@pytest.mark.parametrize("shown", [TABLE, figure()], ids=["table", "figure"])
def test_a_source_stands_in_for_records_and_nothing_for_neither(published, known, shown):
    show(shown, source="the table of recipes")
    nb = notebook_of(published, figure_metadata("fig") if isinstance(shown, Figure) else {})
    annotate(nb, NAME, known)
    published.clear()
    show(shown)
    with pytest.raises(CkdsnnError, match="names no record"):
        annotate(notebook_of(published, figure_metadata("fig")), NAME, known)


def test_sentences_are_markdown_and_elsewhere_lines_that_fit(published, known):
    text = listed(["One " + "word " * 30, "Two"])
    tell(text)
    shown = published[0]["data"]
    assert shown["text/markdown"] == text == "- One " + "word " * 30 + "\n- Two"
    lines = shown["text/plain"].split("\n")
    assert max(map(len, lines)) <= 78 and [line[:2] for line in lines] == ["- ", "  ", "  ", "- "]
    assert annotate(notebook_of(published, {}), NAME, known) == []  # no figure, no table: its records stand elsewhere


def test_glue_makes_what_myst_nb_makes(published):
    glue("gain", "61.0 'quoted' %")
    myst_nb.glue("gain", "61.0 'quoted' %", display=False)
    ours, theirs = published
    assert (ours["data"], ours["metadata"]) == (theirs["data"], theirs["metadata"])


def test_glued_text_is_neither_figure_nor_table(published, known):
    glue("gain", "0.1")
    assert annotate(notebook_of(published, {}), NAME, known) == []
