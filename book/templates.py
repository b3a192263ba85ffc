"""Pages that share a notebook: a Markdown file names the template and its parameters, and has the page's own words.

---
template: suite.ipynb
parameters: {suite: noise, baseline: kd}
---
# Title, and what is asked
<!-- cells -->
What is said after the template's cells.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml

from ckdsnn.errors import CkdsnnError

CELLS = "<!-- cells -->"
FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Source:
    """What one notebook page of the book is made of."""

    name: str
    """of the page, a notebook, as a path below the root"""
    notebook: Path
    """that runs"""
    parameters: dict[str, Any] = field(default_factory=dict)
    """that the page sets"""
    words: str = ""
    """the page's own, in Markdown, around the notebook's cells; "" for a notebook that has its own"""


def source_of(root: Path, file: str) -> Source | None:
    """The source of the page that a file below `root` makes; None for a page without a notebook.

    Raises CkdsnnError for a page of a template that does not say where its cells go.
    """
    path = root / file
    if path.suffix == ".ipynb":
        return Source(file, path)
    text = path.read_text()
    if not (front := FRONT.match(text)):
        return None
    named, words = yaml.safe_load(front[1]), text[front.end() :]
    if words.count(CELLS) != 1:
        raise CkdsnnError(f"{file} must have the line {CELLS} once: there the cells of {named['template']} go")
    return Source(str(Path(file).with_suffix(".ipynb")), path.parent / named["template"], named["parameters"], words)


def with_words(notebook: nbformat.NotebookNode, source: Source) -> None:
    """Put the page's own words around the cells of an executed template, in the place of its title.

    The names of its figures, which are the same on all its pages, begin with the page's.
    """
    for cell in notebook.cells:
        if figure := cell.metadata.get("mystnb", {}).get("figure"):
            figure["name"] = f"{Path(source.name).stem}-{figure['name']}"
    before, after = source.words.split(CELLS)
    title, *sections = before.strip().partition("\n## ")
    words = [nbformat.v4.new_markdown_cell(text.strip()) for text in (title, "".join(sections), after)]
    notebook.cells = [*words[:2], *notebook.cells[1:], words[2]]
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:03d}"


def under_title(notebook: nbformat.NotebookNode) -> None:
    """Put the answer, and the figure that goes with it, under the page's title: what made them follows.

    What only installs the package, a hidden cell, is not shown.
    """
    tagged = [(cell, {*cell.metadata.get("tags", [])}) for cell in notebook.cells]
    leading = [cell for cell, tags in tagged if {"answer", "lead"} & tags]
    for cell in leading:
        cell.metadata.tags = ["remove-input"]  # what they show comes first; the notebook itself has the code
    title, *others = [cell for cell, tags in tagged if not {"answer", "lead", "hide-cell"} & tags]
    notebook.cells = [title, *leading, *others]
