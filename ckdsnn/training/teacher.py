"""The trained teacher of a run: the record of a run of ours, or a network from elsewhere."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from ckdsnn.assemble import load_network, pretrained_teacher, teacher_recipe
from ckdsnn.data.module import DataModule
from ckdsnn.measures.accuracy import accuracy
from ckdsnn.models.pretrained import weights_digest
from ckdsnn.models.table import is_pretrained
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record, copy_record, find_record


class Teacher(NamedTuple):
    """A trained network, and how a record names it."""

    network: nn.Module
    identity: dict[str, Any]
    """record: its id, or source: where a network from elsewhere is from; sha256 of its weights; its test accuracy in
    percent"""


def from_record(record: Record, out: Path) -> Teacher:
    """The teacher that this run has trained."""
    identity = {"record": record.id, "sha256": record.weights["sha256"], "accuracy": record.accuracy}
    return Teacher(load_network(record, out), identity)


def from_elsewhere(recipe: Recipe, module: DataModule, device: torch.device) -> Teacher:
    """The trained network that the recipe names, measured on the test examples.

    device: where it is measured, which for ImageNet takes a CPU an hour. Raises CkdsnnError as `load_pretrained` does.
    """
    network = pretrained_teacher(recipe, len(module.source.spec.classes)).to(device)
    shown = ((batch.shown.to(device), batch.labels.to(device)) for batch in module.first_of_test())
    measured = accuracy(network, shown)
    network.cpu()  # a training moves it to where it is needed
    return Teacher(
        network, {"source": recipe.teacher, "sha256": weights_digest(network), "accuracy": measured["value"]}
    )


def needs_run(recipe: Recipe) -> bool:
    """Whether a recipe of ours has to be trained before this one can be."""
    return bool(recipe.loss_names) and not is_pretrained(recipe.teacher)


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
