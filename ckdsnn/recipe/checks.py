"""What a recipe's fields may hold: the choices, the bounds, and the checks that name them."""

import math
import re
from dataclasses import Field, fields
from numbers import Integral, Real
from typing import Any

from ckdsnn.distill.settings import CHOICES as CHOICES_OF_TERMS
from ckdsnn.distill.settings import SETTINGS, TEACHER_NORMS
from ckdsnn.engine import DTYPES
from ckdsnn.errors import LARGEST_SEED, CkdsnnError, check_choice, shortened
from ckdsnn.models import HEADS, LAST_ACTIVATIONS, STUDENTS, TEACHERS
from ckdsnn.models.table import MOST_OF_OPTIONS

TIERS = ("smoke", "reduced", "paper")
CHOICES = {
    "tier": TIERS,
    "role": ("student", "teacher"),
    "statistics": ("own", "cifar10"),
    "last_activation": LAST_ACTIVATIONS,
    "head": HEADS,
    **CHOICES_OF_TERMS,
    "teacher_norm": TEACHER_NORMS,
    "optimizer": ("sgd", "adamw"),
    "precision": DTYPES,
}
LEAST = {  # the smallest valid value of every bounded number but the stage, whose bounds are the model's
    **dict.fromkeys(("train_images", "validation_images", "image_size", "depth", "dim", "patch"), 0),
    **dict.fromkeys(("teacher_seed", "crop_padding", "warmup", "label_smoothing"), 0),
    **dict.fromkeys(("beta", "gamma", "noise_weight", "momentum", "weight_decay", "erasing"), 0),
    **dict.fromkeys(("timesteps", "width", "epochs", "batch_size", "streams"), 1),
}
OF_SOME_LOSSES = ("stage", "every_stage", "student_map", "map_grid", "noise_gradient")  # read by no other loss
DRAWING = ("bkd", "nld")  # terms with random numbers, all from the one generator of a run, one after the other
POSITIVE = ("lr", "map_temperature", "logit_temperature")
MOST = {"label_smoothing": 1, "noise_weight": 1, "erasing": 1, "momentum": 1, "streams": 2}
MOST |= MOST_OF_OPTIONS | {  # beyond all use, within a computer's memory: a stranger's record asks for no terabyte
    **{"timesteps": 1000, "image_size": 1024, "crop_padding": 256},
    **{"epochs": 10**6, "batch_size": 10**6, "train_images": 10**9, "validation_images": 10**9},
    **{"warmup": 10**6, "teacher_seed": LARGEST_SEED},
}
LONGEST_NAME = 100  # characters: ids, with the seed and the digest, are names of files


def check_type(field: Field, value: Any) -> Any:
    """`value` in the field's annotated type: an int passes as a float, NumPy's numbers as Python's.

    So 1 and 1.0 are one recipe with one digest. Raises CkdsnnError for a value of another type.
    """
    accepted = {int: Integral, float: Real}.get(field.type, field.type)
    if not isinstance(value, accepted) or (isinstance(value, bool) and field.type is not bool):
        raise CkdsnnError(f"{field.name} = {shortened(value)}; expected {field.type.__name__}")
    try:
        return field.type(value)
    except OverflowError:
        raise CkdsnnError(f"{field.name} = {shortened(value)}; expected a finite number") from None


def check_value(name: str, value: Any) -> None:
    """Raise CkdsnnError for a value that is not a choice of its field or lies out of its range."""
    if name in CHOICES:
        check_choice(name, value, CHOICES[name])
    if isinstance(value, float) and not math.isfinite(value):
        raise CkdsnnError(f"{name} = {value!r}; expected a finite number")
    least, most = LEAST.get(name, value), MOST.get(name, value)
    if not least <= value <= most or (name in POSITIVE and not value > 0):
        bounds = "a positive number" if name in POSITIVE else f"from {least}" + (f" to {most}" if name in MOST else "")
        raise CkdsnnError(f"{name} = {shortened(value)}; expected {bounds}")


