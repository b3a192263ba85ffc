"""Sphinx extension: a link to a term of the glossary says what the term means, while it is pointed at or has the focus.

The definition is an attribute of the link, which screen readers read; reference.css shows it. No script is needed.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LINK = re.compile(r'<a class="reference internal" href="[^"#]*#(term-[^"]+)"')


def definitions(env: BuildEnvironment) -> dict[str, str]:
    """Id of every term of the glossary -> the first paragraph of what is said of it, without works cited."""
    pages = {page for _, _, kind, page, *_ in env.domains["std"].get_objects() if kind == "term"}
    items = [item for page in sorted(pages) for item in env.get_doctree(page).findall(nodes.definition_list_item)]
    return {
        name: plain(item.next_node(nodes.definition).next_node(nodes.paragraph))
        for item in items
        for term in item.findall(nodes.term)
        for name in term["ids"]
    }


def plain(paragraph: nodes.paragraph) -> str:
    """A paragraph's text; formulas, of which glossaries have short ones, with their letters alone."""
    paragraph = paragraph.deepcopy()
    for node in list(paragraph.findall(addnodes.pending_xref)):
        if node.get("refdomain") == "cite":
            node.parent.remove(node)
    for node in list(paragraph.findall(nodes.math)):
        node.replace_self(nodes.Text(re.sub(r"\\(\w+)", letter, node.astext())))
    return re.sub(r"\s+(?=[,.:;])", "", " ".join(paragraph.astext().split()))


def letter(command: re.Match) -> str:
    r"""What a command of LaTeX draws: a Greek letter for its name, else the name, as of \ln."""
    entity = f"&{command[1]};"
    return command[1] if unescape(entity) == entity else unescape(entity)


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the definition of each term that a page links to into the links."""
    if not hasattr(app, "definitions"):
        app.definitions = definitions(app.env)

    if "body" in context:
        context["body"] = described(context["body"], app.definitions)


def described(html: str, found: Mapping[str, str]) -> str:
    """HTML whose links to terms have their definitions."""

    def with_definition(link: re.Match) -> str:
        return f'{link[0]} aria-description="{escape(found[link[1]])}"' if link[1] in found else link[0]

    return LINK.sub(with_definition, html)


def describe_records(app: Sphinx, error: Exception | None) -> None:
    """The same for the pages of runs, which are not Sphinx's own (book/records.py)."""
    for page in sorted(Path(app.outdir, "book", "records").rglob("*.html")) if not error else ():
        page.write_text(described(page.read_text(), app.definitions))


def setup(app: Sphinx) -> dict[str, bool]:
    """Work on every page when it is written, on those of runs at the end."""
    app.connect("html-page-context", describe)
    app.connect("build-finished", describe_records)  # when they have been copied to the others
    return {"parallel_read_safe": True, "parallel_write_safe": True}
