"""The one place of colours and fonts of every figure.

Colours: Okabe & Ito 2008, distinguishable with every common colour blindness. There are more methods than that: each
has a hue, its map ranges differ in lightness, and where lines or points cross also in dash and filling. Orange is the
teacher's in maps and in the drawing of the method, so no method has it.
Maps: perceptually even, one hue each.
Size: every figure is one column, WIDTH wide, so that its text can be read on a telephone; panels stand below others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.pyplot as plt

WIDTH = 4.8  # inches: a telephone shows it at three quarters of its size

MAP_COLOURS = {"cam": "Oranges", "sam": "Blues", "grad_cam": "Greys"}
LOSS_COLOURS = "cividis"  # of heights: perceptually even, and the same to the colour-blind
TERM_COLOURS = ("#000000", "#0072B2", "#009E73", "#D55E00", "#E69F00")  # of series that are no methods
SEQUENCE = "viridis"  # colour map of a series in order, such as temperatures: even to the eye and when printed in grey

COLOURS = {  # method -> colour
    "teacher": "#000000",
    "snn": "#838383",
    "kd": "#DDAA00",
    "kdsnn": "#8A4E24",
    "bkd": "#84AB63",
    "at": "#45107E",
    "catkd": "#8656CB",
    "e2kd": "#1E423D",
    "samd": "#A31B5A",
    "samd-count": "#F28CB1",
    "nld": "#2E8B57",
    "ckdsnn": "#275796",
    "ckdsnn-count": "#3FB2FE",
    "ckdsnn-released": "#87BCE1",
    "ckdsnn-first": "#1E36D2",
}
OTHER_COLOUR = "#CC79A7"

SETTINGS = {
    "figure.dpi": 110,
    "savefig.dpi": 220,  # a figure on a screen of two points a pixel is still sharp
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",  # matplotlib's own: the same on every machine
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.title_fontsize": 9,
    "figure.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "grid.color": "#DDDDDD",
    "legend.frameon": False,
    "lines.markersize": 4.5,
    "svg.hashsalt": "ckdsnn",  # the same figure gives the same bytes
}


@contextmanager
def styled() -> Iterator[None]:
    """The project's look for the figures made inside the block, or by the function so decorated; nothing global
    changes."""
    import seaborn as sns  # a second that colours and labels alone need not wait

    with plt.rc_context({**sns.axes_style("whitegrid"), **SETTINGS}):
        yield
