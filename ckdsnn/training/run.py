"""run(recipe) -> Record: train a teacher or a student once, and write down everything that came out."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from ckdsnn.engine import engine
from ckdsnn.errors import CkdsnnError, check_count, choose
from ckdsnn.files import make_folder, nearest
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.recipe.build import build_data, build_network, build_objective, load_network, teacher_recipe
from ckdsnn.recipe.fields import idle_fields
from ckdsnn.records import Record, copy_record, find_record, load_arrays, load_record
from ckdsnn.records.provenance import code_state
from ckdsnn.training.budget import OutOfTime, deadline_after
from ckdsnn.training.finish import Outcome, write_record
from ckdsnn.training.module import Classifier, Curve
from ckdsnn.training.options import train_command
from ckdsnn.training.recall import make_recall
from ckdsnn.training.trainer import fit, make_trainer, quiet_lightning


def run(
    recipe: Recipe | str,
    seed: int = 0,
    out: str | Path = "results",
    data: str | Path | None = None,
    progress: bool = True,
    accelerator: str = "auto",
    devices: int = 1,
    results: str | Path | None = None,
    budget: float | None = None,
    **changes: Any,
) -> Record:
    """Train `recipe` (or the named one, with fields changed) with `seed`; return its Record, also saved below `out`.

    A run that is on record is not repeated; one that was interrupted goes on after its last whole epoch; a missing
    teacher is copied from the folder `results` if it is on record there, else trained first. data: folder of the
    datasets. accelerator, devices: as Lightning's Trainer takes them. budget: seconds after which no epoch should end;
    the training then stops, and the same call continues.
    Raises CkdsnnError for unknown names, impossible fields, data or devices that cannot be had, and a run that another
    process is training; OutOfTime at the end of the budget.
    """
    deadline = deadline_after(budget)
    recipe = resolve(recipe, changes)
    check_count("seed", seed, 0)
    check_count("devices", devices)
    for name, losses in idle_fields(recipe, changes).items():
        print(f"{name} has no effect on losses = {recipe.losses!r}; it needs one of: {', '.join(losses)}", flush=True)
    options = {"data": data, "progress": progress, "accelerator": accelerator, "devices": devices, "deadline": deadline}
    return find_record(recipe.digest(), seed, out) or train(recipe, seed, Path(out), results, **options)


def resolve(recipe: Recipe | str, changes: dict[str, Any]) -> Recipe:
    """The recipe that a name and changed fields stand for.

    Raises CkdsnnError for unknown ones, and for another tier: a small run must not pass for a full one.
    """
    recipe = recipe if isinstance(recipe, Recipe) else choose("recipe", recipe, RECIPES)
    if changes.get("tier", recipe.tier) != recipe.tier:
        raise CkdsnnError(f"tier = {changes['tier']!r}; {recipe.name} stays in its tier, {recipe.tier}")
    return recipe.replace(**changes)


def work_folder(recipe: Recipe, seed: int, out: str | Path) -> Path:
    """Where a run has its checkpoint and logs."""
    return Path(out, "work", recipe.record_id(seed))


def train(
    recipe: Recipe, seed: int, out: Path, results: str | Path | None, data: str | Path | None, **options: Any
) -> Record:
    """Train without asking whether it is on record; the other arguments are `run`'s, with `deadline` for `budget`."""
    outcome, classifier = assemble(recipe, seed, out, results, data, **options)
    trainer, work = outcome.trainer, work_folder(recipe, seed, out)
    with only_process(work) if trainer.is_global_zero else nullcontext():
        with quiet_lightning():
            fit(trainer, classifier, outcome.module, work)
        if (done := len(outcome.curve.points)) < recipe.epochs:
            stopped = f"{recipe.name}, seed {seed}, stopped after epoch {done} of {recipe.epochs}"
            raise OutOfTime(f"{stopped}; the same command continues")
        if trainer.is_global_zero:
            write_record(outcome, out)
    trainer.strategy.barrier()
    return load_record(recipe.record_id(seed), out)


