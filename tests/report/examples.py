"""Records, studies and measurements as if they had been made: what tables, sentences and figures are tested on."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from ckdsnn.analysis.agreement import Agreement
from ckdsnn.analysis.cells import Cells
from ckdsnn.analysis.explain import Explanation
from ckdsnn.data import DATASETS
from ckdsnn.recipe.methods import METHODS
from ckdsnn.recipe.named import TIER_SETTINGS
from ckdsnn.recipe.suites import methods_in
from ckdsnn.records import Record
from ckdsnn.records.bench import BenchRecord, bench_id
from ckdsnn.records.study import Study, study_id
from ckdsnn.report.labels import MAPS, colour_of, label_of
from ckdsnn.studies.distributions.report import DISTANCES, POPULATIONS
from ckdsnn.studies.gradients.report import TERMS
from ckdsnn.studies.surrogate.report import PLACES, SURROGATES
from ckdsnn.studies.theory.measure import POSSIBLE, REACHED, UNIFORM
from tests.bench_example import EXAMPLE, entry, point

STYLES = {method: (label_of(method), colour_of(method)) for method in ("teacher", *METHODS)}  # label and colour
CLASSES, DIGITS = DATASETS["cifar10"].classes, DATASETS["digits"].classes


def readable(text: str) -> str:
    """A table's text with plain spaces and hyphens, and without word joiners."""
    return text.replace("\u00a0", " ").replace("\u2212", "-").replace("\u2060", "")


def record_of(record: Record, method: str, **changes) -> Record:
    """`record` as if its run had had this method."""
    ann = {"role": "teacher", "timesteps": 1, "losses": "none", "teacher": ""} if method == "teacher" else {}
    return replace(record, recipe=record.recipe | {"name": f"digits-{method}"} | ann, **changes)


def with_accuracy(record: Record, method: str, seed: int, accuracy: float) -> Record:
    """`record` as if this method's run with this seed had reached this accuracy, spiking in every layer."""
    final = record.final | {
        "last_accuracy": record.final["last_accuracy"] | {"value": accuracy},
        "firing_rate": {layer: max(rate, 0.1) for layer, rate in record.final["firing_rate"].items()},
    }
    name = f"digits-{method}-s{seed}-{record.id[-8:]}"
    return record_of(record, method, id=name, seed=seed, final=final)


def cells_of(record: Record, accuracies: dict[str, list[float]]) -> dict[str, list[Record]]:
    """The cells of a suite: method -> records of seeds 0, 1, ... with these accuracies."""
    return {
        method: [with_accuracy(record, method, seed, value) for seed, value in enumerate(values)]
        for method, values in accuracies.items()
    }


def runs_of(record: Record, accuracies: dict[str, list[float]]) -> pd.DataFrame:
    """The same as a frame of runs."""
    return Cells(cells_of(record, accuracies)).frame()


def suite_cells(suite: str, tier: str, record: Record) -> dict[str, list[Record]]:
    """Three seeds of every method of a suite."""
    random, methods = np.random.default_rng(4), methods_in(suite, TIER_SETTINGS[tier])
    return cells_of(
        record, {method: (random.uniform(50, 60) + random.normal(0, 0.5, 3)).tolist() for method in methods}
    )


def over_time_cells(record: Record) -> dict[str, list[Record]]:
    """Runs at every T, whose energy grows with T."""

    def at(steps: int, run: Record) -> Record:
        energy = {name: value * steps for name, value in run.final["energy"].items() if name.endswith("nj")}
        final = run.final | {"energy": run.final["energy"] | energy}
        return replace(run, recipe=run.recipe | {"timesteps": steps}, final=final)

    steps = {
        method: int(method[-1]) if method[-2:-1] == "t" else 1 for method in suite_cells("timesteps", "reduced", record)
    }
    cells = suite_cells("timesteps", "reduced", record)
    return {method: [at(steps[method], run) for run in runs] for method, runs in cells.items()}


