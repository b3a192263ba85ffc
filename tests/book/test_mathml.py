"""Formulas become MathML: nothing is fetched from another host, nothing stays LaTeX."""

import io

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

PAGE = """# Title

Inline $T_s^2$ and

$$
L = \\sum_c w_{c} \\, \\mathrm{KL}\\bigl(P \\,\\|\\, Q\\bigr)
$$
"""


@pytest.fixture
def page(tmp_path) -> BeautifulSoup:
    """The page as a browser gets it."""
    (tmp_path / "conf.py").write_text("")
    (tmp_path / "index.md").write_text(PAGE)
    settings = {
        "extensions": ["myst_parser", "book.mathml"],
        "myst_enable_extensions": ["dollarmath"],
        "html_math_renderer": "mathml",
    }
    out = tmp_path / "out"
    folders = (str(folder) for folder in (tmp_path, tmp_path, out, tmp_path / "doctrees"))
    Sphinx(*folders, "html", settings, status=io.StringIO(), warning=io.StringIO()).build()
    return BeautifulSoup((out / "index.html").read_text(), "html.parser")


def test_formulas_are_mathml(page):
    inline, block = page.find_all("math")
    assert inline["display"] == "inline" and inline.find("msubsup").get_text() == "Ts2"
    assert block["display"] == "block" and "KL" in block.get_text() and "‖" in block.get_text()


def test_nothing_stays_latex_and_nothing_is_fetched(page):
    assert "\\" not in page.find("div", role="main").get_text()
    assert not [script for script in page.find_all("script", src=True) if "//" in script["src"]]
