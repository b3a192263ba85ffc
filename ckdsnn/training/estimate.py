"""How long an epoch will take here: by the run's own curve, else by a record, else by a few measured steps.

N trainings at once are taken to get through as much as one alone: each has an N-th of the cores or of the GPU, and of
its speed. That share shows in a training's number of threads, cores // N, which records and checkpoints hold: what
took t seconds with 16 threads is expected to take 3.2 t with 5; several that compute at once in one process are counted
with the threads of all. More threads are not taken to help. Where a GPU is
half idle under one small network this is too long, until the first records of that share say so. So it is for students
that are trained side by side: before any such are on record, each is taken to cost what it costs alone.
"""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from ckdsnn.analysis import speed
from ckdsnn.assemble import build_data
from ckdsnn.data.source import SPLITS
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import STUDENTS, TEACHERS
from ckdsnn.models.table import is_pretrained
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record, load_records
from ckdsnn.records.provenance import device_name
from ckdsnn.records.record import all_threads
from ckdsnn.training.checkpoints import CHECKPOINT, read_checkpoint
from ckdsnn.training.machine import Machine

STEPS = 5  # measured after the first, which warms up
ENOUGH = 5.0  # seconds after which no further step is measured
TEST_SHARE = 1 / 3  # of a training image's cost is a test image's: a forward pass without the backward one


@dataclass(frozen=True)
class Estimate:
    """Seconds of an epoch with the testing after it, and what they were concluded from."""

    seconds: float
    source: str


@dataclass(frozen=True)
class Progress:
    """What an interrupted run has left: the points of its curve, and its machine's name and threads."""

    points: list[dict[str, float]]
    machine: dict[str, Any]


def read_progress(work: Path) -> Progress:
    """From the checkpoint in a run's folder; empty where there is none. Raises CkdsnnError for a damaged one."""
    path = work / f"{CHECKPOINT}.ckpt"
    if not path.exists():
        return Progress([], {})
    callbacks = read_checkpoint(path)["callbacks"]
    try:
        points, machine = callbacks["Curve"]["points"], callbacks.get("Deadline", {})
        return Progress([{**point, "seconds": float(point["seconds"])} for point in points], {**machine})
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise CkdsnnError(f"the checkpoint {path} has no curve of its epochs; delete it and run again") from error


def kind(recipe: Recipe) -> tuple[Any, ...]:
    """What the cost of a training step depends on most; one measurement serves all recipes of a kind."""
    return (
        recipe.model,
        *recipe.model_options.items(),
        recipe.timesteps,
        bool(recipe.loss_names),
        recipe.data_spec.inputs,
    )


def measure(recipe: Recipe, num_classes: int, device: torch.device) -> float:
    """Training images a second of the recipe's full step on random images, alone on `device`."""
    step = speed.recipe_step(recipe, num_classes, device)
    step().item()  # .item() waits for the device
    seconds: list[float] = []
    while len(seconds) < STEPS and sum(seconds) < ENOUGH:
        start = time.perf_counter()
        step().item()
        seconds.append(time.perf_counter() - start)
    return recipe.batch_size / median(seconds)


class Estimator:
    """Estimates for `jobs` trainings at once, each a process of `threads` threads.

    folders: those whose records tell how fast this machine is. data: folder of the datasets. aside: whether data sets
    of a known size are not read, nor anything downloaded, so that the cost of a teacher from elsewhere stays unknown.
    Raises CkdsnnError for an accelerator that is unknown or not there.
    """

    def __init__(
        self,
        folders: list[Path],
        data: str | Path | None,
        accelerator: str,
        jobs: int,
        threads: int,
        aside: bool = False,
    ):
        self.data, self.jobs, self.threads, self.aside = data, jobs, threads, aside
        self.device = Machine(accelerator).device()
        self.name = device_name(self.device)
        known = STUDENTS.keys() | TEACHERS.keys()  # another's model may be on record, too
        found = [record for folder in folders if folder.is_dir() for record in load_records(folder)]
        records = [record for record in found if record.recipe["model"] in known]
        here = sorted((r for r in records if r.env["device"] == self.name), key=lambda record: record.started)
        self.latest = {(kind(Recipe.of(r.recipe)), r.side_by_side > 1): r for r in here}
        self.counted: dict[tuple[Any, ...], float] = {}
        self.classes: dict[str, int] = {}
        self.measured: dict[tuple[Any, ...], float] = {}

    def epoch(self, recipe: Recipe, progress: Progress, together: int = 1) -> Estimate:
        """Of the recipe's next epochs, with so many students side by side: its share of the time.

        Raises CkdsnnError as the training will for data that cannot be had.
        """
        if progress.points and progress.machine.get("device") == self.name:
            return Estimate(progress.points[-1]["seconds"] * self.slower(progress.machine), "own curve")
        images = self.images(recipe)
        if record := self.record(recipe, together > 1):
            return Estimate(images / record.images_per_second * self.slower(record.env), "record")
        if self.aside and recipe.loss_names and is_pretrained(recipe.teacher):
            return Estimate(math.nan, "unknown")
        return Estimate(images / self.steps(recipe) * self.jobs, "measured")

    def record(self, recipe: Recipe, shared: bool) -> Record | None:
        """The latest of the recipe's kind; if there is one, of a training beside others where this will be one."""
        return self.latest.get((kind(recipe), shared)) or self.latest.get((kind(recipe), not shared))

    def images(self, recipe: Recipe) -> float:
        """The images of an epoch, a test image counted as the share of a training image that it costs."""
        counted = recipe.dataset, recipe.train_images, recipe.validation_images, recipe.batch_size
        if counted not in self.counted:
            spec, sizes = recipe.data_spec, recipe.data_spec.examples
            if not (self.aside and sizes):
                module = build_data(recipe, 0, self.data)
                module.train_dataloader()  # refuses a batch that is too large
                spec, sizes = module.source.spec, tuple(len(module.source.labels(split)) for split in SPLITS)
            trained = recipe.train_images or sizes[0] - recipe.validation_images
            asked = sizes[1] + recipe.validation_images
            self.classes[recipe.dataset] = len(spec.classes)
            self.counted[counted] = trained // recipe.batch_size * recipe.batch_size + asked * TEST_SHARE
        return self.counted[counted]

    def slower(self, machine: dict[str, Any]) -> float:
        """By what a training is expected to be slower here than on so many threads of this machine."""
        return max(1.0, all_threads(machine) / self.threads)

    def steps(self, recipe: Recipe) -> float:
        """`measure`, once for each kind."""
        if kind(recipe) not in self.measured:
            self.measured[kind(recipe)] = measure(recipe, self.classes[recipe.dataset], self.device)
            torch.cuda.empty_cache()  # the trainings need it
        return self.measured[kind(recipe)]