def check_name(name: str) -> None:
    """Raise CkdsnnError unless `name` can be part of a file's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or len(name) > LONGEST_NAME:
        valid = f"expected letters, digits, '.', '_' and '-', a letter or digit first, {LONGEST_NAME} at most"
        raise CkdsnnError(f"name = {shortened(name)}; {valid}")


def check_losses(losses: str, names: tuple[str, ...]) -> None:
    """Raise CkdsnnError for an unknown term and one that is named twice."""
    for name in names:
        if name not in SETTINGS:
            raise CkdsnnError(
                f"unknown loss {name!r}; choose one of: {', '.join(SETTINGS)}, joined by +, or none alone"
            )
    if len(set(names)) < len(names):
        raise CkdsnnError(f"losses = {losses!r}; expected each of {', '.join(SETTINGS)} at most once")


def order_counts(names: tuple[str, ...]) -> bool:
    """Whether another order of these terms is another run: the sum is the same, but not what each of them draws."""
    return sum(name in DRAWING for name in names) > 1


def readers(name: str, every_stage: bool) -> list[str]:
    """The losses that read the field `name` or are weighted by it; one that compares every stage does not ask which."""
    read = {loss: {term.weight, *(field.name for field in fields(term))} for loss, term in SETTINGS.items()}
    idle = "every_stage" if name == "stage" and every_stage else None
    return [loss for loss, names in read.items() if name in names and idle not in names]


def check_effect(name: str, value: Any, losses: str, able: list[str]) -> None:
    """Raise CkdsnnError where none of the losses is `able` to read a field: it would change a digest and no result."""
    if not set(able).intersection(losses.split("+")):
        reason = f"has no effect on losses = {losses!r}; it needs one of: {', '.join(able)}"
        raise CkdsnnError(f"{name} = {value!r} {reason}")


def check_model(recipe: Any) -> None:
    """Raise CkdsnnError for a model that is none of its kind, an option that it does not have, a stage beyond its last.

    The options of several models are fields of every recipe: what is changed without effect would change a digest.
    """
    options = recipe.model_spec.options
    every = {option for spec in (*TEACHERS.values(), *STUDENTS.values()) for option in spec.options}
    idle = [field for field in fields(recipe) if field.name in every - options.keys()]
    for field in idle:
        if getattr(recipe, field.name) != field.default:
            reason = f"has no effect on {recipe.model}; its options: {', '.join(options) or 'none'}"
            raise CkdsnnError(f"{field.name} = {getattr(recipe, field.name)!r} {reason}")
    if not -recipe.stages <= recipe.stage < recipe.stages:
        bounds = f"from {-recipe.stages} to {recipe.stages - 1}, the stages of {recipe.model}"
        raise CkdsnnError(f"stage = {recipe.stage!r}; expected {bounds}")


def check_data(recipe: Any) -> None:
    """Raise CkdsnnError for an unknown data set, another T than its frames have, and statistics of pictures."""
    spec = recipe.data_spec
    frames = spec.inputs.timesteps
    if frames and not recipe.is_teacher and recipe.timesteps != frames:
        raise CkdsnnError(
            f"timesteps = {recipe.timesteps}; {recipe.dataset} has {frames} frames an example, expected as many"
        )
    if frames and recipe.statistics != "own":
        raise CkdsnnError(f"statistics = {recipe.statistics!r}; events have none of pictures, expected 'own'")


def check_role(recipe: Any) -> None:
    """Raise CkdsnnError for losses without a student or without a teacher, and for what only students have."""
    if recipe.loss_names and (recipe.is_teacher or not recipe.teacher):
        raise CkdsnnError(
            f"losses = {recipe.losses!r} needs a student and its teacher; role = {recipe.role!r}, teacher = "
            f"{recipe.teacher!r}. A run without distillation: losses = 'none'"
        )
    given = recipe.timesteps, recipe.teacher, recipe.last_activation, recipe.head
    if recipe.is_teacher and given != (1, "", "spike", "linear"):
        raise CkdsnnError(
            f"role = 'teacher' is an ANN; it takes no timesteps ({recipe.timesteps}), teacher ({recipe.teacher!r}), "
            "last_activation or head"
        )


def check_schedule(recipe: Any) -> None:
    """Raise CkdsnnError for a warm-up that leaves no epoch, and a momentum that AdamW does not have."""
    if recipe.warmup >= recipe.epochs:
        raise CkdsnnError(f"warmup = {recipe.warmup}; expected fewer than the {recipe.epochs} epochs")
    if recipe.optimizer == "adamw" and recipe.momentum != type(recipe).momentum:
        raise CkdsnnError(f"momentum = {recipe.momentum!r} has no effect on optimizer = 'adamw'; it needs 'sgd'")


def check_stages(recipe: Any) -> None:
    """Raise CkdsnnError for a stage that none of the recipe's losses reads, or that has not the map asked for."""
    elsewhere = recipe.every_stage or recipe.stage != -1
    for name, needing in (("student_map", "cam"), ("teacher_norm", "batch")):
        if "samd" in recipe.loss_names and getattr(recipe, name) == needing and elsewhere:
            raise CkdsnnError(
                f"{name} = {needing!r} needs the closed form of a class activation map, which only the last stage "
                f"has; expected stage = -1 and every_stage = False, not {recipe.stage} and {recipe.every_stage}"
            )
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if field.name in OF_SOME_LOSSES and value != field.default:
            check_effect(field.name, value, recipe.losses, readers(field.name, recipe.every_stage))
