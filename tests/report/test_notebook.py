"""What a notebook displays carries its records and data in the form that the book's builder reads."""

import io
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from book.provenance import annotate
from ckdsnn.errors import CkdsnnError
from ckdsnn.report.chart import Chart, panels, save_figure
from ckdsnn.report.notebook import INJECTED, answer, check_parameters, show, tell
from ckdsnn.report.style import SETTINGS, WIDTH
from ckdsnn.report.tables import Table
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


def chart(format="svg"):
    drawn, ((axes,),) = panels()
    axes.plot([1, 2])
    return Chart(drawn, pd.DataFrame({"x": [1, 2], "y": [1 / 3, 2]}), format)


def notebook_of(published, metadata):
    """A notebook with one executed cell that displayed `published`."""
    outputs = [
        nbformat.v4.new_output("display_data", data=shown["data"], metadata=shown["metadata"]) for shown in published
    ]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs, metadata=metadata)])


@pytest.fixture
def known(record, results):
    return {record.id: results / "runs" / f"{record.id}.json"}


@pytest.mark.parametrize(("format", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n")])
@pytest.mark.parametrize("framed", [True, False])
def test_the_book_finds_picture_records_and_data_of_a_figure(published, record, known, format, start, framed):
    show(chart(format), pd.DataFrame({"id": [record.id] * 2}) if framed else [record, record])
    nb = notebook_of(published, figure_metadata("fig"))
    nbformat.validate(nb)
    (found,), data = annotate(nb, NAME, known)
    assert found.name == "fig" and found.content.startswith(start)
    assert (
        f"records/{record.id}.html" in found.legend
        and "smoke" in found.legend
        and NAME.removesuffix(".ipynb") in found.legend
    )
    assert published[0]["metadata"]["ckdsnn"] == {"records": [record.id]}
    assert data == {"fig": "x,y\n1,0.333333\n2,2\n"}


def test_the_book_finds_caption_and_records_of_a_table(published, record, known):
    show(TABLE, iter([record]))
    assert published[0]["data"]["text/html"] == TABLE.html()
    nb = notebook_of(published, {})
    assert annotate(nb, NAME, known) == ([], {"tab": TABLE.csv()})
    (output,) = nb.cells[0].outputs
    assert output.data["text/markdown"].startswith(TABLE.markdown())
    assert f"records/{record.id}.html" in output.data["text/markdown"]


@pytest.mark.parametrize(
    ("shown", "metadata"), [(TABLE, {}), (chart(), figure_metadata("fig"))], ids=["table", "figure"]
)
def test_a_source_stands_in_for_records_and_nothing_for_neither(published, known, shown, metadata):
    show(shown, source="the table of recipes")
    annotate(notebook_of(published, metadata), NAME, known)
    published.clear()
    show(shown)
    with pytest.raises(CkdsnnError, match="names no record"):
        annotate(notebook_of(published, metadata), NAME, known)


def test_sentences_are_markdown_and_elsewhere_lines_that_fit(published, known):
    tell("- One " + "word " * 30 + "\n- Two")
    answer("Yes.", "It does.")
    told, answered = (one["data"] for one in published)
    lines = told["text/plain"].split("\n")
    assert max(map(len, lines)) <= 78 and [line[:2] for line in lines] == ["- ", "  ", "  ", "- "]
    assert "admonition" in answered["text/markdown"] and answered["text/plain"] == "Answer: Yes.\n\nIt does."
    assert annotate(notebook_of(published, {}), NAME, known) == (
        [],
        {},
    )  # no figure, no table: its records stand elsewhere


KINDS = {"seed": int, "seeds": int, "setting": str, "progress": bool}
GIVEN = {"seed": 0, "seeds": 3, "setting": "digits", "progress": True}


def run_check(monkeypatch, injected="", **values):
    """Check parameters as in a kernel to which papermill has given a cell."""
    names = {"__annotations__": KINDS, "In": ["", "seed: int = 0", f"{INJECTED}\n{injected}"]} | GIVEN | values
    monkeypatch.setattr("ckdsnn.report.notebook.get_ipython", lambda: SimpleNamespace(user_ns=names))
    check_parameters(seeds=1)


def test_parameters_of_a_notebook_are_its_own_of_their_types_and_not_too_small(monkeypatch):
    run_check(monkeypatch, "seed = 1\nseeds = 4", seed=1, seeds=4)
    for values, said in {
        ("seeds", 0): "seeds = 0; expected an integer of at least 1",
        ("seeds", -3): "seeds = -3; expected an integer of at least 1",
        ("seed", -1): "seed = -1; expected an integer of at least 0",
        ("seed", 1.5): "seed = 1.5; expected an integer of at least 0",
        ("seed", True): "seed = True; expected an integer",
        ("setting", 3): "setting = 3; expected str",
        ("progress", "no"): "progress = 'no'; expected bool",
    }.items():
        with pytest.raises(CkdsnnError, match=said):
            run_check(monkeypatch, **dict([values]))


def test_a_mistyped_parameter_is_refused_by_the_notebook(monkeypatch):
    with pytest.raises(CkdsnnError, match=r"unknown parameter 'sede'; choose one of: seed, .*nearest: seed"):
        run_check(monkeypatch, "sede = 1")


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_equal_figures_are_equal_bytes(format):
    assert chart(format).content() == chart(format).content()


def test_a_figure_is_a_column_wide_and_written_whole_or_not_at_all(tmp_path):
    path = save_figure(chart().figure, tmp_path / "a.png")
    assert Image.open(io.BytesIO(path.read_bytes())).width == WIDTH * SETTINGS["savefig.dpi"]
    with pytest.raises(CkdsnnError):
        save_figure(chart().figure, path / "b.png")  # a file is no folder
    assert list(tmp_path.iterdir()) == [path]
