"""The day's second part: trainings, in the fastest way that was found."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ckdsnn.engine import Engine, using
from tools.gpu_day.measure import GRAPH_TESTS, newest_bench, passes
from tools.gpu_day.plan import DATA_SET, TEST_SECONDS, Trainings, trainings
from tools.gpu_day.processes import ROOT

LEAST = 60  # seconds in which another training may be worth its start
OVERHEAD = 1.6  # a training's time over that of its steps alone: its tests, its start, what Lightning adds


def jobs_for(record: Any, images: float, seconds: float) -> int | None:
    """How many trainings of so many images, at once, end most of them in the time; None where nothing was measured."""
    from ckdsnn.bench.cases import base_of

    rates = [
        crowd["images_per_second"]
        for crowd in (record.crowds if record else [])
        if base_of(crowd["implementation"]) == "ours-fp32" and crowd["timesteps"] == 1
    ]
    ended = {len(own): len(own) * (seconds // (OVERHEAD * images / min(own))) for own in rates}
    return max(ended, key=lambda size: (ended[size], size)) if ended else None


def way_for(record: Any, recipe: Any) -> Engine:
    """The fastest way of the recipe's step in its precision, of those that every process need not compile; the usual
    one where nothing was measured."""
    from ckdsnn.bench.cases import engine_of, switches_of
    from ckdsnn.bench.search import fastest

    base = "ours-fp32" if recipe.precision == "fp32" else "ours"
    own = [
        entry
        for entry in (record.cases if record else [])
        if (entry["model"], entry["timesteps"]) == (recipe.model, recipe.timesteps)
        and "compile" not in switches_of(entry["implementation"])
    ]
    return engine_of(fastest(own, base))


def train(folder: Path, deadline: float, rehearse: bool, graphs: bool | None = None) -> None:
    """The trainings, one group after the other, until `deadline`, a time of `time.monotonic()`.

    graphs: whether trainings in graphs have passed their tests on this GPU; None: to be found out where there are some.
    """
    from ckdsnn.recipe.named import RECIPES
    from ckdsnn.recipe.suites import SEEDS, SUITES
    from ckdsnn.training import run_suite

    groups = (Trainings("in small", ("digits-snn",), 1, 1),) if rehearse else trainings()
    changes = {"epochs": 1, "train_images": 64} if rehearse else {}
    record = newest_bench(folder)
    ways = [way_for(record, RECIPES[wanted.recipes[0]]) for wanted in groups]
    if graphs is None:
        graphs = not any(way.graph for way in ways) or passes(GRAPH_TESTS, TEST_SECONDS)
    if not graphs:
        print("no graphs: trainings compute launch by launch", flush=True)
        ways = [replace(way, graph=False) for way in ways]
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
