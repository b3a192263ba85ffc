"""The named recipes, in tiers.

A recipe is named SETTING-METHOD. A setting fixes data, networks and schedule of a teacher and its students; a method
fixes what the students learn from.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.models import table
from ckdsnn.models.table import is_pretrained
from ckdsnn.recipe.conditions import under_conditions
from ckdsnn.recipe.fields import Recipe, is_current, is_teachers
from ckdsnn.recipe.methods import AT_SCALE, METHODS, ROWS, Fields

CROP_AND_FLIP = {"autoaugment": False, "erasing": 0.0}
SMALL_DIGITS = CROP_AND_FLIP | {"tier": "smoke", "dataset": "digits", "batch_size": 32, "epochs": 8}
SMALL_DIGITS |= {"crop_padding": 1, "flip": False}
AS_TRANSFORMERS = {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.05, "warmup": 1}

# what the released configuration has for teachers alone
TEACHERS_OWN = {"cifar10": {"lr": 0.05}, "cifar10-resnet19": {"epochs": 300}}
DATASETS_OF_PAPER = ("cifar10", "cifar100")
SHORT, QUICK = 20, 100  # epochs of shorter schedules: alone on one H200 a ResNet-19 takes some 2 minutes, or 11

OF_EVENTS = {"tier": "reduced", "dataset": "cifar10-events", "width": 1, "epochs": 6, "train_images": 8_000}
OF_EVENTS |= CROP_AND_FLIP

# as SEW ResNet was trained (Fang et al. 2021): its epochs, batch and learning rate
ON_IMAGENET = {"epochs": 320, "batch_size": 256, "lr": 0.1, "crop_padding": 0} | CROP_AND_FLIP
IMAGENET_TEACHER = "torchvision:resnet34@IMAGENET1K_V1"

# settings with records of the former random streams: their runs stay comparable among themselves
FORMER_STREAMS = ("cifar10-16k", "cifar10-reduced", "cifar100-resnet19-e20")


def paper(dataset: str, model: str, width: int, **fields) -> Fields:
    return {"tier": "paper", "dataset": dataset, "model": model, "width": width, **fields}


class Setting(NamedTuple):
    """What a teacher and its students are trained on, and how."""

    shared: Fields
    """fields of both networks"""
    teacher: Fields
    """fields of the teacher alone"""
    student: Fields
    """fields of the students alone"""
    teacher_of: str = ""
    """the setting whose teacher the students learn from, or a trained network from elsewhere; empty: its own"""


SETTINGS: dict[str, Setting] = {
    "digits": Setting(SMALL_DIGITS | {"model": "resnet8", "width": 1}, {}, {"timesteps": 2}),
    **{
        f"{dataset}-reduced": Setting(
            {"tier": "reduced", "dataset": dataset, "width": 1, "epochs": 8} | CROP_AND_FLIP,
            {"model": "resnet20"},
            {"model": "resnet8"},
        )
        for dataset in DATASETS_OF_PAPER
    },
    # small enough for the hundreds of runs of all suites on two CPU cores: a few minutes on one of them at T = 1
    "cifar10-16k": Setting(
        {"tier": "reduced", "dataset": "cifar10", "width": 1, "epochs": 6, "train_images": 16_000} | CROP_AND_FLIP,
        {"model": "resnet20", "epochs": 20},
        {"model": "resnet8"},
    ),
    **{
        f"{dataset}-{model}": Setting(
            paper(dataset, model, width),
            TEACHERS_OWN.get(dataset, {}) | TEACHERS_OWN.get(f"{dataset}-{model}", {}),
            {},
        )
        for dataset in DATASETS_OF_PAPER
        for model, width in (("resnet19", 8), ("resnet20", 1))
    },
    **{
        f"{dataset}-resnet19-e{epochs}": Setting(
            paper(dataset, "resnet19", 8, epochs=epochs),
            TEACHERS_OWN.get(dataset, {}),
            {},
        )
        for dataset in DATASETS_OF_PAPER
        for epochs in (SHORT, QUICK)
    },
    **{
        f"{dataset}-resnet19-t4-e{QUICK}": Setting(
            paper(dataset, "resnet19", 8, epochs=QUICK),
            {},
            {"timesteps": 4},
            teacher_of=f"{dataset}-resnet19-e{QUICK}",
        )
        for dataset in DATASETS_OF_PAPER
    },
    # a spiking transformer, learning from the teacher of the small networks; as transformers are trained, by AdamW
    "digits-spikformer": Setting(
        SMALL_DIGITS,
        {},
        {"model": "spikformer", "depth": 1, "dim": 32, "timesteps": 2, **AS_TRANSFORMERS},
        teacher_of="digits",
    ),
    "cifar10-spikformer": Setting(
        {"tier": "reduced", "dataset": "cifar10", "epochs": 6, "train_images": 16_000} | CROP_AND_FLIP,
        {},
        {"model": "spikformer", "depth": 2, "dim": 64, **AS_TRANSFORMERS},
        teacher_of="cifar10-16k",
    ),
    # pictures from files; the twin of the smallest network is the teacher of both
    "imagenet10-sew18": Setting(
        {"tier": "reduced", "dataset": "imagenet10", "batch_size": 32, "lr": 0.05, "crop_padding": 0} | CROP_AND_FLIP,
        {"model": "imagenet_resnet18", "epochs": 12},
        {"model": "sew_resnet18", "timesteps": 4, "epochs": 5},
    ),
    "imagenet10-resnet34": Setting(
        {"tier": "reduced", "dataset": "imagenet10", "batch_size": 32, "lr": 0.05, "crop_padding": 0} | CROP_AND_FLIP,
        {},
        {"model": "spiking_resnet34", "timesteps": 2, "epochs": 2},
        teacher_of="imagenet10-sew18",
    ),
    # simulated events; the teacher sees their frames, one by one, or the pictures that they are simulated from
    "cifar10-events": Setting(OF_EVENTS, {"model": "resnet20", "epochs": 12}, {"model": "resnet8", "timesteps": 4}),
    "cifar10-events-rgb": Setting(OF_EVENTS, {}, {"model": "resnet8", "timesteps": 4}, teacher_of="cifar10-16k"),
    # recordings of an event camera; the teacher sees the same frames, one by one
    "nmnist": Setting(
        {"tier": "reduced", "dataset": "nmnist", "width": 1, "epochs": 10, "batch_size": 50, "validation_images": 100}
        | {"crop_padding": 2, "flip": False, "model": "resnet8"}
        | CROP_AND_FLIP,
        {},
        {"timesteps": 10},
    ),
    # the paper's other students and data sets
    **{
        name: Setting(
            paper("imagenet", model, 8, **ON_IMAGENET), {}, {"timesteps": timesteps}, teacher_of=IMAGENET_TEACHER
        )
        for name, model, timesteps in (
            ("imagenet-sew34", "sew_resnet34", 4),
            ("imagenet-sew18", "sew_resnet18", 4),
            ("imagenet-resnet34", "spiking_resnet34", 2),
        )
    },
    "cifar100-spikformer": Setting(
        paper("cifar100", "spikformer", 8, epochs=300),
        {},
        {"timesteps": 4, **AS_TRANSFORMERS, "lr": 0.0005, "warmup": 20},
        teacher_of="cifar100-resnet19",
    ),
    "cifar10dvs-resnet20": Setting(
        paper("cifar10dvs", "resnet20", 1, epochs=300, **CROP_AND_FLIP), {}, {"timesteps": 10}
    ),
    # of the suite `evidence`: what is selected there is selected on the validation images
    **{
        f"{dataset}-resnet20-e{SHORT}": Setting(
            paper(dataset, "resnet20", 1, epochs=SHORT, validation_images=5_000, precision="fp32"),
            TEACHERS_OWN.get(dataset, {}),
            {},
        )
        for dataset in DATASETS_OF_PAPER
    },
}

TIER_SETTINGS = {"smoke": "digits", "reduced": "cifar10-16k", "paper": "cifar100-resnet20"}  # where suites compare


def shared_fields(setting: str) -> Fields:
    """The fields of a setting's teacher and students."""
    return SETTINGS[setting].shared | {"streams": 1 if setting in FORMER_STREAMS else 2}


