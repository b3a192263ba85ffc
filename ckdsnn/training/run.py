"""run(recipe) -> Record: train a teacher or a student once, and write down everything that came out."""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ckdsnn.assemble import build_data, build_network, build_objective, teacher_recipe
from ckdsnn.data.module import DataModule
from ckdsnn.engine import engine
from ckdsnn.errors import CkdsnnError, check_seed
from ckdsnn.recipe import Recipe
from ckdsnn.recipe.fields import idle_fields
from ckdsnn.recipe.named import resolve
from ckdsnn.records import Record, find_record, load_record
from ckdsnn.records.failure import FAILURES
from ckdsnn.records.provenance import code_state
from ckdsnn.training.before import check_graph, check_network, check_same, rehearse
from ckdsnn.training.beside import ALONE, Alone
from ckdsnn.training.budget import OutOfTime, deadline_after
from ckdsnn.training.finish import Outcome, write_failure, write_record
from ckdsnn.training.limits import limits_told, quiet_writers
from ckdsnn.training.lock import only_process
from ckdsnn.training.machine import Machine, leads, one_first, say
from ckdsnn.training.module import Classifier, Curve, Diverged
from ckdsnn.training.teacher import Teacher, fetch_teacher, from_elsewhere, from_record, needs_run
from ckdsnn.training.trainer import fit, make_trainer, quiet_lightning


def run(
    recipe: Recipe | str,
    seed: int = 0,
    out: str | Path = "results",
    data: str | Path | None = None,
    progress: bool = True,
    accelerator: str = "auto",
    devices: int = 1,
    nodes: int = 1,
    strategy: str = "auto",
    workers: int | None = None,
    results: str | Path | None = None,
    budget: float | None = None,
    **changes: Any,
) -> Record:
    """Train `recipe` (or the named one, with fields changed) with `seed`; return its Record, also saved below `out`.

    A run that is on record is not repeated; one that was interrupted goes on after its last whole epoch; a missing
    teacher is copied from the folder `results` if it is on record there, else trained first. data: folder of the
    datasets. accelerator, devices, nodes, strategy, workers: see `Machine`. budget: seconds after which no epoch should
    end; the training then stops, and the same call continues.
    Raises CkdsnnError for unknown names, impossible fields, data or devices that cannot be had, too little memory or
    room on the disk, and a run that diverges, which is then on record as failed; Busy for one that another process is
    training, OutOfTime at the end of the budget.

    >>> record = run("digits-teacher", seed=1, out="mine", epochs=1, train_images=64, progress=False)
    >>> record.seed, record.recipe["epochs"], len(record.curve), record.tier
    (1, 1, 1, 'smoke')
    >>> run("digits-teacher", seed=1, out="mine", epochs=1, train_images=64) == record  # on record: not trained again
    True
    """
    deadline = deadline_after(budget)
    recipe = resolve(recipe, changes)
    seed = check_seed(seed)
    say_idle(recipe, changes)
    machine = Machine(accelerator, devices, nodes, strategy, workers)
    check_graph(machine)
    with quiet_writers():
        return run_once(recipe, seed, Options(Path(out), results, data, machine, progress, deadline))


def say_idle(recipe: Recipe, changes: Mapping[str, Any]) -> None:
    """Name those of the changed fields that play no part in the recipe."""
    for name, losses in idle_fields(recipe, changes).items():
        say(f"{name} has no effect on losses = {recipe.losses!r}; it needs one of: {', '.join(losses)}")


@dataclass(frozen=True)
class Options:
    """Where and on what a run takes place: the arguments of `run` that are no part of its recipe."""

    out: Path
    results: str | Path | None
    data: str | Path | None
    machine: Machine
    progress: bool
    deadline: float


class Lesson(NamedTuple):
    """What a training shows its student."""

    module: DataModule
    teacher: Teacher | None
    """None where no loss asks for it"""


def run_once(
    recipe: Recipe, seed: int, options: Options, lesson: Callable[[], Lesson] | None = None, beside: Alone = ALONE
) -> Record:
    """The run's record, by training if there is none. lesson, beside: those of a group that it is trained in."""
    if not (found := find_record(recipe.digest(), seed, options.out)):
        refuse_failed(recipe, seed, options.out)
        return train(recipe, seed, options, lesson, beside)
    check_same(recipe, found, options.data)
    return found


def work_folder(recipe: Recipe, seed: int, out: str | Path) -> Path:
    """Where a run has its checkpoint and logs."""
    return Path(out, "work", recipe.record_id(seed))


