"""Formulas become MathML: nothing is fetched from another host, nothing stays LaTeX."""

import io

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from book.mathml import mathml

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


@pytest.mark.parametrize(("latex", "sign"), [("|h - 1|", "|"), ("x / y", "/"), (r"\max(0, x)", "max")])
def test_no_room_where_latex_leaves_none(latex, sign):
    operators = BeautifulSoup(mathml(latex), "html.parser").find_all("mo", string=sign)
    assert operators and all((mo["lspace"], mo["rspace"]) == ("0", "0") for mo in operators)


def test_sign_of_a_derivative_is_a_letter():
    assert BeautifulSoup(mathml(r"\partial s / \partial h"), "html.parser").find_all("mi", string="∂")


def test_big_brackets_stretch_and_plain_ones_do_not():
    big, plain = mathml(r"\bigl( x \bigr)"), mathml("(x)")
    assert big.count('stretchy="true"') == 2 and plain.count('stretchy="false"') == 2