def own_teacher(setting: str) -> list[Recipe]:
    """The setting's own teacher, if it has one."""
    fields = shared_fields(setting) | {"role": "teacher", "losses": "none"} | SETTINGS[setting].teacher
    return [] if SETTINGS[setting].teacher_of else [Recipe(f"{setting}-teacher", **fields)]


def students_of(setting: str) -> dict[str, Recipe]:
    """Method -> recipe: all rows and conditions where suites compare them, elsewhere the few worth a large network."""
    source = SETTINGS[setting].teacher_of or setting
    teacher = source if is_pretrained(source) else f"{source}-teacher"
    fields = shared_fields(setting) | SETTINGS[setting].student | {"teacher": teacher}
    if setting in TIER_SETTINGS.values():
        plain = Recipe(f"{setting}-snn", **fields | METHODS["snn"].fields)
        methods = {method: row.fields for method, row in ROWS.items()} | under_conditions(plain)
    else:
        methods = {m: ROWS[m].fields for m in (*METHODS, *AT_SCALE) if fits(ROWS[m].fields, fields["model"])}
    return {method: Recipe(f"{setting}-{method}", **fields | own) for method, own in methods.items()}


def fits(fields: Fields, model: str) -> bool:
    """Whether a student of this model can have these fields: a Spikformer, for one, has no other last activation."""
    options = {option for spec in table.STUDENTS.values() for option in spec.options}
    return fields.keys() & options <= table.STUDENTS[model].options.keys()


