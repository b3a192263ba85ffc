"""The one place of colours, names and fonts of every figure.

Colours: Okabe & Ito 2008, distinguishable with every common colour blindness. There are more methods than that: each
has a hue, its map ranges differ in lightness, and where lines or points cross also in dash and filling. Orange is the
teacher's in maps and in the drawing of the method, so no method has it.
Maps: perceptually even, one hue each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ckdsnn.files import atomic

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

# kind of map of a student -> (label, colour), in the order in which figures and tables show them
MAPS = {
    "sam": ("SAM, last stage", "#0072B2"),
    "grad_cam": ("Grad-CAM, last stage", "#D55E00"),
    "sam_first": ("SAM, first stage", "#56B4E9"),
    "grad_cam_first": ("Grad-CAM, first stage", "#E69F00"),
    "grad_cam_far": ("Grad-CAM, other surrogate", "#882255"),
    "teacher_cam": ("Teacher's CAM", "#000000"),
    "centre": ("Centred Gaussian", "#009E73"),
    "random": ("Random", "#AAAAAA"),
}

# shape of a surrogate gradient -> (label, colour)
SURROGATES = {
    "triangle": ("triangle, as trained at width 1", "#000000"),
    "rectangle": ("rectangle", "#D55E00"),
    "sigmoid": ("sigmoid's derivative", "#0072B2"),
    "arctangent": ("arctangent's derivative", "#009E73"),
}

# where in a student of three stages a Grad-CAM is made -> label
PLACES = {
    "stage1": "stage 1",
    "stage2": "stage 2",
    "current": "before the last spikes",
    "stage3": "stage 3, the last",
}

# implementation of the training step -> (label, colour), in the order in which figures show them
IMPLEMENTATIONS = {
    "reference": ("reference", "#AAAAAA"),
    "ours": ("ours", "#0072B2"),
    "ours-fp32": ("ours, fp32", "#56B4E9"),
    "ours-bf16": ("ours, bf16", "#E69F00"),
}

# part of the training step -> (label, colour), in the order in which a step does them
PHASES = {
    "data": ("training input", "#F0E442"),
    "teacher": ("teacher forward", "#D55E00"),
    "student": ("student forward", "#0072B2"),
    "losses": ("maps and losses", "#009E73"),
    "backward": ("backward", "#56B4E9"),
    "optimiser": ("optimiser", "#000000"),
}

# what a measurement turns in the fast paths -> label
SWITCHES = {
    "neuron=spikingjelly": "spikingjelly's neuron",
    "neuron=fused": "our fused neuron",
    "channels_last=False": "channels first",
    "closed_cam=False": "CAM by a backward pass",
    "compile=True": "torch.compile",
    "tf32=False": "no TF32",
}


SETTINGS = {
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "ckdsnn",  # the same figure gives the same bytes
}


@contextmanager
def styled() -> Iterator[None]:
    """The project's look for the figures made inside the block; nothing global changes."""
    with plt.rc_context(SETTINGS):
        yield


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG, whole or not at all. Raises CkdsnnError where it cannot be written."""
    with styled(), atomic(path) as partial:
        figure.savefig(partial, format="png", metadata={"Software": None})
    return Path(path)
