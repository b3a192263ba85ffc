"""Links to files of the project, and the pages that show them where there is no repository to lead to."""

import pytest
from bs4 import BeautifulSoup

from book.sources import Sources, page, stylesheet
from ckdsnn.errors import CkdsnnError
from tests.book.conftest import ERRORS, REPOSITORY

SHOWN = "../_static/sources/ckdsnn/errors.py.html"
SITE = f"{REPOSITORY}/blob/main/ckdsnn/errors.py"


@pytest.mark.parametrize(
    ("repository", "link", "result"),
    [
        ("", "[`it`](../ckdsnn/errors.py)", f'<a class="reference" href="{SHOWN}">`it`</a>'),
        ("", "[a\nb](../ckdsnn/errors.py#L2)", f'<a class="reference" href="{SHOWN}#L2">a\nb</a>'),
        ("", "[a](../ckdsnn/errors.py#CkdsnnError)", f'<a class="reference" href="{SHOWN}#L4">a</a>'),
        (REPOSITORY, "[`it`](../ckdsnn/errors.py)", f"[`it`]({SITE})"),
        (REPOSITORY, "[a](../ckdsnn/errors.py#CkdsnnError)", f"[a]({SITE}#L4)"),
    ],
)
def test_links_out_of_the_book_lead_to_where_the_file_is_shown(project, repository, link, result):
    assert Sources(project, repository, "main").rewrite(f"see {link}.") == f"see {result}."


@pytest.mark.parametrize("repository", ["", REPOSITORY])
@pytest.mark.parametrize("link", ["../notebooks/00_plain.ipynb", "../ckdsnn/missing.py", "../results", "method.md"])
def test_other_links_stay_as_they_are(project, repository, link):
    assert Sources(project, repository, "main").rewrite(f"see [it]({link}).") == f"see [it]({link})."


def test_a_link_to_what_a_file_does_not_define_is_an_error(project):
    with pytest.raises(CkdsnnError, match=r"names 'Error', but ckdsnn/errors.py does not define it"):
        Sources(project, "", "main").rewrite("[x](../ckdsnn/errors.py#Error)")


def test_the_files_shown_are_those_linked_and_none_with_an_address(project):
    for repository, names in (("", {"source.css", "ckdsnn/errors.py", "ckdsnn/errors.py.html"}), (REPOSITORY, set())):
        sources = Sources(project, repository, "main")
        assert sources.files() == {}
        sources.link("ckdsnn/errors.py")
        assert set(sources.files()) == names


@pytest.mark.parametrize("path", ["ckdsnn/errors.py", "LICENSE", "notes.unknown"])
def test_a_page_shows_every_line_of_the_file_as_it_is(path):
    text = "\n\n" + ERRORS + "\n# the end: <b> & 'x'\n\n"
    shown = BeautifulSoup(page(path, text), "html.parser")
    for number, line in enumerate(text.splitlines(), start=1):
        assert shown.find(id=f"L{number}").get_text() == f"{number}{line}\n"
    assert shown.find(id=f"L{number + 1}") is None and shown.find("b") is None


def test_the_style_colours_what_the_pages_mark(project):
    marks = {tag["class"][0] for tag in BeautifulSoup(page("a.py", ERRORS), "html.parser").select("pre span[class]")}
    assert "k" in marks and all(stylesheet().count(f".highlight .{mark} ") == 2 for mark in {"k", "nc", "sd"} & marks)
