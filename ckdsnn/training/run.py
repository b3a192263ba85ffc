"""run(recipe) -> Record: train a teacher or a student once, and write down everything that came out."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ckdsnn.data import DATASETS
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.records import Record, find_record, load_arrays, load_record, load_weights
from ckdsnn.records.provenance import code_state
from ckdsnn.training.build import build_data, build_network, build_objective
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
    **changes: Any,
) -> Record:
    """Train `recipe` (or the named one, with fields changed) with `seed`; return its Record, also saved below `out`.

    A run that is on record is not repeated; one that was interrupted goes on after its last whole epoch; a missing
    teacher is trained first. data: folder of the datasets. accelerator, devices: as Lightning's Trainer takes them.
    Raises CkdsnnError for unknown names, impossible fields, and data that cannot be had.
    """
    recipe = resolve(recipe, changes)
    options = {"data": data, "progress": progress, "accelerator": accelerator, "devices": devices}
    return find_record(recipe.digest(), seed, out) or train(recipe, seed, Path(out), **options)


def resolve(recipe: Recipe | str, changes: dict[str, Any]) -> Recipe:
    """The recipe that a name and changed fields stand for. Raises CkdsnnError for unknown ones."""
    recipe = choose("recipe", recipe, RECIPES) if isinstance(recipe, str) else recipe
    return recipe.replace(**changes)


def train(recipe: Recipe, seed: int, out: Path, data: str | Path | None, **options: Any) -> Record:
    """Train without asking whether it is on record; the other arguments are `run`'s."""
    teacher_record = find_teacher(recipe, out, data=data, **options) if recipe.loss_names else None
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


def find_teacher(recipe: Recipe, out: Path, **options: Any) -> Record:
    """The record of the recipe's teacher, which is trained now if it is not on record."""
    source = choose("teacher recipe", recipe.teacher, RECIPES)
    record = find_record(source.digest(), recipe.teacher_seed, out)
    if record is None:
        print(
            f"teacher {source.name} (seed {recipe.teacher_seed}) is not on record: training it first",
            flush=True,
        )
    return record or train(source, recipe.teacher_seed, out, **options)


def load_network(record: Record, out: str | Path = "results") -> nn.Module:
    """A record's network with its trained weights, in eval mode. Raises CkdsnnError as `load_weights` does."""
    recipe = Recipe.of(record.recipe)
    classes = len(DATASETS[recipe.dataset].classes)
    return load_weights(build_network(recipe, classes), record, out).eval()


def obtain(
    name: str, seed: int, results: str | Path, out: str | Path, progress: bool = True, **changes: Any
) -> tuple[Record, dict[str, np.ndarray]]:
    """The record of a named recipe, with fields changed, and all its arrays: what a figure is drawn from.

    It is looked up in `results`, then in `out`. A smoke recipe that is in neither is trained now, into `out`; the other
    tiers take minutes to hours, so for them a CkdsnnError names the command that trains.
    """
    recipe = resolve(name, changes)
    for folder in (results, out):
        if record := find_record(recipe.digest(), seed, folder):
            return record, load_arrays(record, folder)
    if recipe.tier != "smoke":
        raise CkdsnnError(f"no record of {name}, seed {seed}, in {results}; run `ckdsnn train {name} --seed {seed}`")
    record = run(recipe, seed, out, progress=progress)
    return record, load_arrays(record, out)
