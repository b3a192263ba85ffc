"""The whole book as one PDF: the articles of all pages, in reading order, printed by Chromium.

    python -m book.pdf [FILE]

Reads _build/html and writes _build/book.pdf. One document, not a pile of printed pages: so links between pages
work, pages are numbered through, and headings become the outline.
"""

import argparse
import io
import logging
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, IndirectObject, NameObject, TextStringObject

from book.browser import Traffic, chromium, served
from book.contents import pages
from ckdsnn.errors import CkdsnnError

ROOT = Path(__file__).resolve().parent.parent
WHOLE = "whole-book.html"  # the address of the document, which lies in no file
NOT_PRINTED = "script, .headerlink, .copybtn, .prev-next-footer"
TWICE = re.compile(r"^(.{10,})\1|^(.+)\2$")  # a long line and what follows it, or the whole of a title
DATES = ("/CreationDate", "/ModDate")
FOOTER = '<div style="width: 100%; font: 8px sans-serif; text-align: center"><span class="pageNumber"></span></div>'
MARGINS = {"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"}


def anchor(name: str, fragment: str = "") -> str:
    """The id, within the whole document, of a page or of a place in it."""
    return name.removesuffix(".html").replace("/", "-") + (f"--{fragment}" if fragment else "")


def article(html: Path, name: str, names: list[str]) -> Tag:
    """The article of a page, its ids and links made those of the whole document. Raises CkdsnnError without one.

    Links to files that are no pages (tables to download) lose their address: there is nothing beside a PDF.
    """
    found = BeautifulSoup((html / name).read_text(), "html.parser").select_one("article.bd-article")
    if found is None:
        raise CkdsnnError(f"{html / name} holds no article")
    for tag in found.select(NOT_PRINTED):
        tag.decompose()
    for tag in found.select("[id]:not(svg [id])"):
        tag["id"] = anchor(name, tag["id"])
    for tag in found.select("[href], [src]"):
        key = "href" if tag.has_attr("href") else "src"
        address, fragment = urldefrag(tag[key])
        if urlsplit(tag[key]).scheme:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address))) if address else name
        if key == "src":
            tag["src"] = target
        elif target in names:
            tag["href"] = "#" + anchor(target, unquote(fragment))
        else:
            del tag["href"]
    found["id"] = anchor(name)
    return found


def styles(html: Path, name: str) -> list[str]:
    """The addresses of the style sheets of a page, seen from the folder `html`."""
    links = BeautifulSoup((html / name).read_text(), "html.parser").select("link[rel=stylesheet]")
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), link["href"])) for link in links]


def whole(html: Path, names: list[str], title: str, author: str) -> str:
    """The document to print: a title, the contents, the articles."""
    articles = [article(html, name, names) for name in names]
    heads = [(part["id"], part.h1.get_text() if part.h1 else part["id"]) for part in articles]
    sheets = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in styles(html, names[0]))
    contents = "".join(f'<li><a href="#{key}">{head}</a></li>' for key, head in heads)
    front = f'<p class="book-title">{title}</p><p>{author}</p><ol class="book-contents">{contents}</ol>'
    return (
        f'<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>{title}</title>{sheets}'
        f'</head><body class="whole-book"><section class="bd-article">{front}</section>'
        f"{''.join(map(str, articles))}</body></html>"
    )


def printed(browser: Browser, html: Path, document: str) -> bytes:
    """The PDF that Chromium makes of the document. Without scripts: interactive parts show what they show without."""
    with served(html) as address:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.route(address + WHOLE, lambda route: route.fulfill(body=document, content_type="text/html"))
        traffic = Traffic(page)
        page.goto(address + WHOLE, timeout=0)
        traffic.wait()
        return page.pdf(
            format="A4", margin=MARGINS, outline=True, tagged=True, print_background=True,
            display_header_footer=True, header_template="<span></span>", footer_template=FOOTER,
        )  # fmt: skip


def entries(item: IndirectObject | None) -> Iterator[DictionaryObject]:
    """The entries of an outline from `item` on, with those below them."""
    while item is not None:
        entry = item.get_object()
        yield entry
        yield from entries(entry.get("/First"))
        item = entry.get("/Next")


def mended(pdf: bytes) -> PdfWriter:
    """The PDF without the time of its making, so that equal books are equal files, and with each title said once.

    Chromium writes the first line of a heading at the top of a page twice into the outline.
    """
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of a wrong count of objects, and corrects it
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.metadata = {key: value for key, value in writer.metadata.items() if key not in DATES}
    for entry in entries(writer.root_object["/Outlines"].get_object().get("/First")):
        entry[NameObject("/Title")] = TextStringObject(TWICE.sub(r"\1\2", str(entry["/Title"])))
    return writer


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 if the file was written."""
    parser = argparse.ArgumentParser(prog="python -m book.pdf", description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "_build" / "book.pdf", help="what to write")
    options = parser.parse_args(arguments)
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    names = [Path(page).with_suffix(".html").as_posix() for page in pages(ROOT)]
    html = ROOT / "_build" / "html"
    try:
        document = whole(html, names, config["title"], config["author"])
        with chromium() as browser:
            writer = mended(printed(browser, html, document))
    except (CkdsnnError, FileNotFoundError) as error:
        print(f"no PDF: {error}", file=sys.stderr)
        return 1
    writer.write(options.file)
    print(f"the book, {len(writer.pages)} pages: {options.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
