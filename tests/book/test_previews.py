"""Links to the glossary say what their term means: in words, without citations and commands of LaTeX."""

import re

import pytest
from bs4 import BeautifulSoup

from book.previews import described, letter

GLOSSARY = """# Terms

```{glossary}
Spike
  An event of a neuron, 0 or 1, weighed by $\\beta$ {cite}`somebody2026`. See *more*.

  A second paragraph, "quoted" <too long>.

Neuron
  What spikes, at most $\\ln 2$ times & never twice.
```
"""
PAGE = """# A page

A {term}`Spike`, {term}`neurons <Neuron>` and [another page](index.md); from {term}`Spike` to spike.
"""


@pytest.fixture(scope="module")
def links(tmp_path_factory):
    """The links of a page to terms, as built with the project's own settings."""
    from tests.book.conftest import built_pages

    html = built_pages(tmp_path_factory.mktemp("terms"), {"terms": GLOSSARY, "page": PAGE})
    article = BeautifulSoup((html / "book" / "page.html").read_text(), "html.parser").find("article")
    return {link.text: link.get("aria-description") for link in article.find_all("a", class_="internal")}


def test_a_link_to_a_term_has_the_first_paragraph_of_its_definition(links):
    assert links["Spike"] == "An event of a neuron, 0 or 1, weighed by β. See more."
    assert links["neurons"] == "What spikes, at most ln 2 times & never twice."


def test_other_links_have_none(links):
    assert links["another page"] is None


def test_a_page_that_is_not_sphinxs_gets_them_too():
    link = '<a class="reference internal" href="../glossary.html#term-{}">x</a>'
    known, unknown = link.format("Spike"), link.format("Tree")
    assert described(known, {"term-Spike": 'a "spike"'}).count('aria-description="a &quot;spike&quot;"') == 1
    assert described(unknown, {"term-Spike": "it"}) == unknown


@pytest.mark.parametrize(("command", "drawn"), [(r"\tau", "τ"), (r"\ln", "ln")])
def test_greek_letters_are_drawn_and_names_stay(command, drawn):
    assert letter(re.match(r"\\(\w+)", command)) == drawn
