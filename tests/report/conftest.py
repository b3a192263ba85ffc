"""Records and measurements to draw, and every figure of the package drawn from them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from ckdsnn.analysis.agreement import Agreement
from ckdsnn.analysis.explain import Explanation
from ckdsnn.data import DATASETS
from ckdsnn.records import Record
from ckdsnn.records.bench import BenchRecord, bench_id
from ckdsnn.report.framework import framework
from ckdsnn.report.landscape_plots import landscape_curves, landscape_planes
from ckdsnn.report.map_plots import explanation, map_gallery
from ckdsnn.report.plots import agreements, cell_shares, loss_terms, smoothed_probabilities, training_curves
from ckdsnn.report.speed_plots import scaling, switch_costs, throughput, time_shares
from ckdsnn.report.style import METHODS
from tests.bench_example import EXAMPLE, entry, point
from tests.landscape_example import bowl

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


CPU, GPU = "cpu: Intel(R) Xeon(R) Processor @ 2.70GHz", "cuda: NVIDIA H200"
SPEEDS = {"reference": 1.0, "ours": 2.0, "ours-bf16": 1.6}
TURNED = {"ours, neuron=spikingjelly": 1.6, "ours, channels_last=False": 1.25, "ours, closed_cam=False": 1.9}
SWEPT = {"timesteps": (1, 2, 4, 8), "batch": (16, 32, 64, 128, 256), "width": (1, 2, 4)}


def measured(device: str = CPU, started: str = "2026-01-01T10:00:00Z", rate: float = 100.0) -> BenchRecord:
    """Two networks at T = 1 and 4; the reference does about `rate` / T images/s, ours twice that, our sweep obeys laws:
    time is proportional, memory goes with the root of the size."""
    cases = [
        entry(name, [rate * speed * block / steps for block in (1, 1.1, 0.95)], model=model, timesteps=steps)
        for model in ("resnet20", "resnet19")
        for steps in (1, 4)
        for name, speed in (SPEEDS | (TURNED if model == "resnet20" else {})).items()
    ]
    sweep = [
        point(axis, size, 100 * size / rate, round(10**8 * size**0.5), 128)
        for axis, sizes in SWEPT.items()
        for size in sizes
    ]
    changes = {"cases": cases, "sweep": sweep, "started": started, "env": EXAMPLE["env"] | {"device": device}}
    return BenchRecord(**EXAMPLE | changes | {"id": bench_id(device, started)})


def benches() -> list[BenchRecord]:
    return [measured(GPU, rate=33333.0), measured()]


COMPARED = ("snn", "kd", "ckdsnn", "ckdsnn-sample", "samd")

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
    "throughput": lambda _: throughput(benches()),
    "time_shares": lambda _: time_shares(benches()),
    "switch_costs": lambda _: switch_costs(benches()),
    "scaling": lambda _: scaling(benches()),
    "landscape_curves": lambda record: landscape_curves({m: [bowl(record, m)] for m in COMPARED}),
    "landscape_planes": lambda record: landscape_planes({m: bowl(record, m) for m in COMPARED}),
}
