"""The drawing of the method: boxes and arrows in matplotlib, made anew with every build of the book."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ckdsnn.report.style import WIDTH, styled

TEACHER, STUDENT = ("#FDE0C5", "#A63603"), ("#D6E6F4", "#08519C")  # filling and line
LOSS, PLAIN = ("#E3F2EC", "#00664B"), ("#F2F2F2", "#444444")

# name -> (x, y, width, text, colours); the centre of each box
BOXES = {
    "image": (4.2, 10.5, 1.7, "image $x$", PLAIN),
    "teacher": (1.9, 9.3, 2.4, "ANN teacher\nfrozen", TEACHER),
    "student": (6.5, 9.3, 2.4, "SNN student\nLIF, $T$ steps", STUDENT),
    "cam": (1.9, 7.9, 2.4, "CAM of the label\n$\\max(0, \\Sigma_c\\, w_{yc} F_c)$", TEACHER),
    "sam": (6.5, 7.9, 2.4, "SAM: spike count\n$\\Sigma_t \\Sigma_c\\, F_{tc}$", STUDENT),
    "ranged_cam": (1.9, 6.5, 2.4, "0 to 1 within\neach image", TEACHER),
    "ranged_sam": (6.5, 6.5, 2.4, "0 to 1 within\neach image", STUDENT),
    "scaled_cam": (1.9, 5.1, 2.4, "softmax over\ncells, $T_s = 2$", TEACHER),
    "scaled_sam": (6.5, 5.1, 2.4, "softmax over\ncells, $T_s = 2$", STUDENT),
    "samd": (4.2, 5.1, 1.5, "SAMD\n$T_s^2\\,$KL", LOSS),
    "teacher_logits": (1.9, 3.5, 2.4, "logits $z^{te}$", TEACHER),
    "student_logits": (6.5, 3.5, 2.4, "logits $z^{st}$", STUDENT),
    "noise": (6.5, 2.1, 2.4, "$+\\ \\lambda\\,\\varepsilon$", PLAIN),
    "nld": (4.4, 2.1, 1.2, "NLD\n$\\tau^2\\,$KL", LOSS),
    "ce": (6.5, 0.6, 2.4, "cross-entropy\nwith label $y$", LOSS),
    "total": (2.2, 0.6, 3.4, "$L_{CE} + \\beta\\, L_{SAMD}$\n$+\\ \\gamma\\, L_{NLD}$", LOSS),
}
ARROWS = [
    ("image", "teacher"), ("image", "student"), ("teacher", "cam"), ("student", "sam"),
    ("cam", "ranged_cam"), ("sam", "ranged_sam"), ("ranged_cam", "scaled_cam"), ("ranged_sam", "scaled_sam"),
    ("scaled_cam", "samd"), ("scaled_sam", "samd"),
    ("teacher", "teacher_logits"), ("student", "student_logits"), ("teacher_logits", "nld"),
    ("student_logits", "noise"), ("noise", "nld"), ("student_logits", "ce"),
    ("samd", "total"), ("nld", "total"), ("ce", "total"),
]  # fmt: skip
# arrow that would run through other boxes -> side on which it goes around them
ROUND = {("teacher", "teacher_logits"): -1, ("student", "student_logits"): 1, ("student_logits", "ce"): 1}
HEIGHT = 0.72


def draw_box(axes: Axes, x: float, y: float, width: float, text: str, colours: tuple[str, str]) -> FancyBboxPatch:
    """A rounded box with its text, centred at (x, y)."""
    axes.text(x, y, text, ha="center", va="center", color=colours[1])
    look = {"boxstyle": "round,pad=0.04,rounding_size=0.12", "fc": colours[0], "ec": colours[1], "lw": 1.4}
    return axes.add_patch(FancyBboxPatch((x - width / 2, y - HEIGHT / 2), width, HEIGHT, **look))


@styled()
def framework() -> Figure:
    """From one image to the loss: the teacher on the left, the student on the right, the distillation terms between.

    An arrow leads straight from edge to edge of its boxes, or from side to side around what lies between.
    """
    figure = Figure(figsize=(WIDTH, 6.2))
    axes = figure.subplots()
    boxes = {name: draw_box(axes, *box) for name, box in BOXES.items()}
    for start, end in ARROWS:
        (x, y, width, _, (_, colour)), (x_end, y_end, width_end, *_) = BOXES[start], BOXES[end]
        side = ROUND.get((start, end), 0)
        way = (
            {"connectionstyle": f"arc3,rad={-0.35 * side}"} if side else {"patchA": boxes[start], "patchB": boxes[end]}
        )
        look = {"arrowstyle": "-|>", "color": colour, "lw": 1.3, "shrinkA": 2, "shrinkB": 2} | way
        axes.annotate("", (x_end + side * width_end / 2, y_end), (x + side * width / 2, y), arrowprops=look)
    axes.set(xlim=(-0.1, 8.5), ylim=(0, 11))
    axes.set_axis_off()
    return figure
