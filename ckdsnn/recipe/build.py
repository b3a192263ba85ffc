"""From a Recipe's words to networks, data and objective; from a Record to its trained network."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import torch
from torch import nn

from ckdsnn.data import DATASETS, Augment, load_dataset, statistics_of
from ckdsnn.data.module import ImageDataModule
from ckdsnn.data.seeds import Purpose, stream_seed
from ckdsnn.distill import LOSSES, Objective
from ckdsnn.distill.batch import at_stage
from ckdsnn.distill.objective import adaptable
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.inputs import InputSpec
from ckdsnn.models import OverTime, build_student, build_teacher, evaluating
from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.named import RECIPES
from ckdsnn.records import Record, find_record, load_record, load_weights


@contextmanager
def drawn_by(state: int) -> Iterator[None]:
    """Fresh weights inside the block begin at this state; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):  # fresh weights are drawn on the CPU
        torch.manual_seed(state)
        yield


def build_network(recipe: Recipe, num_classes: int, seed: int = 0) -> nn.Module:
    """The recipe's network with the seed's fresh weights."""
    inputs, options = DATASETS[recipe.dataset].inputs, recipe.model_options
    with drawn_by(stream_seed(seed, Purpose.WEIGHTS, streams=recipe.streams)):
        if recipe.is_teacher:
            network = build_teacher(recipe.model, num_classes, inputs, **options)
            return OverTime(network) if inputs.timesteps else network
        return build_student(recipe.model, num_classes, recipe.timesteps, inputs, **options)


def load_network(record: Record, out: str | Path = "results") -> nn.Module:
    """A record's network with its trained weights, in eval mode. Raises CkdsnnError as `load_weights` does."""
    recipe = Recipe.of(record.recipe)
    classes = len(DATASETS[recipe.dataset].classes)
    return load_weights(build_network(recipe, classes), record, out).eval()


def require_student(record: Record) -> Recipe:
    """The recipe of a student's record. Raises CkdsnnError for a teacher's."""
    recipe = Recipe.of(record.recipe)
    if recipe.is_teacher:
        raise CkdsnnError(f"record {record.id} is a teacher's; choose a student's (`ckdsnn list` shows them)")
    return recipe


def teacher_recipe(recipe: Recipe) -> Recipe:
    """The recipe of a student's teacher, with the student's statistics, because both see the same tensors.

    Raises CkdsnnError for a name that is not an ANN's recipe for the student's dataset.
    """
    fitting = {r.name: r for r in RECIPES.values() if r.is_teacher and r.dataset == recipe.dataset}
    teacher = choose(f"teacher recipe for {recipe.dataset}", recipe.teacher, fitting)
    return teacher.replace(statistics=recipe.statistics)


def teacher_record(record: Record, out: str | Path) -> Record:
    """The teacher's record of a student's: the one distilled from, or for a plain SNN its recipe's.

    Raises CkdsnnError, for a plain SNN with the command that trains it, where it is not below `out`.
    """
    if record.teacher:
        return load_record(record.teacher["record"], out)
    recipe = Recipe.of(record.recipe)
    if found := find_record(teacher_recipe(recipe).digest(), recipe.teacher_seed, out):
        return found
    command = f"ckdsnn train {recipe.teacher} --seed {recipe.teacher_seed} --out {out}"
    raise CkdsnnError(f"record {record.id} has no teacher on record; run `{command}` first")


def build_objective(
    recipe: Recipe, teacher: nn.Module | None, student: nn.Module | None = None, seed: int = 0
) -> Objective:
    """Each term takes the recipe's fields that bear the names of its own; the seed draws the weights of adapters.

    Raises CkdsnnError as Objective does; adapters are made for the channels of `teacher` and `student`.
    """
    terms = {}
    for name in recipe.loss_names:
        term = LOSSES[name]
        settings = {field.name: getattr(recipe, field.name) for field in fields(term)}
        terms[name] = (getattr(recipe, term.weight), term(**settings))
    adapters = {}
    if (adapted := adaptable(terms)) and teacher and student:
        inputs = DATASETS[recipe.dataset].inputs
        channels = stage_channels(student, inputs), stage_channels(teacher, inputs)
        with drawn_by(stream_seed(seed, Purpose.ADAPTERS, streams=recipe.streams)):
            adapters = {name: term.adapter(*at_stage(term.stage, *channels)) for name, term in adapted.items()}
    return Objective(terms, teacher, student, adapters, recipe.teacher_norm, recipe.label_smoothing)


def stage_channels(network: nn.Module, inputs: InputSpec) -> list[int]:
    """The number of channels of each stage, seen on a blank example."""
    with evaluating(network), torch.no_grad():
        return [stage.shape[-3] for stage in network(inputs.blank(device=next(network.parameters()).device)).stages]


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
        validation_images=recipe.validation_images,
        streams=recipe.streams,
    )
