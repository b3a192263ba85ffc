"""From a Recipe's words to networks, data and objective; from a Record to its trained network."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from ckdsnn.data import DATASETS, Augment, load_dataset, statistics_of
from ckdsnn.distill import LOSSES, Objective
from ckdsnn.distill.batch import at_stage
from ckdsnn.distill.objective import adaptable
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.inputs import InputSpec
from ckdsnn.models import OverTime, build_student, build_teacher, evaluating
from ckdsnn.models.features import expect_features
from ckdsnn.models.pretrained import load_pretrained, weights_digest
from ckdsnn.models.table import is_pretrained
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.records import Record, find_record, load_record, load_weights
from ckdsnn.seeds import Purpose, drawn_by, stream_seed

if TYPE_CHECKING:
    from ckdsnn.data.module import DataModule


def build_network(recipe: Recipe, num_classes: int, seed: int = 0) -> nn.Module:
    """The recipe's network with the seed's fresh weights."""
    inputs, options = recipe.data_spec.inputs, recipe.model_options
    with drawn_by(stream_seed(seed, Purpose.WEIGHTS, streams=recipe.streams)):
        if recipe.is_teacher:
            network = build_teacher(recipe.model, num_classes, inputs, **options)
            return OverTime(network) if inputs.timesteps else network
        return build_student(recipe.model, num_classes, recipe.timesteps, inputs, **options)


def classes_of(record: Record) -> tuple[str, ...]:
    """The names of the classes that a record's network tells apart."""
    return tuple(record.data.get("classes", ())) or DATASETS[record.data["name"]].classes


def load_network(record: Record, out: str | Path = "results") -> nn.Module:
    """A record's network with its trained weights, in eval mode. Raises CkdsnnError as `load_weights` does."""
    network = build_network(Recipe.of(record.recipe), len(classes_of(record)))
    return load_weights(network, record, out).eval()


def require_student(record: Record) -> Recipe:
    """The recipe of a student's record. Raises CkdsnnError for a teacher's."""
    recipe = Recipe.of(record.recipe)
    if recipe.is_teacher:
        raise CkdsnnError(f"record {record.id} is a teacher's; choose a student's (`ckdsnn list` shows them)")
    return recipe


def teacher_recipe(recipe: Recipe) -> Recipe:
    """The recipe of a student's teacher, with the student's statistics and size where both see the same tensors.

    Raises CkdsnnError for a name that is not an ANN's recipe for the student's dataset, or for the pictures behind it.
    """
    spec = recipe.data_spec
    seen = {recipe.dataset, spec.simulated_from}
    fitting = {r.name: r for r in RECIPES.values() if r.is_teacher and r.dataset in seen}
    if not fitting:
        raise CkdsnnError(
            f"teacher = {recipe.teacher!r}: there is no recipe of a teacher for {recipe.dataset}; put one into "
            "ckdsnn.recipe.RECIPES, or name a trained network: model:NAME@FILE, torchvision:NAME"
        )
    teacher = choose(f"teacher recipe for {recipe.dataset}", recipe.teacher, fitting)
    if teacher.dataset != recipe.dataset:
        return teacher
    return teacher.replace(statistics=recipe.statistics, image_size=recipe.image_size)


def teacher_sees(recipe: Recipe) -> str:
    """What its teacher sees: the "picture" behind simulated events, if it is a network for pictures, or the "same"."""
    if not (recipe.loss_names and recipe.data_spec.simulated_from):
        return "same"
    return "picture" if is_pretrained(recipe.teacher) or teacher_recipe(recipe).dataset != recipe.dataset else "same"


def shown_inputs(recipe: Recipe) -> InputSpec:
    """What a student's teacher reads."""
    spec = recipe.data_spec
    return DATASETS[spec.simulated_from].inputs if teacher_sees(recipe) == "picture" else spec.inputs


