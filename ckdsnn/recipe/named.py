"""The named recipes, in tiers, and the suites of recipes behind each table or figure.

A recipe is named SETTING-METHOD. A setting fixes data, networks and schedule of a teacher and its students; a method
fixes what the students learn from.
"""

from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.methods import METHODS, RANGES, Fields

CROP_AND_FLIP = {"autoaugment": False, "erasing": 0.0}

# what the released configuration has for teachers alone
TEACHERS_OWN = {"cifar10": {"lr": 0.05}, "cifar10-resnet19": {"epochs": 300}}
DATASETS_OF_PAPER = ("cifar10", "cifar100")
QUICK = 100  # epochs of the short schedule, some minutes on a data-centre GPU


def paper(dataset: str, model: str, width: int, **fields) -> Fields:
    return {"tier": "paper", "dataset": dataset, "model": model, "width": width, **fields}


# setting -> fields of both networks, of the teacher alone (or the setting whose teacher it is), of the students alone
SETTINGS: dict[str, tuple[Fields, Fields | str, Fields]] = {
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
        for dataset in DATASETS_OF_PAPER
    },
    # small enough for the hundreds of runs of all suites on two CPU cores
    "cifar10-16k": (
        {"tier": "reduced", "dataset": "cifar10", "width": 1, "epochs": 10, "train_images": 16_000} | CROP_AND_FLIP,
        {"model": "resnet20", "epochs": 20},
        {"model": "resnet8"},
    ),
    **{
        f"{dataset}-{model}": (
            paper(dataset, model, width),
            TEACHERS_OWN.get(dataset, {}) | TEACHERS_OWN.get(f"{dataset}-{model}", {}),
            {},
        )
        for dataset in DATASETS_OF_PAPER
        for model, width in (("resnet19", 8), ("resnet20", 1))
    },
    **{
        f"{dataset}-resnet19-e{QUICK}": (
            paper(dataset, "resnet19", 8, epochs=QUICK),
            TEACHERS_OWN.get(dataset, {}),
            {},
        )
        for dataset in DATASETS_OF_PAPER
    },
    **{
        f"{dataset}-resnet19-t4-e{QUICK}": (
            paper(dataset, "resnet19", 8, epochs=QUICK),
            f"{dataset}-resnet19-e{QUICK}",
            {"timesteps": 4},
        )
        for dataset in DATASETS_OF_PAPER
    },
}

TIER_SETTINGS = {"smoke": "digits", "reduced": "cifar10-16k", "paper": "cifar100-resnet19"}  # of all suites but gpu


def methods_of(setting: str) -> dict[str, Fields]:
    """The methods, and where a suite compares them, their variants."""
    return METHODS | (RANGES if setting in TIER_SETTINGS.values() else {})


def recipes_of(setting: str) -> list[Recipe]:
    """The setting's own teacher, if it has one, then a student for each method."""
    shared, teacher, student = SETTINGS[setting]
    borrowed = isinstance(teacher, str)
    name = f"{teacher if borrowed else setting}-teacher"
    first = [] if borrowed else [Recipe(name, **shared | {"timesteps": 0, "losses": "none"} | teacher)]
    return first + [
        Recipe(f"{setting}-{method}", **shared | student | fields, teacher=name)
        for method, fields in methods_of(setting).items()
    ]


RECIPES = {recipe.name: recipe for setting in SETTINGS for recipe in recipes_of(setting)}

SUITE_METHODS = {
    "components": ("snn", "kd", "samd", "nld", "ckdsnn"),
    "ranges": ("nld", "ckdsnn", "ckdsnn-sample", *RANGES),
    "map-losses": ("snn", "samd", "at", "catkd", "e2kd"),
    "rivals": ("snn", "kd", "kdsnn", "bkd", "ckdsnn", "ckdsnn-sample"),
}

# the paper's networks on one GPU, in the order of worth: the main table's cells, then T = 4, the released form, rivals
GPU = {
    f"cifar100-resnet19-e{QUICK}": ("ckdsnn", "ckdsnn-sample", "snn", "kd", "samd", "nld"),
    f"cifar10-resnet19-e{QUICK}": ("ckdsnn", "ckdsnn-sample", "snn", "kd"),
    f"cifar100-resnet19-t4-e{QUICK}": ("ckdsnn", "snn"),
    f"cifar10-resnet19-t4-e{QUICK}": ("ckdsnn", "snn"),
}
GPU_LATER = ("ckdsnn-released", "bkd", "kdsnn")  # on CIFAR-100

# suite -> tier -> names of its recipes, in the order in which they are worth running
SUITES = {
    suite: {tier: [f"{setting}-{method}" for method in methods] for tier, setting in TIER_SETTINGS.items()}
    for suite, methods in SUITE_METHODS.items()
} | {
    "gpu": {
        "paper": [f"{dataset}-resnet19-e{QUICK}-teacher" for dataset in reversed(DATASETS_OF_PAPER)]
        + [f"{setting}-{method}" for setting, methods in GPU.items() for method in methods]
        + [f"cifar100-resnet19-e{QUICK}-{method}" for method in GPU_LATER]
    }
}