def train(
    recipe: Recipe,
    seed: int,
    options: Options,
    lesson: Callable[[], Lesson] | None = None,
    beside: Alone = ALONE,
    patience: float | None = None,
) -> Record:
    """Train what is not on record; patience: seconds to wait for another process that does so, see `only_process`."""
    if needs_run(recipe):
        require_teacher(recipe, options)
    work = work_folder(recipe, seed, options.out)
    with limits_told(recipe, work):
        shown = lesson() if lesson else load_lesson(recipe, seed, options)
        outcome, classifier = prepare(recipe, seed, options, shown, beside)
    trainer = outcome.trainer
    with limits_told(recipe, work), only_process(work, patience) if leads() else nullcontext():
        if options.machine.processes == 1 and (found := find_record(recipe.digest(), seed, options.out)):
            return found  # by the process that was waited for
        try:
            with quiet_lightning():
                fit(trainer, classifier, outcome.module, work)
        except Diverged as failure:
            raise CkdsnnError(f"{failure}; {keep_failure(outcome, failure, options.out)}") from failure
        if (done := len(outcome.curve.points)) < recipe.epochs:
            stopped = f"{recipe.name}, seed {seed}, stopped after epoch {done} of {recipe.epochs}"
            raise OutOfTime(f"{stopped}; the same command continues")
        write_by_one(outcome, options.out)
    return load_record(recipe.record_id(seed), options.out)


def keep_failure(outcome: Outcome, failure: Diverged, out: Path) -> str:
    """Put a training that diverged on record; says where it lies."""
    if leads():
        write_failure(outcome, failure, out)
    path = FAILURES.path(outcome.recipe.record_id(outcome.seed), out)
    return f"on record in {path}; the checkpoint of the last whole epoch, if there was one, stays"


def refuse_failed(recipe: Recipe, seed: int, out: str | Path) -> None:
    """Raise CkdsnnError for a run that is on record as failed: it would fail again."""
    if found := FAILURES.find(f"*-s{seed}-{recipe.digest()}", out):
        told = Diverged(found.term, found.epoch, found.step)
        raise CkdsnnError(f"{told} when it was run before; delete {FAILURES.path(found.id, out)} to train it again")


def require_teacher(recipe: Recipe, options: Options) -> None:
    """See to it that the recipe's teacher is on record in `out`, by training it if need be."""
    with quiet_lightning(), one_first(options.machine):
        found = fetch_teacher(recipe, options.out, options.results)
    if not found:
        rehearse(recipe, options.data, options.machine)
        source, seed = teacher_recipe(recipe), recipe.teacher_seed
        say(f"teacher {source.name} (seed {seed}) is not on record: training it first")
        left = options.deadline - time.monotonic()
        train(source, seed, options, patience=left if options.machine.processes == 1 else None)


def load_lesson(recipe: Recipe, seed: int, options: Options) -> Lesson:
    """Its data, and its teacher, which is on record in `out` if it is one of ours."""
    machine = options.machine
    with quiet_lightning(), one_first(machine):
        module = build_data(recipe, seed, options.data, machine.processes, machine.readers)
    device = machine.device() if machine.processes == 1 else torch.device("cpu")  # several would crowd the first one
    return Lesson(module, find_teacher(recipe, module, options.out, device) if recipe.loss_names else None)


def prepare(recipe: Recipe, seed: int, options: Options, lesson: Lesson, beside: Alone) -> tuple[Outcome, Classifier]:
    """Trainer, networks and objective, ready to train."""
    machine, curve = options.machine, Curve(beside.clock)
    module, teacher = lesson.module.passing_on(beside.batches), lesson.teacher if recipe.loss_names else None
    classes = len(module.source.spec.classes)
    network = build_network(recipe, classes, seed)
    check_network(network, recipe, classes)
    curve.origin = {"data set": module.source.digest, "teacher": teacher.identity["sha256"] if teacher else ""}
    code = code_state()  # before training: the tree may change meanwhile
    objective = build_objective(recipe, teacher and teacher.network, network, seed)
    work = work_folder(recipe, seed, options.out)
    with quiet_lightning():
        trainer = make_trainer(recipe, work, curve, machine, options.progress, options.deadline, beside)
    device, switches = trainer.strategy.root_device, engine()
    switches.prepare(network, device)
    switches.tell(objective)
    classifier = Classifier(recipe, seed, network, objective, classes, beside, switches.layout)
    identity = teacher and teacher.identity
    return Outcome(recipe, seed, network, module, curve, trainer, code, objective, identity, beside), classifier


def find_teacher(recipe: Recipe, module: DataModule, out: Path, device: torch.device) -> Teacher:
    """The recipe's teacher: the one on record in `out`, or a network from elsewhere, measured on the device.

    Raises CkdsnnError for a teacher that was trained on other data of the same name.
    """
    if not needs_run(recipe):
        teacher = from_elsewhere(recipe, module, device)
        say(f"teacher {recipe.teacher}: {teacher.identity['accuracy']:.2f} % of the test examples")
        return teacher
    record = fetch_teacher(recipe, out, None)
    if record.data["name"] == recipe.dataset and record.data["digest"] != module.source.digest:
        raise CkdsnnError(
            f"teacher {record.id} was trained on other data than {recipe.dataset} holds now; use another out"
        )
    return from_record(record, out)


def write_by_one(outcome: Outcome, out: Path) -> None:
    """Let one process write the record; an error there ends all of them."""
    failure = None
    if leads():
        try:
            write_record(outcome, out)
        except BaseException as error:  # whatever it is, the others must not wait for ever
            failure = error
    failed = outcome.trainer.strategy.broadcast(failure is not None)
    if failure:
        raise failure
    if failed:
        raise CkdsnnError("the first process could not write the record; its own error says why")
