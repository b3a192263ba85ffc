"""Records and measurements to draw, and every figure of the package drawn from them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from ckdsnn.analysis.agreement import Agreement
from ckdsnn.analysis.explain import Explanation
from ckdsnn.data import DATASETS
from ckdsnn.records import Record
from ckdsnn.report.framework import framework
from ckdsnn.report.map_plots import explanation, map_gallery
from ckdsnn.report.plots import agreements, cell_shares, loss_terms, smoothed_probabilities, training_curves
from ckdsnn.report.style import METHODS

CLASSES, DIGITS = DATASETS["cifar10"].classes, DATASETS["digits"].classes


def record_of(record: Record, method: str, **changes) -> Record:
    """`record` as if its run had had this method."""
    return replace(record, recipe=record.recipe | {"name": f"digits-{method}"}, **changes)


def pictures(count: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def maps(count: int, size: int = 4) -> np.ndarray:
    return np.random.default_rng(2).random((count, size, size)).astype(np.float16)


def agreement(seed: int) -> Agreement:
    random = np.random.default_rng(seed)
    return Agreement(random.uniform(-1, 1, 9), random.uniform(-0.2, 0.2, 9))


def distributions(count: int) -> np.ndarray:
    return np.random.default_rng(3).dirichlet(np.ones(16), count)


def softened() -> dict[str, np.ndarray]:
    """A sure prediction of ten classes, without and with a little noise."""
    sure = np.array([0.01] * 7 + [0.91] + [0.01] * 2)
    return {f"lambda = {weight}": (1 - weight) * sure + weight / 10 for weight in (0, 0.1, 1)}


def found(teacher: str = "truck", student: str = "cat", size: int = 8) -> Explanation:
    """An explanation in which the two networks are sure, each of one class."""

    def sure_of(best: str) -> dict[str, float]:
        return {best: 0.91} | {name: 0.01 for name in CLASSES if name != best}

    cells = maps(2)
    record_id = "cifar100-reduced-ckdsnn-sample-s0-0123abcd"
    return Explanation(pictures(1, size)[0], cells[0], 100 * cells[1], sure_of(teacher), sure_of(student), record_id)


def gallery() -> Figure:
    """Eight CIFAR-10 pictures with the rows that have the longest labels."""
    rows = {"Teacher: CAM": ("cam", maps(8))}
    rows |= {f"SAM: {METHODS[method][0]}": ("sam", maps(8)) for method in ("snn", "ckdsnn-sample")}
    return map_gallery(pictures(8), CLASSES[:8], rows | {"Student: Grad-CAM": ("grad_cam", maps(8))})


FIGURES: dict[str, Callable[[Record], Figure]] = {
    "training_curves": lambda record: training_curves([record_of(record, method) for method in METHODS]),
    "loss_terms": loss_terms,
    "cell_shares": lambda _: cell_shares({"teacher, 0 to 1": distributions(9), "student, counts": distributions(9)}),
    "smoothed_probabilities": lambda _: smoothed_probabilities(DIGITS, softened()),
    "agreements": lambda _: agreements(
        {title: {method: agreement(1) for method in ("snn", "ckdsnn", "ckdsnn-sample")} for title in ("SAM", "CAM")}
    ),
    "map_gallery": lambda _: gallery(),
    "explanation": lambda _: explanation(found()),
    "framework": lambda _: framework(),
}
