"""The named recipes, in tiers, and the suites of recipes behind each table or figure.

A recipe is named SETTING-METHOD. A setting fixes data, networks and schedule of a teacher and its students; a method
fixes what the students learn from.
"""

from typing import Any

from ckdsnn.recipe.fields import Recipe

# The rivals by maps (at, catkd, e2kd) learn from maps and labels alone, as samd does, with the weights of their
# authors' code; those by features (kdsnn, bkd) learn from the logits, too, as published.
METHODS: dict[str, dict[str, Any]] = {
    "snn": {"losses": "none"},
    "kd": {"losses": "kd"},
    "kdsnn": {"losses": "kd+kdsnn"},
    "bkd": {"losses": "kd+bkd"},
    "at": {"losses": "at", "beta": 1000.0},
    "catkd": {"losses": "catkd", "beta": 50.0},
    "e2kd": {"losses": "e2kd"},
    "samd": {"losses": "samd"},
    "nld": {"losses": "nld"},
    "ckdsnn": {"losses": "samd+nld"},
    "ckdsnn-sample": {"losses": "samd+nld", "student_range": "sample"},  # both maps min-max within each image
}

CROP_AND_FLIP = {"autoaugment": False, "erasing": 0.0}

# what the released configuration has for teachers alone
TEACHERS_OWN = {"cifar10": {"lr": 0.05}, "cifar10-resnet19": {"epochs": 300}}

# setting -> fields of both networks, of the teacher alone, of the students alone
SETTINGS: dict[str, tuple[dict, dict, dict]] = {
    "digits": (
        {"tier": "smoke", "dataset": "digits", "model": "resnet8", "width": 1, "batch_size": 32, "epochs": 8}
        | {"crop_padding": 1, "flip": False}
        | CROP_AND_FLIP,
        {},
        {"timesteps": 2},
    ),
    **{
        f"{dataset}-reduced": (
            {"tier": "reduced", "dataset": dataset, "width": 1, "epochs": 8} | CROP_AND_FLIP,
            {"model": "resnet20"},
            {"model": "resnet8"},
        )
        for dataset in ("cifar10", "cifar100")
    },
    # small enough for the hundreds of runs of all suites on two CPU cores
    "cifar10-16k": (
        {"tier": "reduced", "dataset": "cifar10", "width": 1, "epochs": 10, "train_images": 16_000} | CROP_AND_FLIP,
        {"model": "resnet20", "epochs": 20},
        {"model": "resnet8"},
    ),
    **{
        f"{dataset}-{model}": (
            {"tier": "paper", "dataset": dataset, "model": model, "width": width},
            TEACHERS_OWN.get(dataset, {}) | TEACHERS_OWN.get(f"{dataset}-{model}", {}),
            {},
        )
        for dataset in ("cifar10", "cifar100")
        for model, width in (("resnet19", 8), ("resnet20", 1))
    },
}


def recipes_of(setting: str) -> list[Recipe]:
    """The setting's teacher, then a student for each method."""
    shared, teacher, student = SETTINGS[setting]
    name = f"{setting}-teacher"
    first = Recipe(name, **shared | {"timesteps": 0, "losses": "none"} | teacher)
    return [
        first,
        *(
            Recipe(f"{setting}-{method}", **shared | student | fields, teacher=name)
            for method, fields in METHODS.items()
        ),
    ]


RECIPES = {recipe.name: recipe for setting in SETTINGS for recipe in recipes_of(setting)}

TIER_SETTINGS = {
    "smoke": ("digits",),
    "reduced": ("cifar10-reduced", "cifar100-reduced"),
    "paper": ("cifar10-resnet19", "cifar100-resnet19"),
}

SUITE_METHODS = {
    "components": ("snn", "kd", "samd", "nld", "ckdsnn"),
    "map-losses": ("snn", "samd", "at", "catkd", "e2kd"),
    "rivals": ("snn", "kd", "kdsnn", "bkd", "ckdsnn"),
}

# suite -> tier -> names of its recipes, in the order in which they are worth running
SUITES = {
    suite: {
        tier: [f"{setting}-{method}" for setting in settings for method in methods]
        for tier, settings in TIER_SETTINGS.items()
    }
    for suite, methods in SUITE_METHODS.items()
}