def pictures(count: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def maps(count: int, size: int = 4) -> np.ndarray:
    return np.random.default_rng(2).random((count, size, size)).astype(np.float16)


def grown(count: int, steps: int, size: int = 8) -> dict[str, np.ndarray]:
    """Arrays of a student with so many time steps that has a teacher."""
    spikes = np.random.default_rng(5).integers(0, 40, (count, steps, 4, 4)).astype(np.float16)
    found = {"images": pictures(count, size), "labels": np.arange(count) % 2, "cam": maps(count)}
    return found | {"sam_steps": spikes, "sam": spikes.sum(1)}


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
    record_id = "cifar100-reduced-ckdsnn-s0-0123abcd"
    return Explanation(pictures(1, size)[0], cells[0], 100 * cells[1], sure_of(teacher), sure_of(student), record_id)


CPU, GPU = "cpu: Intel(R) Xeon(R) Processor @ 2.70GHz", "cuda: NVIDIA H200"
SPEEDS = {"reference": 1.0, "spikingjelly": 1.25, "ours": 2.0, "ours-bf16": 1.6}
TURNED = {"ours, neuron=spikingjelly": 1.6, "ours, channels_last=False": 1.25, "ours, closed_cam=False": 1.9}
SWEPT = {"timesteps": (1, 2, 4, 8), "batch": (16, 32, 64, 128, 256), "width": (1, 2, 4)}


def measured(device: str = CPU, started: str = "2026-01-01T10:00:00Z", rate: float = 100.0) -> BenchRecord:
    """Two networks at T = 1 and 4; the reference does about `rate` / T images/s, a quarter of what the device allows,
    ours twice that, our sweep obeys laws: time is proportional, memory goes with the root of the size."""
    cases = [
        entry(name, [rate * speed * block / steps for block in (1, 1.1, 0.95)], model=model, timesteps=steps)
        | {"floor": {"arithmetic_s": 2 * steps / rate, "bandwidth_s": steps / rate}}
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


def study_of(record: Record, kind: str, method: str, seed: int, settings: dict, values: dict) -> Study:
    """A study as if it were of a run with this method and seed."""
    run = record_of(record, method)
    kept = {name: getattr(run, name) for name in ("tier", "recipe", "data", "code", "env", "started", "seconds")}
    name = f"digits-{method}-s{seed}-01234567"
    more = {"kind": kind, "record": name, "weights": record.weights["sha256"], "seed": seed}
    return Study(study_id(kind, name), **more, **kept, settings=settings, values=values)


PROFILED = ("zeros", "feature", "map-range", "map-entropy-raw", "map-entropy-sample", "logit-sd")
PROFILED += ("entropy-1", "entropy-2", "largest")


def compared(record: Record, method: str = "snn", seed: int = 0, gap: float = 0.5) -> Study:
    """Teacher and student as a study `distributions` has them, every distance `gap`."""
    values = {f"{who}-{name}": [0.5, 0.1] for who in ("student", "teacher") for name in PROFILED}
    values |= {name: gap if goal == 0 else 1 - gap for name, (*_, goal) in DISTANCES.items()}
    values |= {"kl": [gap, 0.2], "correlation": [1 - gap, 0.2], "correlation-shuffled": 0.1}
    for nth, name in enumerate(POPULATIONS, start=1):
        shares = distributions(2)
        values |= {f"{name}-edges": [nth * edge - 2 for edge in range(17)]}
        values |= {f"student-{name}": shares[0].tolist(), f"teacher-{name}": shares[1].tolist()}
    return study_of(record, "distributions", method, seed, {"uniform-entropy": 2.0, "classes": 10}, values)


HEATS = [0.1, 0.2, 0.5, 1.0, 2.0, 4.0]


def pulled(record: Record, method: str = "nld", seed: int = 0, factor: float = 1.0) -> Study:
    """Gradients as a study `gradients` has them: of ce 2, of the nth term 10^(2 - n) times `factor`, twice at 2."""
    values = {}
    for state in ("start", "end"):
        for place in ("spikes", "weights"):
            values[f"{state}-{place}-ce"] = [[2.0, 1.0]]
            for nth, term in enumerate(TERMS):
                heats = HEATS if nth else [1.0]
                norms = [2 * factor * 10.0 ** (2 - nth) * (2 if heat == 2 else 1) for heat in heats]
                values[f"{state}-{place}-{term}"] = [[norm, 0.25 if place == "weights" else 1e-9] for norm in norms]
                values[f"{state}-gap-{term}"], values[f"{state}-divisor-{term}"] = [0.5 for _ in heats], 4.0
    return study_of(record, "gradients", method, seed, {"images": 128, "temperatures": HEATS}, values)


def bounds() -> pd.DataFrame:
    """Bounds of maps and what occurs, as `studies.theory.measure.against_bounds` gives them."""
    rows = []
    for heat in HEATS:
        own = {"least": 0.01 * heat, "largest": 0.9 / heat, "kl": 0.01 / heat, "limit": 0.07}
        rows += [
            {"temperature": heat, "maps": POSSIBLE, "least": 0.005 * heat, "largest": 1 / heat, "kl": 1 / heat},
            {"temperature": heat, "maps": REACHED, "kl": 0.9 / heat},
            {"temperature": heat, "maps": UNIFORM, "least": 0.0625, "largest": 0.0625},
            {"temperature": heat, "maps": "real maps, 0 to 1 over the batch (released)"} | own,
            {"temperature": heat, "maps": "random maps"} | own,
        ]
    return pd.DataFrame(rows)


def changes() -> pd.DataFrame:
    """Changes of entropies, 200 draws of 5 predictions, for two sources of logits and three kinds of noise."""
    random, noises = np.random.default_rng(0), {"λ = 0.1 (paper)": 0.1, "λ = 1": 1.0, "λ = 0.1 (released)": 0.2}
    sources = ("Gaussian, as wide as the student's", "the student's")
    places = list(product(sources, noises, range(200), range(5)))
    frame = pd.DataFrame(places, columns=["logits", "noise", "draw", "image"])
    return frame.assign(change=frame["noise"].map(noises) * random.normal(size=len(frame)))


def every_method(study: Callable[..., Study], record: Record) -> list[Study]:
    """A study of two seeds of every method that a student can have."""
    return [study(record, method, seed, 0.4 + 0.1 * seed) for method in METHODS for seed in (0, 1)]


REMOVED, WIDTHS = [10, 50, 90], [0.5, 1.0, 2.0]


def faithfulness(record: Record, method: str = "snn", seed: int = 0) -> Study:
    """Map number i has the scores i / 20 and (i + 2) / 20, keeps 0.5 - i / 20 and 0.5 + i / 20, correlates i / 10."""
    values: dict = {"confidence": [0.75, 0.02]}
    for i, kind in enumerate(MAPS):
        errors = [0.01 * (i + 1)] * len(REMOVED)
        values |= {f"{kind}.most": [[0.5 - i / 20] * len(REMOVED), errors]}
        values |= {f"{kind}.least": [[0.5 + i / 20] * len(REMOVED), errors]}
        values |= {f"{kind}.score": [i / 20, (i + 2) / 20], f"{kind}.agreement": [i / 10, 0.02, i / 20]}
    del values["teacher_cam.agreement"]
    return study_of(record, "faithfulness", method, seed, {"images": 2, "removed": REMOVED}, values)


def surrogates(record: Record, method: str = "snn") -> Study:
    """Shape number i at place number j and width w correlates 1 - i (3 - j) / 50 - |log2 w| / 100."""
    values: dict = {"difference": 0.0}
    for j, place in enumerate(PLACES):
        values[f"{place}.blank"] = 0.0
        for i, shape in enumerate(SURROGATES):
            correlations = [1 - i * (3 - j) / 50 - abs(np.log2(w)) / 100 for w in WIDTHS]
            values[f"{shape}.{place}"] = [[mean, 0.01, 0.1 * j] for mean in correlations]
    return study_of(record, "surrogate", method, 0, {"images": 2, "widths": WIDTHS}, values)
