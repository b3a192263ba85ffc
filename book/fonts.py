"""Fonts cut down to the characters that the pages show: the theme's icons, and a font for formulas."""

import io
import logging
import re
from importlib.metadata import distribution
from pathlib import Path
from unicodedata import name, normalize

from bs4 import BeautifulSoup

ICON_CLASS = re.compile(r"\bfa-[a-z0-9-]+")
ICON_RULE = re.compile(r'(\.fa-[a-z0-9-]+:before(?:,\.fa-[a-z0-9-]+:before)*)\{content:"\\[0-9a-f]+"\}')
ICON = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")  # a sign of Unicode's private part: its code or itself
WOFF2 = re.compile(r'url\([^()]*\.woff2\) format\("woff2"\),')
STIX = Path(str(distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")))
LETTERS = [sign for sign in map(chr, range(0x1D434, 0x1D71C)) if name(sign, "").startswith("MATHEMATICAL ITALIC")]
ITALIC = {normalize("NFKC", sign): sign for sign in LETTERS} | {"h": "ℎ"}  # that one is Planck's constant


def subset(font: Path, characters: set[str], flavor: str | None = None) -> bytes:
    """The font with the glyphs of `characters` alone, stretched forms of brackets and roots included.

    `flavor`: "woff" for a compressed file, None for the kind that `font` is.
    """
    from fontTools.subset import Options, Subsetter  # as long to load as all else that runs a notebook
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # else it reports every table of every font
    options = Options(layout_features=["*"], notdef_outline=True, flavor=flavor)
    with TTFont(font, recalcTimestamp=False) as whole:
        subsetter = Subsetter(options)
        subsetter.populate(text="".join(sorted(characters)))
        subsetter.subset(whole)
        whole.flavor = flavor
        content = io.BytesIO()
        whole.save(content, reorderTables=None)
    return content.getvalue()


def formula_characters(html: str) -> set[str]:
    """What a browser draws for the formulas of a page: single letters are set in mathematical italics."""
    if "<math" not in html:
        return set()
    written = {sign for formula in BeautifulSoup(html, "html.parser").find_all("math") for sign in formula.get_text()}
    return written | {ITALIC[sign] for sign in written if sign in ITALIC}


def cut_icons(html: Path) -> None:
    """Leave of the theme's icons, its style rules and its fonts, those that a page or a script names.

    The theme brings all of Font Awesome, as a script of 1.5 MB beside fonts of 0.3 MB, and shows two dozen icons.
    """
    static = html / "_static"
    users = [path for path in (*html.rglob("*.html"), *static.rglob("*.js")) if path.name != "fontawesome.js"]
    used = {icon for path in users for icon in ICON_CLASS.findall(path.read_text())}
    style = static / "styles" / "pydata-sphinx-theme.css"
    text = WOFF2.sub("", style.read_text())
    style.write_text(ICON_RULE.sub(lambda rule: rule[0] if used & set(ICON_CLASS.findall(rule[1])) else "", text))
    found = [sign for path in static.rglob("*.css") for sign in ICON.findall(path.read_text())]
    shown = {itself or chr(int(code, 16)) for code, itself in found}
    for font in sorted(static.glob("vendor/fontawesome/webfonts/*.ttf")):
        font.write_bytes(subset(font, shown))
        font.with_suffix(".woff2").unlink(missing_ok=True)


def add_math_font(html: Path) -> None:
    """Write the font that custom.css names for formulas. It has the table by which brackets and roots stretch."""
    shown = set().union(*(formula_characters(path.read_text()) for path in html.rglob("*.html")))
    target = html / "_static" / "fonts" / "STIXTwoMath.woff"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(subset(STIX, shown, "woff"))
