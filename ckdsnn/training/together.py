"""run_together(recipes) -> records: students that share a seed, trained side by side in one process.

Images, augmentation and the teacher's answers are made once a step for all of them. Everything else each has for
itself: its optimiser, its noise, its curve, its checkpoint, and a record that equals the one of a training alone on as
many threads. On a CPU they share its threads: of two, two students have one each and compute at the same time, which
small networks make better use of.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from ckdsnn.allocator import keep_freed_memory
from ckdsnn.engine import engine
from ckdsnn.errors import CkdsnnError, check_count, check_seed
from ckdsnn.recipe import Recipe
from ckdsnn.recipe.named import resolve
from ckdsnn.records import Record, find_record
from ckdsnn.training.before import check_graph
from ckdsnn.training.beside import Group, Seat
from ckdsnn.training.budget import OutOfTime, deadline_after
from ckdsnn.training.limits import quiet_writers
from ckdsnn.training.lock import Busy
from ckdsnn.training.machine import Machine, say
from ckdsnn.training.run import Lesson, Options, load_lesson, require_teacher, run_once, say_idle
from ckdsnn.training.teacher import needs_run
from ckdsnn.training.trainer import continued, quiet_lightning
from ckdsnn.training.turns import GroupStopped

# the recipe's fields that decide what its student is shown, and in which order
SHOWN = (
    *("dataset", "image_size", "train_images", "validation_images", "statistics"),
    *("crop_padding", "flip", "autoaugment", "erasing", "batch_size", "streams"),
    *("teacher", "teacher_seed", "teacher_norm", "precision"),
)


def shown(recipe: Recipe) -> tuple[Any, ...]:
    """Equal for two recipes whose students can be trained side by side, if their seeds are equal, too."""
    return tuple(getattr(recipe, name) for name in SHOWN)


def run_together(
    recipes: Sequence[Recipe | str],
    seed: int = 0,
    out: str | Path = "results",
    data: str | Path | None = None,
    progress: bool = True,
    accelerator: str = "auto",
    workers: int | None = None,
    results: str | Path | None = None,
    budget: float | None = None,
    threads: int | None = None,
    **changes: Any,
) -> list[Record]:
    """`run` for several recipes and one seed; their students are trained side by side. Returns the records in order.

    The recipes may differ in everything but what is shown to the students: images, batches, teacher. Each record is
    the one that `run` makes, but for its times: see `Record.seconds`. Students of which one has got further than
    another wait until that has caught up. One whose training fails, or that another process is training, is left out
    while the others go on; in the end that is raised. threads: CPU threads of each student, of which as many compute at
    once as torch's number of threads allows; None: those of torch shared out to all, to each at least one. A
    missing teacher has as many as each, or without the number all.
    Raises CkdsnnError as `run` does, and for recipes that do not show the same; OutOfTime if a student was not finished
    at the end of the budget, Busy if another process is training one.

    >>> few = {"train_images": 64, "epochs": 1, "out": "mine", "progress": False}
    >>> plain, distilled = run_together(["digits-snn", "digits-kd"], seed=1, **few)
    teacher digits-teacher (seed 0) is not on record: training it first
    >>> plain.side_by_side, "kd" in plain.curve[0], "kd" in distilled.curve[0]
    (2, False, True)
    """
    seed = check_seed(seed)
    options = Options(Path(out), results, data, Machine(accelerator, workers=workers), progress, deadline_after(budget))
    check_graph(options.machine)
    chosen = [resolve(recipe, changes) for recipe in recipes]
    check_alike(chosen)
    if threads is not None:
        threads = check_count("threads", threads)
    for recipe in chosen:
        say_idle(recipe, changes)
    missing = {recipe.digest(): recipe for recipe in chosen if not find_record(recipe.digest(), seed, options.out)}
    sharers = len({recipe.digest() for recipe in chosen}) if options.machine.kind == "cpu" else 1  # also who is done
    cores = torch.get_num_threads()
    with quiet_writers():
        if taught := next((recipe for recipe in missing.values() if needs_run(recipe)), None):
            with on_threads(threads or cores):
                require_teacher(taught, options)  # alone, as it is for a student alone
        threads = threads or max(1, cores // sharers)
        with on_threads(threads):
            if len(missing) > 1:
                train_group(list(missing.values()), seed, options, max(1, cores // threads))
            return [run_once(recipe, seed, options) for recipe in chosen]


@contextmanager
def on_threads(number: int) -> Iterator[None]:
    """Let torch compute on so many threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_alike(recipes: Sequence[Recipe]) -> None:
    """Raise CkdsnnError where the recipes do not show their students the same."""
    for recipe in recipes:
        for name in SHOWN:
            if (own := getattr(recipe, name)) != (other := getattr(recipes[0], name)):
                raise CkdsnnError(
                    f"{recipes[0].name} and {recipe.name} cannot be trained side by side: {name} = {other!r} and "
                    f"{own!r}; expected equal {', '.join(SHOWN)}"
                )


def train_group(recipes: Sequence[Recipe], seed: int, options: Options, at_once: int) -> None:
    """Train all of them, so many of which compute at once where that is on a CPU.

    Raises CkdsnnError, after all have ended, for those that have failed.
    """
    if engine().keep_memory and options.machine.kind == "cpu":
        keep_freed_memory()  # before the threads are there, which then share one heap
    leader = next((recipe for recipe in recipes if recipe.loss_names), recipes[0])  # it knows what a teacher sees
    lesson = cache(lambda: load_lesson(leader, seed, options))
    group = Group(len(recipes), min(len(recipes), at_once) if options.machine.kind == "cpu" else 1)
    each = partial(torch.set_num_threads, torch.get_num_threads())  # a new thread would take as many as there are cores
    with quiet_lightning(), ThreadPoolExecutor(len(recipes), initializer=each) as pool:
        try:
            futures = [
                pool.submit(copy_context().run, train_member, recipe, seed, options, lesson, seat)
                for recipe, seat in zip(recipes, group.seats, strict=True)
            ]
            wait(futures)
        except KeyboardInterrupt as stop:
            group.turns.stop()
            raise continued(stop) from stop
    errors = [error for future in futures if (error := future.exception()) and not isinstance(error, GroupStopped)]
    if others := [error for error in errors if not isinstance(error, CkdsnnError)]:
        raise others[0]
    if errors:
        kind = next((kind for kind in (OutOfTime, Busy) if any(isinstance(e, kind) for e in errors)), CkdsnnError)
        raise kind("; ".join(map(str, errors)))


def train_member(recipe: Recipe, seed: int, options: Options, lesson: Callable[[], Lesson], seat: Seat) -> None:
    """Train one of a group, in a thread of its own."""

    def own_lesson() -> Lesson:  # Lightning moves a student that has ended to the CPU, and its teacher with it
        module, teacher = lesson()
        return Lesson(module, teacher and teacher._replace(network=deepcopy(teacher.network)))

    with seat:
        try:
            run_once(recipe, seed, options, own_lesson, seat)
        except CkdsnnError as error:
            say(f"{recipe.name} is no longer trained beside the others: {error}")
            raise