STUDENT_RECIPES = {setting: students_of(setting) for setting in SETTINGS}  # setting -> method -> recipe
RECIPES = {r.name: r for setting in SETTINGS for r in (*own_teacher(setting), *STUDENT_RECIPES[setting].values())}


def resolve(recipe: Recipe | str, changes: dict[str, Any]) -> Recipe:
    """The recipe that a name and changed fields stand for.

    Raises CkdsnnError for unknown ones, and for another tier: a small run must not pass for a full one.
    """
    recipe = recipe if isinstance(recipe, Recipe) else choose("recipe", recipe, RECIPES)
    if changes.get("tier", recipe.tier) != recipe.tier:
        raise CkdsnnError(f"tier = {changes['tier']!r}; {recipe.name} stays in its tier, {recipe.tier}")
    return recipe.replace(**changes)


class Place(NamedTuple):
    """Where a run stands among the named recipes; both are empty for one that is none of them."""

    setting: str = ""
    method: str = ""
    """with its condition; "teacher" for a setting's own"""


PLACE_OF_NAME = {f"{setting}-teacher": Place(setting, "teacher") for setting in SETTINGS if own_teacher(setting)} | {
    recipe.name: Place(setting, method) for setting, own in STUDENT_RECIPES.items() for method, recipe in own.items()
}
NAMED = tuple(RECIPES[name] for name in PLACE_OF_NAME)


@cache
def places_by_digest() -> dict[str, Place]:
    """Digest -> the place of the named recipe that has it; not before somebody asks, as every command would wait."""
    return {recipe.digest(): PLACE_OF_NAME[recipe.name] for recipe in NAMED}


def place_of(content: Mapping[str, Any]) -> Place:
    """The place of a recipe as records hold it.

    The content tells it. A run with other fields than the named recipe's is told by its name, but not one on record
    from before the present names: `ckdsnn` was then what is `ckdsnn-count` now. One of a model that is not known here
    is none of them.
    """
    if content["model"] not in table.STUDENTS.keys() | table.TEACHERS.keys():
        return Place()
    return known_place(json.dumps(content, sort_keys=True))


@cache  # frames and figures ask for the same run again and again, and a recipe takes a millisecond to check
def known_place(text: str) -> Place:
    """The place of a recipe of a known model, as JSON: in it 1 and True, which Python takes for equal, differ."""
    content = json.loads(text)
    recipe = Recipe.of(content)
    by_name = PLACE_OF_NAME if is_current(content) else {}
    return places_by_digest().get(recipe.digest()) or by_name.get(recipe.name, Place())


def method_of(content: Mapping[str, Any]) -> str:
    """The method of a recipe as records hold it; "teacher" for an ANN, "" for what no row fits."""
    return place_of(content).method or ("teacher" if is_teachers(content) else "")
