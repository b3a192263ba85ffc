"""What else may decide whether maps help beside logits: schedule, capacity, labels, teacher, T, each changed alone.

NLD alone and NLD with SAMD are compared under each condition: both maps 0 to 1 within each image. At the paper's weight
this reading pulls little: hence ten and thirty times as much.
"""

from collections.abc import Callable

from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.methods import METHODS, VARIANTS, Fields

COMPARED = ("nld", "ckdsnn-sample-beta10", "ckdsnn-sample-beta30")
FEW = {"smoke": 360, "reduced": 4_000, "paper": 12_500}  # tier -> about a quarter of its training images
BETTER_TEACHERS = {"cifar10-16k": "cifar10-reduced-teacher", "cifar100-resnet20": "cifar100-resnet19-teacher"}

CONDITIONS: dict[str, Callable[[Recipe], Fields]] = {  # name -> what it changes of a plain student
    "long": lambda plain: {"epochs": 3 * plain.epochs},
    "wide": lambda plain: {"width": 2 * plain.width},
    "few": lambda plain: {"train_images": FEW[plain.tier], "epochs": 4 * plain.epochs},  # about as many steps
    "t4": lambda plain: {"timesteps": 4},
}


def under_conditions(setting: str, plain: Recipe) -> dict[str, Fields]:
    """METHOD-CONDITION -> fields, for a setting with this plain student; a better teacher only where there is one."""
    changes = {name: change(plain) for name, change in CONDITIONS.items()}
    if setting in BETTER_TEACHERS:
        changes["strong"] = {"teacher": BETTER_TEACHERS[setting]}
    fields = METHODS | VARIANTS
    return {f"{method}-{name}": fields[method] | change for name, change in changes.items() for method in COMPARED}
