"""The whole book as one document: links lead within it, and the file has an outline and no date."""

from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter

from book.pdf import article, entries, mended, printed, whole
from ckdsnn.errors import CkdsnnError

HEAD = '<html><head><link rel="stylesheet" href="../_static/a.css"></head><body><nav>Menu</nav>'
FIRST = """<article class="bd-article"><section id="one"><h1>One<a class="headerlink" href="#one">#</a></h1>
<p><a href="#one">here</a> <a href="../notebooks/two.html#results">there</a> <a href="../notebooks/two.html">top</a>
<a href="../_static/x.csv">numbers</a> <a href="https://example.org/">far</a></p><img alt="a" src="../_images/a.svg">
<script>alert()</script></section></article></body></html>"""
SECOND = '<article class="bd-article"><h1>Two</h1><section id="results"><h2>Results</h2></section></article>'
NAMES = ["book/one.html", "notebooks/two.html"]


@pytest.fixture
def html(tmp_path) -> Path:
    """Two built pages."""
    for name, body in zip(NAMES, (FIRST, SECOND), strict=True):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(HEAD + body)
    return tmp_path


def test_links_lead_within_the_document(html):
    document = BeautifulSoup(whole(html, NAMES, "Title", "Author"), "html.parser")
    targets = {link.get_text(): link.get("href") for link in document.select("article a")}
    assert targets == {
        "here": "#book-one--one",
        "there": "#notebooks-two--results",
        "top": "#notebooks-two",
        "numbers": None,
        "far": "https://example.org/",
    }
    ids = [tag["id"] for tag in document.find_all(id=True)]
    assert {link["href"][1:] for link in document.select("a[href^='#']")} <= set(ids) and len(ids) == len(set(ids))


def test_pictures_and_styles_are_found_from_the_books_folder(html):
    document = BeautifulSoup(whole(html, NAMES, "Title", "Author"), "html.parser")
    assert document.img["src"] == "_images/a.svg" and document.link["href"] == "_static/a.css"


def test_only_the_article_is_printed(html):
    text = whole(html, NAMES, "Title", "Author")
    assert "Menu" not in text and "<script" not in text and "headerlink" not in text


def test_page_without_an_article_is_named(html):
    (html / "book" / "empty.html").write_text(HEAD)
    with pytest.raises(CkdsnnError, match=r"empty\.html holds no article"):
        article(html, "book/empty.html", NAMES)


def test_titles_written_twice_are_read_once():
    made, content = PdfWriter(), BytesIO()
    made.add_blank_page(width=100, height=100)
    chapter = made.add_outline_item(title="A long questionA long questionof two lines", page_number=0)
    made.add_outline_item(title="NotationNotation", page_number=0, parent=chapter)
    made.add_outline_item(title="Results", page_number=0)
    made.write(content)
    assert [
        str(entry["/Title"]) for entry in entries(mended(content.getvalue()).root_object["/Outlines"]["/First"])
    ] == [
        "A long questionof two lines",
        "Notation",
        "Results",
    ]


def test_file_has_an_outline_and_working_links_and_is_the_same_twice(browser, html, tmp_path):
    document = whole(html, NAMES, "Title", "Author")
    for number in range(2):
        mended(printed(browser, html, document)).write(tmp_path / f"{number}.pdf")
    assert (tmp_path / "0.pdf").read_bytes() == (tmp_path / "1.pdf").read_bytes()
    reader = PdfReader(tmp_path / "0.pdf")
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)] == ["One", "Two"]
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    addresses = [link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})]
    assert addresses == ["https://example.org/"] and len(links) > 4
