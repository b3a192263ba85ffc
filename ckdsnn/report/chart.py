"""A figure together with the numbers that it draws, and how the two are written."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ckdsnn.errors import choose
from ckdsnn.files import atomic
from ckdsnn.report.style import WIDTH, styled

FORMATS = {"svg": {"Date": None}, "png": {"Software": None}, "pdf": {"CreationDate": None}}
"""-> metadata without which equal figures are equal bytes"""


@dataclass(frozen=True)
class Chart:
    """A figure and its data: a row for each point, or what else it draws."""

    figure: Figure
    data: pd.DataFrame
    format: str = "svg"
    """png for pictures, of which an SVG would be a wrapping"""

    def content(self) -> bytes:
        """The figure's file."""
        return content_of(self.figure, self.format)

    def csv(self) -> str:
        """The data, in six significant digits."""
        return self.data.to_csv(index=False, float_format="%.6g")


@styled()
def content_of(figure: Figure, format: str = "svg") -> bytes:
    """A figure's file, equal for equal figures."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, metadata=FORMATS[format])
    return buffer.getvalue()


def panels(rows: int = 1, columns: int = 1, height: float = 2.6, **shared) -> tuple[Figure, np.ndarray]:
    """A figure of one column's width with [rows, columns] axes, each row `height` inches; shared: as for `subplots`."""
    figure = Figure(figsize=(WIDTH, height * rows))
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def legend_below(figure: Figure, axes: Axes, names: Sequence[str] | None = None, ncols: int = 2) -> None:
    """Move the legend that seaborn has put into the axes below the figure; names: its entries, if not those there."""
    handles, found = axes.get_legend_handles_labels()
    axes.get_legend().remove()
    figure.legend(handles, names or found, loc="outside lower center", ncols=ncols)


def format_of(path: str | Path) -> str:
    """The format of a figure's file, by the end of its name. Raises CkdsnnError for one that is not written."""
    end = Path(path).suffix.lower()
    return choose("kind of figure", end, {f".{name}": name for name in FORMATS})


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure, whole or not at all. Raises CkdsnnError as `format_of` does, and where it cannot be written."""
    content = content_of(figure, format_of(path))
    with atomic(path) as partial:
        partial.write_bytes(content)
    return Path(path)
