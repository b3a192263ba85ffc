"""Pages load what they show and no more, and every cell of a wide table knows its column's head."""

from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from book.finish import finish, with_labels
from book.fonts import STIX, formula_characters, subset

THEME = Path(
    str(distribution("pydata-sphinx-theme").locate_file("pydata_sphinx_theme/theme/pydata_sphinx_theme/static"))
)
PAGE = """<html><head><link rel="stylesheet" href="../_static/styles/pydata-sphinx-theme.css">
<script defer src="../_static/scripts/fontawesome.js?digest=0"></script>
    <script src="../_static/searchtools.js"></script>
    <script src="../searchindex.js"></script>
<script src="../_static/own.js"></script></head>
<body><i class="fa-solid fa-bars"></i><math><mi>x</mi><mo>∑</mo></math>{}</body></html>"""
WIDE = """<table class="table" id="t"><caption>Four</caption><thead><tr><th>A</th><th>B</th><th><p>C <em>c</em></p></th>
<th>D</th></tr></thead><tbody><tr><td>1</td><td>2</td><td>3</td><td>4 <b>of</b> 5</td></tr>
<tr><td>5</td><td colspan="2">6</td><td>7</td></tr></tbody></table>"""


@pytest.fixture
def site(tmp_path) -> Path:
    """Two finished pages with the theme's own styles and fonts."""
    for name in ("styles/pydata-sphinx-theme.css", "scripts/fontawesome.js"):
        (tmp_path / "_static" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "_static" / name).write_bytes((THEME / name).read_bytes())
    fonts = tmp_path / "_static/vendor/fontawesome/webfonts"
    fonts.mkdir(parents=True)
    for font in (THEME / "vendor/fontawesome/webfonts").iterdir():
        (fonts / font.name).write_bytes(font.read_bytes())
    (tmp_path / "_static/own.js").write_text('element.className = "fa-solid fa-xmark"')
    (tmp_path / "book").mkdir()
    (tmp_path / "book/page.html").write_text(PAGE.format(WIDE))
    (tmp_path / "search.html").write_text(PAGE.format("").replace("../", ""))
    finish(tmp_path)
    return tmp_path


def characters(font: bytes) -> set[str]:
    return set(map(chr, TTFont(BytesIO(font)).getBestCmap()))


def test_icons_in_use_stay_and_others_go(site):
    style = (site / "_static/styles/pydata-sphinx-theme.css").read_text()
    solid = (site / "_static/vendor/fontawesome/webfonts/fa-solid-900.ttf").read_bytes()
    bars, xmark, car = "\uf0c9", "\uf00d", "\uf1b9"
    assert ".fa-bars:before" in style and ".fa-xmark:before" in style and ".fa-car:before" not in style
    assert {bars, xmark} <= characters(solid) and car not in characters(solid)
    assert len(solid) < 20_000
    github = "\uf09b"  # the style writes this one as itself
    brands = (site / "_static/vendor/fontawesome/webfonts/fa-brands-400.ttf").read_bytes()
    assert github in style and github in characters(brands)


def test_no_style_names_a_font_that_is_gone(site):
    folder = site / "_static/vendor/fontawesome/webfonts"
    assert not list(folder.glob("*.woff2"))
    assert ".woff2" not in (site / "_static/styles/pydata-sphinx-theme.css").read_text()


def test_scripts_nobody_needs_are_not_loaded(site):
    page, search = (site / "book/page.html").read_text(), (site / "search.html").read_text()
    assert "fontawesome.js" not in page + search and not (site / "_static/scripts/fontawesome.js").exists()
    assert "searchindex.js" not in page and "own.js" in page
    assert "searchindex.js" in search and "searchtools.js" in search


def test_finished_pages_stay_as_they_are(site):
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    finish(site)
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


def test_font_of_formulas_has_what_they_show_and_stretches(site):
    font = (site / "_static/fonts/STIXTwoMath.woff").read_bytes()
    assert {"𝑥", "∑"} <= characters(font) and "ℵ" not in characters(font)
    assert "MATH" in TTFont(BytesIO(font)) and len(font) < 100_000


def test_brackets_keep_the_parts_they_are_stretched_with():
    whole, cut = TTFont(STIX), TTFont(BytesIO(subset(STIX, {"("})))
    variants = cut["MATH"].table.MathVariants.VertGlyphConstruction[0].MathGlyphVariantRecord
    bracket = whole["MATH"].table.MathVariants
    index = bracket.VertGlyphCoverage.glyphs.index("parenleft")
    expected = [record.AdvanceMeasurement for record in bracket.VertGlyphConstruction[index].MathGlyphVariantRecord]
    assert [record.AdvanceMeasurement for record in variants] == expected


def test_equal_fonts_are_equal_bytes():
    assert subset(STIX, {"x", "∑"}, "woff") == subset(STIX, {"∑", "x"}, "woff")


def test_single_letters_are_drawn_in_italics():
    assert formula_characters("<math><mi>h</mi><mn>1</mn><mi>λ</mi></math>") == {"h", "ℎ", "1", "λ", "𝜆"}
    assert formula_characters("<p>h</p>") == set()


def test_cells_of_wide_tables_know_their_heads():
    table = BeautifulSoup(with_labels(WIDE), "html.parser").table
    assert "cards" in table["class"] and table["id"] == "t" and table.caption.get_text() == "Four"
    labels = [[cell["data-label"] for cell in row.find_all("td")] for row in table.select("tbody tr")]
    assert labels == [["A", "B", "C c", "D"], ["A", "B / C c", "D"]]
    assert [len(cell.contents) for cell in table.find_all("td")] == [1] * 7, "a card lays out one thing beside the head"
    assert table.select("td")[3].get_text() == "4 of 5"
    assert {row["role"] for row in table.find_all("tr")} == {"row"}


@pytest.mark.parametrize(
    "table",
    [
        WIDE.replace("<th>D</th>", "").replace("<td>4 <b>of</b> 5</td>", ""),  # narrow
        WIDE.replace('class="table"', 'class="dataframe"'),  # not ours
        WIDE.replace("<thead>", "<thead><tr><th colspan='4'>above</th></tr>"),  # heads of heads
        '<table class="table"><tbody><tr><td>no head</td></tr></tbody></table>',
    ],
)
def test_other_tables_stay_as_they_are(table):
    assert with_labels(table) == table
