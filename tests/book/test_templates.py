"""Pages that share a notebook: what a file names, and where its words, the answer and the lead figure come to stand."""

import re
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
    before, after = source.words.split(CELLS)
    with_words(nb, source)
    assert re.sub(r"\s+", " ", " ".join(texts(nb))) == " ".join(f"{before} x = 1 draw() {after}".split())
    other = notebook("# A suite", ("draw()", figure_metadata("line")))
    with_words(other, replace(source, name="notebooks/3.ipynb"))
    names = [cell.metadata.mystnb.figure.name for cell in (*nb.cells, *other.cells) if cell.source == "draw()"]
    assert names == ["02_templated-line", "3-line"], "the same figure of two pages has two names"
    nbformat.validate(nb)


def test_answer_and_lead_come_under_the_title_without_code_and_sections_after_them(project):
    source = source_of(project, PAGE)
    words = f"# Title\n\nAsked.\n\n## What\n\nA.\n\n## More\n\n{CELLS}\n\nLast."
    nb = notebook("# A suite", ("run()", {}), (ANSWER, {"tags": ["hide-input", "answer"]}), "### Else",
                  ("draw()", {"tags": ["lead"]}), ("x", {"tags": ["hide-input"]}))  # fmt: skip
    with_words(nb, replace(source, words=words))
    under_title(nb)
    assert texts(nb) == [
        "# Title\n\nAsked.", ANSWER, "draw()", "## What\n\nA.\n\n## More", "run()", "### Else", "x", "Last."
    ]  # fmt: skip
    assert [cell.metadata.get("tags") for cell in nb.cells[1:3]] == [["remove-input"]] * 2


def test_of_the_books_pages_every_template_is_there_and_names_parameters():
    sources = [source for file in pages(ROOT) if (source := source_of(ROOT, file))]
    templated = [source for source in sources if source.words]
    assert len(templated) > 3 and all(source.notebook.is_file() for source in sources)
    assert len({source.name for source in sources}) == len(sources)
