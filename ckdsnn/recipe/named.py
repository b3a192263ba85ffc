"""The named recipes, in tiers.

A recipe is named SETTING-METHOD. A setting fixes data, networks and schedule of a teacher and its students; a method
fixes what the students learn from.
"""

from typing import NamedTuple

from ckdsnn.recipe.conditions import under_conditions
from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.methods import AT_SCALE, METHODS, TIMESTEPS, VARIANTS, Fields, at_timesteps

CROP_AND_FLIP = {"autoaugment": False, "erasing": 0.0}

# what the released configuration has for teachers alone
TEACHERS_OWN = {"cifar10": {"lr": 0.05}, "cifar10-resnet19": {"epochs": 300}}
DATASETS_OF_PAPER = ("cifar10", "cifar100")
SHORT, QUICK = 20, 100  # epochs of shorter schedules: alone on one H200 a student takes some 2 minutes, or 11


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
    """the setting whose teacher the students learn from; empty: its own"""


SETTINGS: dict[str, Setting] = {
    "digits": Setting(
        {"tier": "smoke", "dataset": "digits", "model": "resnet8", "width": 1, "batch_size": 32, "epochs": 8}
        | {"crop_padding": 1, "flip": False}
        | CROP_AND_FLIP,
        {},
        {"timesteps": 2},
    ),
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
}

TIER_SETTINGS = {"smoke": "digits", "reduced": "cifar10-16k", "paper": "cifar100-resnet20"}  # of all suites but gpu


def methods_of(setting: str) -> dict[str, Fields]:
    """The methods, and where suites compare them, all their variants, elsewhere the few worth a large network."""
    if setting not in TIER_SETTINGS.values():
        return METHODS | AT_SCALE
    plain = Recipe(f"{setting}-snn", **SETTINGS[setting].shared | SETTINGS[setting].student | METHODS["snn"])
    others = [at_timesteps(t) for t in TIMESTEPS if t != plain.timesteps] + [under_conditions(setting, plain)]
    return METHODS | VARIANTS | {name: fields for changed in others for name, fields in changed.items()}


def recipes_of(setting: str) -> list[Recipe]:
    """The setting's own teacher, if it has one, then a student for each method."""
    shared, teacher, student, teacher_of = SETTINGS[setting]
    name = f"{teacher_of or setting}-teacher"
    first = [] if teacher_of else [Recipe(name, **shared | {"timesteps": 0, "losses": "none"} | teacher)]
    return first + [
        Recipe(f"{setting}-{method}", **shared | student | {"teacher": name} | fields)
        for method, fields in methods_of(setting).items()
    ]


RECIPES = {recipe.name: recipe for setting in SETTINGS for recipe in recipes_of(setting)}