def assemble(
    recipe: Recipe, seed: int, out: Path, results: str | Path | None, data: str | Path | None, **options: Any
) -> tuple[Outcome, Classifier]:
    """Teacher, data, networks, objective and trainer, ready to train; the arguments are those of `train`."""
    teacher_record = find_teacher(recipe, out, results, data=data, **options) if recipe.loss_names else None
    teacher = load_network(teacher_record, out) if teacher_record else None
    module = build_data(recipe, seed, data, options["devices"])
    classes = module.data.num_classes
    network = build_network(recipe, classes, seed)
    curve, code = Curve(), code_state()  # before training: the tree may change meanwhile
    objective = build_objective(recipe, teacher, network, seed)
    with quiet_lightning():
        trainer = make_trainer(recipe, work_folder(recipe, seed, out), curve, **options)
    device = trainer.strategy.root_device
    engine().prepare(network, device)
    recall = make_recall(recipe, seed, teacher_record, out, device, options["devices"])
    classifier = Classifier(recipe, seed, network, objective, classes, recall)
    return Outcome(recipe, seed, network, module, curve, trainer, code, objective, teacher_record), classifier


@contextmanager
def only_process(work: Path) -> Iterator[None]:
    """Hold the lock of the run whose folder is `work`; the kernel frees it when a process ends, however it ends.

    Raises CkdsnnError while another process holds it.
    """
    with open(make_folder(work) / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CkdsnnError(f"another process is training {work.name}; wait for it, or use another --out") from error
        except OSError:
            pass  # a file system without locks, as some mounted drives are: better to train than to refuse
        yield


def locate_teacher(recipe: Recipe, out: Path, results: str | Path | None) -> tuple[Record, Path] | None:
    """The record of the recipe's teacher and its folder: `out`, or `results` where its weights are there too."""
    digest, seed = teacher_recipe(recipe).digest(), recipe.teacher_seed
    if record := find_record(digest, seed, out):
        return record, out
    record = find_record(digest, seed, results) if results else None
    return (record, Path(results)) if record and Path(results, "weights", record.weights["file"]).is_file() else None


def fetch_teacher(recipe: Recipe, out: Path, results: str | Path | None) -> Record | None:
    """The record that `locate_teacher` finds, copied to `out` if need be; None for a teacher yet to be trained."""
    if not (found := locate_teacher(recipe, out, results)):
        return None
    record, folder = found
    if folder != out:
        copy_record(record, folder, out)
    return record


def find_teacher(recipe: Recipe, out: Path, results: str | Path | None, **options: Any) -> Record:
    """The record of the recipe's teacher: `fetch_teacher`'s, or else of a training now."""
    if record := fetch_teacher(recipe, out, results):
        return record
    source, seed = teacher_recipe(recipe), recipe.teacher_seed
    print(f"teacher {source.name} (seed {seed}) is not on record: training it first", flush=True)
    return train(source, seed, out, results, **options)


def obtain(
    name: str, seed: int, results: str | Path, out: str | Path, progress: bool = True, **changes: Any
) -> tuple[Record, dict[str, np.ndarray]]:
    """The record of a named recipe, with fields changed, and all its arrays: what a figure is drawn from.

    It is looked up in `results`, then in `out`. A smoke recipe that is in neither is trained now, into `out`, by a
    teacher on record in either; the other tiers take minutes to hours, so for them a CkdsnnError names the command.
    """
    recipe = resolve(name, changes)
    results = nearest(results)
    for folder in (results, out):
        if record := find_record(recipe.digest(), seed, folder):
            return record, load_arrays(record, folder)
    if recipe.tier != "smoke":
        command = train_command(name, seed, changes)
        raise CkdsnnError(f"no record of {name}, seed {seed}, in {results}; run `{command}`")
    record = run(recipe, seed, out, progress=progress, results=results)
    return record, load_arrays(record, out)
