"""The drawing of the method: boxes and arrows in matplotlib, made anew with every build of the book."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ckdsnn.report.style import styled

TEACHER, STUDENT, LOSS, PLAIN = (
    ("#FDE0C5", "#A63603"),
    ("#D6E6F4", "#08519C"),
    ("#E3F2EC", "#00664B"),
    ("#F2F2F2", "#444444"),
)

# name -> (x, y, width, text, colours); the centre of each box
BOXES = {
    "image": (0.8, 2.5, 1.3, "image $x$", PLAIN),
    "teacher": (2.9, 4.1, 1.9, "ANN teacher\nfrozen", TEACHER),
    "student": (2.9, 0.9, 1.9, "SNN student\nLIF, $T$ steps", STUDENT),
    "cam": (5.6, 3.4, 2.1, "CAM of the label\n$\\Sigma_c\\, w_{yc} F_c$", TEACHER),
    "sam": (5.6, 1.6, 2.1, "SAM: spike count\n$\\Sigma_t \\Sigma_c\\, F_{tc}$", STUDENT),
    "scaled_cam": (8.2, 3.4, 1.8, "softmax over\ncells, $T_s = 2$", TEACHER),
    "scaled_sam": (8.2, 1.6, 1.8, "softmax over\ncells, $T_s = 2$", STUDENT),
    "samd": (10.6, 2.5, 1.7, "SAMD\n$T_s^2\\,$KL", LOSS),
    "teacher_logits": (8.2, 4.6, 1.8, "logits $z^{te}$", TEACHER),
    "student_logits": (8.2, 0.4, 1.8, "logits $z^{st}$", STUDENT),
    "noise": (10.6, 1.2, 1.7, "$+\\ \\lambda\\,\\varepsilon$", PLAIN),
    "nld": (12.9, 4.0, 1.7, "NLD\n$\\tau^2\\,$KL", LOSS),
    "ce": (12.9, 0.4, 1.7, "cross-entropy\nwith label $y$", LOSS),
    "total": (15.2, 2.5, 1.7, "$L_{CE} + \\beta\\, L_{SAMD}$\n$+\\ \\gamma\\, L_{NLD}$", LOSS),
}
ARROWS = [
    ("image", "teacher"), ("image", "student"), ("teacher", "cam"), ("student", "sam"),
    ("cam", "scaled_cam"), ("sam", "scaled_sam"), ("scaled_cam", "samd"), ("scaled_sam", "samd"),
    ("teacher", "teacher_logits"), ("student", "student_logits"), ("teacher_logits", "nld"),
    ("student_logits", "noise"), ("noise", "nld"), ("student_logits", "ce"),
    ("samd", "total"), ("nld", "total"), ("ce", "total"),
]  # fmt: skip
HEIGHT = 0.62


def draw_box(axes: Axes, x: float, y: float, width: float, text: str, colours: tuple[str, str]) -> None:
    """A rounded box with its text, centred at (x, y)."""
    fill, line = colours
    corner = (x - width / 2, y - HEIGHT / 2)
    axes.add_patch(FancyBboxPatch(corner, width, HEIGHT, "round,pad=0.04,rounding_size=0.12", fc=fill, ec=line, lw=1.4))
    axes.text(x, y, text, ha="center", va="center", color=line, fontsize=10)


def draw_arrow(axes: Axes, start: str, end: str) -> None:
    """An arrow from the right side of one box to the left side of another, in the first one's colour."""
    x0, y0, width0, _, (_, line) = BOXES[start]
    x1, y1, width1, _, _ = BOXES[end]
    tail, head = (x0 + width0 / 2 + 0.05, y0), (x1 - width1 / 2 - 0.05, y1)
    axes.annotate(
        "", head, tail, arrowprops={"arrowstyle": "-|>", "color": line, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    )


def framework() -> Figure:
    """From one image to the loss: the teacher above, the student below, the two distillation terms between them."""
    with styled():
        figure = Figure(figsize=(12, 4.2))
        axes = figure.subplots()
        for start, end in ARROWS:
            draw_arrow(axes, start, end)
        for box in BOXES.values():
            draw_box(axes, *box)
        axes.set(xlim=(0, 16.2), ylim=(-0.4, 5.4))
        axes.set_axis_off()
        return figure
