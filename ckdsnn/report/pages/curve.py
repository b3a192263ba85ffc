"""The curve of one run as an SVG that stands in its page."""

from collections.abc import Mapping, Sequence

SIZE, LEFT, BELOW = (560, 230), 40, 34  # of the drawing, and its margins
CURVES = {"train_accuracy": "training", "test_accuracy": "test"}


def drawing(points: Sequence[Mapping[str, float | None]]) -> str:
    """The accuracies of the epochs as lines, in the colours of the page, so that it can be read in the dark, too."""
    found = {name: [(p["epoch"], p[name]) for p in points if p.get(name) is not None] for name in CURVES}
    values = [value for line in found.values() for _, value in line]
    low, high = 10 * (min(values) // 10), 10 * (max(values) // 10 + 1)
    first, last = points[0]["epoch"], points[-1]["epoch"]
    wide, tall = SIZE[0] - LEFT - 80, SIZE[1] - BELOW - 10

    def at(epoch: float, value: float) -> str:
        x = LEFT + wide * ((epoch - first) / (last - first) if last > first else 1)
        return f"{x:.1f},{10 + tall * (high - value) / (high - low):.1f}"

    parts = []
    for tick in dict.fromkeys((low, (low + high) / 2, high)):
        x, y = at(first, tick).split(",")
        parts.append(f'<path class="grid" d="M{LEFT},{y}H{LEFT + wide}"/><text x="{LEFT - 6}" y="{y}">{tick:g}</text>')
    for epoch in dict.fromkeys((first, last)):
        x, _ = at(epoch, low).split(",")
        parts.append(f'<text class="below" x="{x}" y="{SIZE[1] - BELOW + 18}">{epoch:g}</text>')
    heights = apart({name: float(at(*line[-1]).split(",")[1]) for name, line in found.items() if line})
    for name, line in found.items():
        if line:
            x, y = at(*line[-1]).split(",")
            parts.append(f'<polyline class="{name}" points="{" ".join(at(*point) for point in line)}"/>')
            parts.append(f'<circle class="{name}" cx="{x}" cy="{y}" r="3"/>')
            parts.append(
                f'<text class="name {name}" x="{float(x) + 8:.1f}" y="{heights[name]:.1f}">{CURVES[name]}</text>'
            )
    tested = found["test_accuracy"]
    said = f"Test accuracy from {tested[0][1]:.2f} % after epoch {tested[0][0]:g} to {tested[-1][1]:.2f} % at the end."
    return (
        f'<figure><svg class="curve" viewBox="0 0 {SIZE[0]} {SIZE[1]}" role="img" aria-label="{said}">{"".join(parts)}'
        f"</svg><figcaption>Accuracy (%) on training and test images after each epoch. {said}</figcaption></figure>"
    )


def apart(heights: Mapping[str, float], least: float = 14) -> dict[str, float]:
    """The heights of labels, moved apart where they would cover each other, in their order."""
    moved: dict[str, float] = {}
    for name in sorted(heights, key=heights.__getitem__):
        moved[name] = max(heights[name], max(moved.values(), default=-least) + least)
    return moved
