"""The book's figures that no run stands behind: drawn by the package, anew with every build."""

from collections.abc import Callable
from functools import cache

import matplotlib.figure

from book.provenance import Figure
from ckdsnn.report.chart import content_of
from ckdsnn.report.framework import framework

DRAWINGS: dict[str, Callable[[], matplotlib.figure.Figure]] = {"framework": framework}
"""Name -> function; pages show NAME as figures/NAME.svg."""


@cache
def drawn(name: str) -> bytes:
    """A drawing's SVG; made once a process, as it takes half a second."""
    return content_of(DRAWINGS[name]())


def drawings(link: Callable[[str], str]) -> list[Figure]:
    """Every drawing with a legend that leads to the code. `link`: path of a file -> address that shows it."""
    figures = []
    for name, draw in DRAWINGS.items():
        path = draw.__module__.replace(".", "/") + ".py"
        text = f'<div class="provenance">Drawn by <a href="{link(path)}">{path}</a></div>'
        figures.append(Figure(name, ".svg", drawn(name), text))
    return figures
