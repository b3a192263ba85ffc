"""What a page's runs have in common, and so what its numbers hold for: computed from the recipes of their settings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.named import STUDENT_RECIPES
from ckdsnn.report.tables import listed, series

NAMES = {  # of data sets and networks, as published
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "digits": "digits of 8×8 pixels",
    "nmnist": "N-MNIST",
    "cifar10-events": "events simulated from CIFAR-10",
    "cifar10dvs": "CIFAR10-DVS",
    "imagenet10": "ten classes of ImageNet",
    "imagenet": "ImageNet",
    "spikformer": "Spikformer",
    **{f"resnet{n}": f"ResNet-{n}" for n in (8, 19, 20)},
    **{f"imagenet_resnet{n}": f"ResNet-{n}" for n in (18, 34)},
    **{f"spiking_resnet{n}": f"spiking ResNet-{n}" for n in (18, 34)},
    **{f"sew_resnet{n}": f"SEW-ResNet-{n}" for n in (18, 34, 50)},
}
LARGER = "The paper's networks are larger, or have more data and longer trainings."
PAIRS = (
    "Equal seeds share teacher, first weights and the order of the images. Each difference is a mean over pairs of "
    "runs with the same seed, with the 95 % interval of the paired t test: [how two methods are "
    "compared, and what counts as shown](../book/claims.md#how-two-methods-are-compared). Few seeds make wide "
    'intervals: "not shown" is no proof that two methods are equal.'
)


def limits(runs: pd.DataFrame) -> str:
    """The settings of these runs in words, a sentence each, and what pairs of them are."""
    named = runs[runs["setting"].astype(bool)].groupby("setting", sort=False, observed=True)
    found = [(student_of(name), sorted(own["T"].dropna().unique())) for name, own in named]
    parts = [setting(recipe, teacher_of(recipe), timesteps) for recipe, timesteps in found]
    larger = f"{LARGER} " * any(recipe["tier"] != "paper" for recipe, _ in found)
    devices = ", ".join(sorted({str(device).split(":")[0].upper() for device in runs["device"]}))
    settings = listed(parts) if len(parts) > 1 else "".join(parts)
    return f"{settings}\n\n{larger}Trained on: {devices}.\n\n{PAIRS}"


def setting_in_words(name: str) -> str:
    """A setting in words, and whether the paper's is larger."""
    recipe = student_of(name)
    return setting(recipe, teacher_of(recipe)) + f" {LARGER}" * (recipe["tier"] != "paper")


def student_of(name: str) -> Mapping:
    """The recipe of a setting's first student, of which the others differ in what a row names."""
    return asdict(next(iter(STUDENT_RECIPES[name].values())))


def teacher_of(recipe: Mapping) -> Mapping | str:
    """The recipe of a student's teacher, or where a pretrained one is from."""
    name = recipe["teacher"]
    return asdict(RECIPES[name]) if name in RECIPES else name


def setting(student: Mapping, teacher: Mapping | str, timesteps: Sequence[int] = ()) -> str:
    """What the runs of a setting have in common but for what a row names, from the recipes of a student and its
    teacher; timesteps: of the runs, where these are not the student's."""
    taught = teacher if isinstance(teacher, str) else f"{network(teacher)}, {teacher['epochs']} epochs"
    steps = f"T = {series(map(str, timesteps or [student['timesteps']]))}"
    return (
        f'Tier <span class="tier-badge">{student["tier"]}</span>: students {network(student)}, {steps}, '
        f"teacher {taught}; {images(student)} of {data(student)}, {student['epochs']} epochs, batches of "
        f"{student['batch_size']}, learning rate {student['lr']:g}, {augmentation(student)}; all this unless a row "
        "names something else."
    )


def in_short(name: str) -> str:
    """A setting in a few words."""
    recipe = student_of(name)
    return f"{network(recipe)} on {data(recipe)}, T = {recipe['timesteps']}, {recipe['epochs']} epochs"


def network(recipe: Mapping) -> str:
    """A network and its size."""
    if recipe["depth"]:
        return f"{NAMES[recipe['model']]} of {recipe['depth']} blocks of {recipe['dim']} channels"
    width = f" of width {recipe['width']}" if recipe["model"].startswith("resnet") else ""
    return f"{NAMES[recipe['model']]}{width}"


def data(recipe: Mapping) -> str:
    """A data set, and the size of its pictures where that is set."""
    size = f" at {recipe['image_size']} pixels" if recipe["image_size"] else ""
    return f"{NAMES[recipe['dataset']]}{size}"


def images(recipe: Mapping) -> str:
    """How many images it trains on."""
    if recipe["train_images"]:
        return f"{recipe['train_images']:,} training images"
    kept = recipe["validation_images"]
    return f"all training images but the last {kept:,}, which are for validation," if kept else "all training images"


def augmentation(recipe: Mapping) -> str:
    """What is done to training images."""
    done = {"crops": recipe["crop_padding"], "flips": recipe["flip"]}
    done |= {"AutoAugment": recipe["autoaugment"], "random erasing": recipe["erasing"]}
    done = {name: bool(there) for name, there in done.items()}
    used, unused = ([name for name, there in done.items() if there == wanted] for wanted in (True, False))
    without = f", not by {series(unused, 'or')}" if unused else ""
    return f"images changed by {series(used or ['nothing'])}{without}"
