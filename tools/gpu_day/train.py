"""The day's second part: trainings, in the fastest way that was found."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ckdsnn.engine import Engine, using
from tools.gpu_day.measure import newest_bench
from tools.gpu_day.plan import DATA_SET, TEST_SECONDS, Trainings, trainings
from tools.gpu_day.processes import ROOT, python, within

GRAPH_TESTS = "tests/training/test_recorded.py"  # before trainings whose fastest step is one
LEAST = 60  # seconds in which another training may be worth its start
OVERHEAD = 1.6  # a training's time over that of its steps alone: its tests, its start, what Lightning adds


def jobs_for(record: Any, images: float, seconds: float) -> int | None:
    """How many trainings of so many images, at once, end most of them in the time; None where nothing was measured."""
    crowds = [c for c in record.crowds if c["implementation"] == "ours-fp32" and c["timesteps"] == 1] if record else []
    ended = {
        len(crowd["images_per_second"]): len(crowd["images_per_second"])
        * (seconds // (OVERHEAD * images / min(crowd["images_per_second"])))
        for crowd in crowds
    }
    return max(ended, key=lambda size: (ended[size], size)) if ended else None


def way_for(record: Any, recipe: Any) -> Engine:
    """The fastest way of the recipe's step in precision auto of those that every process need not compile; the usual
    one where nothing was measured."""
    from ckdsnn.bench.cases import engine_of, switches_of
    from ckdsnn.bench.search import fastest

    own = [
        entry
        for entry in (record.cases if record else [])
        if (entry["model"], entry["timesteps"]) == (recipe.model, recipe.timesteps)
        and entry["implementation"].split(", ")[0] == "ours"
        and "compile" not in switches_of(entry["implementation"])
    ]
    return engine_of(fastest(own)) if own else Engine()


def tested(ways: list[Engine]) -> list[Engine]:
    """The same, without graphs where trainings with them do not pass their tests on this GPU."""
    test = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "cuda", GRAPH_TESTS)
    if not any(way.graph for way in ways) or within(test, TEST_SECONDS):
        return ways
    print("no graphs: trainings compute launch by launch", flush=True)
    return [replace(way, graph=False) for way in ways]


def train(folder: Path, deadline: float, rehearse: bool) -> None:
    """The trainings, one group after the other, until `deadline`, a time of `time.monotonic()`."""
    from ckdsnn.recipe.named import RECIPES
    from ckdsnn.recipe.suites import SEEDS, SUITES
    from ckdsnn.training import run_suite

    groups = (Trainings("in small", ("digits-snn",), 1, 1),) if rehearse else trainings()
    changes = {"epochs": 1, "train_images": 64} if rehearse else {}
    record = newest_bench(folder)
    ways = tested([way_for(record, RECIPES[wanted.recipes[0]]) for wanted in groups])
    for wanted, way in zip(groups, ways, strict=True):
        left = deadline - time.monotonic()
        if left < LEAST and not rehearse:
            break
        first = RECIPES[wanted.recipes[0]]
        images = first.epochs * (50_000 - first.validation_images)
        jobs = (jobs_for(record, images, left) if first.model == "resnet20" else None) or wanted.jobs
        print(f"{wanted.title}: {jobs} at once, {left / 60:.1f} minutes are left", flush=True)
        SUITES["day"], SEEDS["day"] = {first.tier: list(wanted.recipes)}, wanted.seeds
        carried = folder / "data" if (folder / "data" / f"{DATA_SET}.npz").exists() else None
        places = {"out": folder / "results", "data": carried, "results": ROOT / "results"}
        with using(way):
            run_suite("day", first.tier, left, jobs, **places, workers=0, **changes)
