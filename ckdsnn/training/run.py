"""run(recipe) -> Record: train a teacher or a student once, and write down everything that came out."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.files import nearest
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.recipe.build import build_data, build_network, build_objective, load_network, teacher_recipe
from ckdsnn.records import Record, copy_record, find_record, load_arrays, load_record
from ckdsnn.records.provenance import code_state
from ckdsnn.training.finish import Outcome, write_record
from ckdsnn.training.module import Classifier, Curve
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
    **changes: Any,
) -> Record:
    """Train `recipe` (or the named one, with fields changed) with `seed`; return its Record, also saved below `out`.

    A run that is on record is not repeated; one that was interrupted goes on after its last whole epoch; a missing
    teacher is copied from the folder `results` if it is on record there, else trained first. data: folder of the
    datasets. accelerator, devices: as Lightning's Trainer takes them.
    Raises CkdsnnError for unknown names, impossible fields, and data or devices that cannot be had.
    """
    recipe = resolve(recipe, changes)
    for name, number, least in (("seed", seed, 0), ("devices", devices, 1)):
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise CkdsnnError(f"{name} = {number!r}; expected an integer of at least {least}")
    options = {"data": data, "progress": progress, "accelerator": accelerator, "devices": devices}
    return find_record(recipe.digest(), seed, out) or train(recipe, seed, Path(out), results, **options)


def resolve(recipe: Recipe | str, changes: dict[str, Any]) -> Recipe:
    """The recipe that a name and changed fields stand for. Raises CkdsnnError for unknown ones."""
    recipe = recipe if isinstance(recipe, Recipe) else choose("recipe", recipe, RECIPES)
    return recipe.replace(**changes)


def train(
    recipe: Recipe, seed: int, out: Path, results: str | Path | None, data: str | Path | None, **options: Any
) -> Record:
    """Train without asking whether it is on record; the other arguments are `run`'s."""
    teacher_record = find_teacher(recipe, out, results, data=data, **options) if recipe.loss_names else None
    teacher = load_network(teacher_record, out) if teacher_record else None
    module = build_data(recipe, seed, data, options["devices"])
    classes = module.data.num_classes
    network = build_network(recipe, classes, seed).to(memory_format=torch.channels_last)
    curve, code = Curve(), code_state()  # before training: the tree may change meanwhile
    work = out / "work" / recipe.record_id(seed)
    classifier = Classifier(recipe, seed, network, build_objective(recipe, teacher), classes)
    with quiet_lightning():
        trainer = make_trainer(recipe, work, curve, **options)
        fit(trainer, classifier, module, work)
    outcome = Outcome(recipe, seed, network, module, curve, trainer, code, teacher, teacher_record)
    if trainer.is_global_zero:
        write_record(outcome, out)
    trainer.strategy.barrier()
    return load_record(recipe.record_id(seed), out)


def find_teacher(recipe: Recipe, out: Path, results: str | Path | None, **options: Any) -> Record:
    """The record of the recipe's teacher: in `out`, copied there from `results`, or else of a training now."""
    source, seed = teacher_recipe(recipe), recipe.teacher_seed
    record = find_record(source.digest(), seed, out)
    if record is None and results and (record := find_record(source.digest(), seed, results)):
        copy_record(record, results, out)
    if record is None:
        print(f"teacher {source.name} (seed {seed}) is not on record: training it first", flush=True)
    return record or train(source, seed, out, results, **options)


def obtain(
    name: str, seed: int, results: str | Path, out: str | Path, progress: bool = True, **changes: Any
) -> tuple[Record, dict[str, np.ndarray]]:
    """The record of a named recipe, with fields changed, and all its arrays: what a figure is drawn from.

    It is looked up in `results`, then in `out`. A smoke recipe that is in neither is trained now, into `out`; the other
    tiers take minutes to hours, so for them a CkdsnnError names the command that trains.
    """
    recipe = resolve(name, changes)
    results = nearest(results)
    for folder in (results, out):
        if record := find_record(recipe.digest(), seed, folder):
            return record, load_arrays(record, folder)
    if recipe.tier != "smoke":
        raise CkdsnnError(f"no record of {name}, seed {seed}, in {results}; run `ckdsnn train {name} --seed {seed}`")
    record = run(recipe, seed, out, progress=progress)
    return record, load_arrays(record, out)
