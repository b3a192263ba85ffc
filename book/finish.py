"""What is done to the built pages: what the theme loads but does not show goes, and table cells learn their heads."""

import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from book.fonts import add_math_font, cut_icons

# The theme loads these for a search within every page, which this book does not offer; the search page needs them.
SEARCH = re.compile(r'\s*<script src="[./]*(?:_static/searchtools|_static/language_data|searchindex)\.js"></script>')
ICON_SCRIPT = re.compile(r"\s*<script [^>]*scripts/fontawesome\.js[^>]*></script>")
ENTRY = 'role="doc-biblioentry"', 'role="listitem"'  # the first is withdrawn, and no child that a list may have
TOGGLE = "<summary><span", '<summary aria-label="pages below this one"><span'  # of the list of pages: an arrow alone
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
FEW = 3  # columns that fit on a telephone


def finish(html: Path) -> None:
    """Complete the pages below `html`, in place. Finished pages stay as they are."""
    for path in sorted(html.rglob("*.html")):
        if "_static" not in path.relative_to(html).parts:
            text = ICON_SCRIPT.sub("", TABLE.sub(lambda table: with_labels(table[0]), path.read_text()))
            path.write_text(
                (text if path.name == "search.html" else SEARCH.sub("", text)).replace(*ENTRY).replace(*TOGGLE)
            )
    for unused in ("scripts/fontawesome.js", "webpack-macros.html"):  # the second is what the theme's pages are made by
        (html / "_static" / unused).unlink(missing_ok=True)
    cut_icons(html)
    add_math_font(html)


def with_labels(html: str) -> str:
    """A table whose rows custom.css can show as cards where the screen is narrow: each cell says its column's head.

    Roles are written out, as a browser forgets them once a row is no row any more. Narrow tables, and what is no
    table of ours (an index, the table of all runs), stay as they are.
    """
    if html.partition("</thead>")[0].count("</th>") <= FEW:  # before all is parsed: most tables are narrow
        return html
    table = BeautifulSoup(html, "html.parser").table
    heads = table.select("thead tr:last-child > *")
    kinds = table.get("class", [])
    if "table" not in kinds or "cards" in kinds or len(table.select("thead tr")) > 1:
        return html
    kinds.append("cards")
    table["role"] = "table"
    for part in table.select("thead, tbody"):
        part["role"] = "rowgroup"
    for head in heads:
        head["role"] = "columnheader"
    for row in table.find_all("tr"):
        row["role"] = "row"
    for row in table.select("tbody tr"):
        label_row(row, [head.get_text(" ", strip=True) for head in heads])
    return str(table)


def label_row(row: Tag, heads: list[str]) -> None:
    """Give each cell the head of its column; one that spans several columns stands for all of them."""
    column = 0
    for cell in row.find_all(["td", "th"], recursive=False):
        width = int(cell.get("colspan", 1))
        content = Tag(name="div")
        content.extend(list(cell.contents))
        cell.append(content)  # one thing to stand beside the head, whatever the cell holds
        cell["role"] = "cell"
        cell["data-label"] = " / ".join(filter(None, heads[column : column + width]))
        column += width
