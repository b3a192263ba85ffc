"""From a Recipe's words to networks, data and objective; from a Record to its trained network."""

from dataclasses import fields
from pathlib import Path

import torch
from torch import nn

from ckdsnn.data import DATASETS, Augment, load_dataset, statistics_of
from ckdsnn.data.module import ImageDataModule
from ckdsnn.distill import LOSSES, Objective
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.models import build_student, build_teacher
from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.named import RECIPES
from ckdsnn.records import Record, load_weights


def build_network(recipe: Recipe, num_classes: int, seed: int = 0) -> nn.Module:
    """The recipe's network with the seed's fresh weights; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):  # fresh weights are drawn on the CPU
        torch.manual_seed(seed)
        if recipe.is_teacher:
            return build_teacher(recipe.model, num_classes, recipe.width)
        return build_student(
            recipe.model, num_classes, recipe.width, recipe.timesteps, recipe.last_activation, recipe.head
        )


def load_network(record: Record, out: str | Path = "results") -> nn.Module:
    """A record's network with its trained weights, in eval mode. Raises CkdsnnError as `load_weights` does."""
    recipe = Recipe.of(record.recipe)
    classes = len(DATASETS[recipe.dataset].classes)
    return load_weights(build_network(recipe, classes), record, out).eval()


def teacher_recipe(recipe: Recipe) -> Recipe:
    """The recipe of a student's teacher, with the student's statistics, because both see the same tensors.

    Raises CkdsnnError for a name that is not an ANN's recipe for the student's dataset.
    """
    fitting = {r.name: r for r in RECIPES.values() if r.is_teacher and r.dataset == recipe.dataset}
    teacher = choose(f"teacher recipe for {recipe.dataset}", recipe.teacher, fitting)
    return teacher.replace(statistics=recipe.statistics)


def build_objective(recipe: Recipe, teacher: nn.Module | None) -> Objective:
    """Each term takes the recipe's fields that bear the names of its own."""
    terms = {}
    for name in recipe.loss_names:
        term = LOSSES[name]
        settings = {field.name: getattr(recipe, field.name) for field in fields(term)}
        terms[name] = (getattr(recipe, term.weight), term(**settings))
    return Objective(terms, teacher)


def build_data(recipe: Recipe, seed: int, root: str | Path | None = None, processes: int = 1) -> ImageDataModule:
    """The recipe's dataset as device-resident batches, each step's images shared out evenly among `processes`.

    Raises CkdsnnError as `load_dataset` does, and for a batch that cannot be shared out.
    """
    if recipe.batch_size % processes:
        raise CkdsnnError(f"batch_size = {recipe.batch_size} cannot be shared out among {processes} devices")
    data = load_dataset(recipe.dataset, root)
    mean, std = statistics_of(data.spec, recipe.statistics)
    policy = data.spec.policy if recipe.autoaugment else None
    augment = Augment(policy, recipe.crop_padding, recipe.flip, recipe.erasing, mean, std)
    return ImageDataModule(
        data,
        augment=augment,
        mean=mean,
        std=std,
        batch_size=recipe.batch_size // processes,
        seed=seed,
        train_images=recipe.train_images,
    )
