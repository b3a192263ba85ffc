"""What makes a run impossible, or another than its recipe says, is found before it begins."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ckdsnn.analysis.graph import check_kind
from ckdsnn.analysis.speed import recipe_step
from ckdsnn.assemble import build_data, build_network, teacher_recipe
from ckdsnn.data.specs import FOLDER
from ckdsnn.data.streamed import find_pictures
from ckdsnn.engine import engine, using
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import data_root
from ckdsnn.models import evaluating
from ckdsnn.models.features import expect_features
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record
from ckdsnn.training.machine import Machine
from ckdsnn.training.teacher import needs_run


def check_graph(machine: Machine) -> None:
    """Raise CkdsnnError where the engine asks for graphs, and a training's step cannot be recorded on this machine."""
    if not engine().graph:
        return
    if machine.kind != "gpu":  # which is CUDA, or shows it later
        check_kind(machine.kind)
    if machine.processes > 1:
        raise CkdsnnError(
            f"graph = True records the step of one device; devices = {machine.devices}, nodes = {machine.nodes}: "
            "expected 1 of each"
        )


def check_same(recipe: Recipe, found: Record, data: str | Path | None) -> None:
    """Raise CkdsnnError where a name in the recipe stands for something else now than in the record found.

    That is, where the recipe of the teacher has been changed, or the pictures of a folder of one's own.
    """
    if needs_run(recipe) and found.teacher and not found.teacher["record"].endswith(teacher_recipe(recipe).digest()):
        raise CkdsnnError(
            f"record {found.id} was taught by {found.teacher['record']}; {recipe.teacher} is another recipe now: give "
            "it another name, or use another folder of results"
        )
    if recipe.data_spec.name.startswith(FOLDER):
        now = find_pictures(recipe.data_spec, data_root(data)).digest
        if now != found.data["digest"]:
            raise CkdsnnError(
                f"record {found.id} is of other pictures than {recipe.dataset} holds now; use another --out"
            )


def rehearse(recipe: Recipe, data: str | Path | None, machine: Machine) -> None:
    """Meet what makes a student impossible before its teacher is trained for nothing: batches, networks, two steps."""
    module = build_data(recipe, 0, data, machine.processes, machine.readers)
    module.train_dataloader()
    classes = len(module.source.spec.classes)
    check_network(build_network(recipe, classes), recipe, classes)
    with using(replace(engine(), graph=False)):
        step = recipe_step(recipe.replace(batch_size=2), classes, torch.device("cpu"))
    step()
    step()  # a network that keeps its state fails in the second


def check_network(network: nn.Module, recipe: Recipe, num_classes: int) -> None:
    """Raise CkdsnnError unless it returns Features with a logit for each class, and as many stages as its row says."""
    with evaluating(network), torch.no_grad():
        logits, stages = expect_features(network(recipe.data_spec.inputs.blank()), network)
    if logits.shape != (1, num_classes):
        raise CkdsnnError(
            f"{recipe.model} gives logits {list(logits.shape)} for one example: expected [1, {num_classes}]"
        )
    if len(stages) != recipe.stages:
        raise CkdsnnError(
            f"{recipe.model} has {len(stages)} stages; its row in the table of models says {recipe.stages}"
        )
