"""Pages that share a notebook: what a file names, and where its words, the answer and the lead figure come to stand."""

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from book.contents import pages
from book.templates import CELLS, source_of, under_title, with_words
from ckdsnn.errors import CkdsnnError
from tests.book.conftest import ANSWER, PLAIN, figure_metadata, notebook

ROOT = Path(__file__).parents[2]
PAGE = "notebooks/02_templated.md"


def texts(nb):
    return [cell.source for cell in nb.cells]


def test_a_file_names_its_notebook_and_parameters_and_has_words(project):
    found = source_of(project, PAGE)
    assert found.name == "notebooks/02_templated.ipynb" and found.notebook == project / "notebooks" / "suite.ipynb"
    assert found.parameters == {"epochs": 5} and found.words.count(CELLS) == 1 and "template:" not in found.words
    own = source_of(project, PLAIN)
    assert (own.name, own.notebook, own.parameters, own.words) == (PLAIN, project / PLAIN, {}, "")
    assert source_of(project, "book/index.md") is None


@pytest.mark.parametrize("words", ["# A title\n", f"# A title\n{CELLS}\n{CELLS}\n"])
def test_a_page_that_does_not_say_where_the_cells_go_is_refused(project, words):
    (project / PAGE).write_text(f"---\ntemplate: suite.ipynb\nparameters: {{}}\n---\n{words}")
    with pytest.raises(CkdsnnError, match=f"{PAGE} must have the line {CELLS} once"):
        source_of(project, PAGE)


def test_the_words_stand_around_the_cells_and_figures_bear_the_pages_name(project):
    nb = notebook("# A suite", ("x = 1", {}), ("draw()", figure_metadata("line")))
    source = source_of(project, PAGE)
    with_words(nb, source)
    before, after = source.words.split(CELLS)
    assert texts(nb) == [before.strip(), "x = 1", "draw()", after.strip()]
    assert nb.cells[2].metadata.mystnb.figure.name == "02_templated-line"
    with_words(
        other := notebook("# A suite", ("draw()", figure_metadata("line"))), replace(source, name="notebooks/3.ipynb")
    )
    assert other.cells[1].metadata.mystnb.figure.name == "3-line", "the same figure of two pages has two names"
    nbformat.validate(nb)


def test_the_answer_and_the_lead_come_under_the_title_in_their_order():
    nb = notebook("# Title", ("run()", {}), (ANSWER, {"tags": ["hide-input", "answer"]}), "## More",
                  ("draw()", {"tags": ["lead"]}), ("x", {"tags": ["hide-input"]}))  # fmt: skip
    under_title(nb)
    assert texts(nb) == ["# Title", ANSWER, "draw()", "run()", "## More", "x"]


def test_of_the_books_pages_every_template_is_there_and_names_parameters():
    sources = [source for file in pages(ROOT) if (source := source_of(ROOT, file))]
    templated = [source for source in sources if source.words]
    assert len(templated) > 3 and all(source.notebook.is_file() for source in sources)
    assert len({source.name for source in sources}) == len(sources)
