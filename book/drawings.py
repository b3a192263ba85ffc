"""The book's figures that no run stands behind: drawn by the package, anew with every build."""

import io
from collections.abc import Callable

import matplotlib.figure

from book.provenance import Figure
from ckdsnn.report.framework import framework
from ckdsnn.report.style import styled

DRAWINGS: dict[str, Callable[[], matplotlib.figure.Figure]] = {"framework": framework}
"""Name -> function; pages show NAME as figures/NAME.svg."""


def svg(figure: matplotlib.figure.Figure) -> bytes:
    """The figure as SVG, without the time of its making, so that equal drawings are equal bytes."""
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def drawings(sources: str) -> list[Figure]:
    """Every drawing with a legend that leads to the code. `sources`: address of the repository's files."""
    figures = []
    for name, draw in DRAWINGS.items():
        path = draw.__module__.replace(".", "/") + ".py"
        text = f'<div class="provenance">Drawn by <a href="{sources}/{path}">{path}</a></div>'
        figures.append(Figure(name, ".svg", svg(draw()), text))
    return figures