def teacher_record(record: Record, out: str | Path) -> Record:
    """The teacher's record of a student's: the one distilled from, or for a plain SNN its recipe's.

    Raises CkdsnnError, for a plain SNN with the command that trains it, where it is not below `out`, and for a teacher
    that is no run of ours.
    """
    recipe = Recipe.of(record.recipe)
    if is_pretrained(recipe.teacher):
        raise CkdsnnError(f"the teacher of record {record.id} is {recipe.teacher}, which is no record")
    if record.teacher:
        return load_record(record.teacher["record"], out)
    if found := find_record(teacher_recipe(recipe).digest(), recipe.teacher_seed, out):
        return found
    command = f"ckdsnn train {recipe.teacher} --seed {recipe.teacher_seed} --out {out}"
    raise CkdsnnError(f"record {record.id} has no teacher on record; run `{command}` first")


def load_teacher(record: Record, out: str | Path) -> nn.Module:
    """The teacher of a student's record, in eval mode. Raises CkdsnnError where it cannot be had."""
    recipe = Recipe.of(record.recipe)
    if is_pretrained(recipe.teacher):
        network = pretrained_teacher(recipe, len(classes_of(record)))
        if record.teacher and weights_digest(network) != record.teacher["sha256"]:
            raise CkdsnnError(f"{recipe.teacher} has other weights now than the teacher of record {record.id} had")
        return network
    return load_network(teacher_record(record, out), out)


def pretrained_teacher(recipe: Recipe, num_classes: int) -> nn.Module:
    """A teacher from elsewhere, for what the recipe shows it. Raises CkdsnnError as `load_pretrained` does."""
    shown = recipe.data_spec
    if shown.simulated_from:
        shown = DATASETS[shown.simulated_from]
    return load_pretrained(recipe.teacher, num_classes, shown.inputs, statistics_of(shown, recipe.statistics))


def fresh_teacher(recipe: Recipe, num_classes: int) -> nn.Module:
    """A network like a student's teacher, for measuring what it costs; one of ours with fresh weights."""
    if is_pretrained(recipe.teacher):
        return pretrained_teacher(recipe, num_classes)
    return build_network(teacher_recipe(recipe), num_classes)


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
        channels = stage_channels(student, recipe.data_spec.inputs), stage_channels(teacher, shown_inputs(recipe))
        with drawn_by(stream_seed(seed, Purpose.ADAPTERS, streams=recipe.streams)):
            adapters = {name: term.adapter(*at_stage(term.stage, *channels)) for name, term in adapted.items()}
    return Objective(terms, teacher, student, adapters, recipe.teacher_norm, recipe.label_smoothing)


def stage_channels(network: nn.Module, inputs: InputSpec) -> list[int]:
    """The number of channels of each stage, seen on a blank example. Raises CkdsnnError as `expect_features` does."""
    with evaluating(network), torch.no_grad():
        seen = expect_features(network(inputs.blank(device=next(network.parameters()).device)), network)
    return [stage.shape[-3] for stage in seen.stages]


def build_data(
    recipe: Recipe, seed: int, root: str | Path | None = None, processes: int = 1, workers: int = 0
) -> "DataModule":
    """The recipe's batches, each step's examples shared out evenly among `processes`.

    workers: processes that read pictures from files. Raises CkdsnnError as `load_dataset` does, and for a batch that
    cannot be shared out.
    """
    from ckdsnn.data.module import DataModule  # with Lightning: seconds that who only asks a network need not wait

    if recipe.batch_size % processes:
        raise CkdsnnError(f"batch_size = {recipe.batch_size} cannot be shared out among {processes} devices")
    source = load_dataset(recipe.dataset, root, size=recipe.image_size, workers=workers)
    mean, std = statistics_of(source.spec, recipe.statistics)
    policy = source.spec.policy if recipe.autoaugment else None
    augment = Augment(policy, recipe.crop_padding, recipe.flip, recipe.erasing, mean, std)
    return DataModule(
        source,
        augment=augment,
        mean=mean,
        std=std,
        batch_size=recipe.batch_size // processes,
        seed=seed,
        train_images=recipe.train_images,
        validation_images=recipe.validation_images,
        streams=recipe.streams,
        teacher_sees=teacher_sees(recipe),
    )
