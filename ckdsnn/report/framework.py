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
    "image": (0.9, 2.6, 1.5, "image $x$", PLAIN),
    "teacher": (3.2, 4.2, 2.1, "ANN teacher\nfrozen", TEACHER),
    "student": (3.2, 1.6, 2.1, "SNN student\nLIF, $T$ steps", STUDENT),
    "teacher_logits": (6.1, 4.9, 2.7, "logits $z^{te}$", TEACHER),
    "cam": (6.1, 3.55, 2.7, "CAM of the label\n$\\Sigma_c\\, w_{yc} F_c$", TEACHER),
    "sam": (6.1, 2.35, 2.7, "SAM: spike count\n$\\Sigma_t \\Sigma_c\\, F_{tc}$", STUDENT),
    "student_logits": (6.1, 0.9, 2.7, "logits $z^{st}$", STUDENT),
    "scaled_cam": (9.05, 3.55, 2.2, "softmax over\ncells, $T_s = 2$", TEACHER),
    "scaled_sam": (9.05, 2.35, 2.2, "softmax over\ncells, $T_s = 2$", STUDENT),
    "noise": (9.05, 1.25, 2.2, "$+\\ \\lambda\\,\\varepsilon$", PLAIN),
    "nld": (11.75, 4.9, 2.2, "NLD\n$\\tau^2\\,$KL", LOSS),
    "samd": (11.75, 2.95, 2.2, "SAMD\n$T_s^2\\,$KL", LOSS),
    "ce": (11.75, 0, 2.2, "cross-entropy\nwith label $y$", LOSS),
    "total": (14.65, 2.6, 2.6, "$L_{CE} + \\beta\\, L_{SAMD}$\n$+\\ \\gamma\\, L_{NLD}$", LOSS),
}
ARROWS = [
    ("image", "teacher"), ("image", "student"), ("teacher", "cam"), ("student", "sam"),
    ("cam", "scaled_cam"), ("sam", "scaled_sam"), ("scaled_cam", "samd"), ("scaled_sam", "samd"),
    ("teacher", "teacher_logits"), ("student", "student_logits"), ("teacher_logits", "nld"),
    ("student_logits", "noise"), ("noise", "nld"), ("student_logits", "ce"),
    ("samd", "total"), ("nld", "total"), ("ce", "total"),
]  # fmt: skip
HEIGHT = 0.66


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
        figure = Figure(figsize=(8, 4.2))
        axes = figure.subplots()
        for start, end in ARROWS:
            draw_arrow(axes, start, end)
        for box in BOXES.values():
            draw_box(axes, *box)
        axes.set(xlim=(0, 16.1), ylim=(-0.5, 5.4))
        axes.set_axis_off()
        return figure
