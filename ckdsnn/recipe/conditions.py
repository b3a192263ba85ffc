"""What else may decide what a student learns: schedule, capacity, labels, teacher, T, precision, each changed alone.

The suite of conditions asks whether maps help beside logits: it compares NLD alone with NLD and SAMD. At the paper's
weight SAMD's maps from 0 to 1 pull little: hence ten and thirty times as much.
"""

from collections.abc import Callable
from typing import NamedTuple

from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.methods import ROWS, Fields

TEACHER = "Teacher (ANN)"
COMPARED = ("nld", "ckdsnn-beta10", "ckdsnn-beta30")
FEW = {"smoke": 360, "reduced": 4_000, "paper": 12_500}  # tier -> about a quarter of its training images
BETTER_TEACHERS = {  # a setting's own teacher -> a better one on the same data
    "cifar10-16k-teacher": "cifar10-reduced-teacher",
    "cifar100-resnet20-teacher": "cifar100-resnet19-teacher",
}

TIMESTEPS = (1, 2, 4, 6)
OVER_TIME = ("snn", "nld", "ckdsnn", "ckdsnn-count")  # the methods that are compared at each of them

PRECISIONS = {"fp32": "float32", "bf16": "bfloat16"}
IN_EACH = ("snn", "nld", "ckdsnn")  # the methods that are trained in both


class Condition(NamedTuple):
    """What a student has otherwise than its setting says, besides what it learns from."""

    words: str
    change: Callable[[Recipe], Fields]
    """of a plain student's recipe"""


CONDITIONS: dict[str, Condition] = {
    "long": Condition("three times the epochs", lambda plain: {"epochs": 3 * plain.epochs}),
    "wide": Condition("twice the width", lambda plain: {"width": 2 * plain.width}),
    "few": Condition(  # about as many steps
        "a quarter of the images, four times as often",
        lambda plain: {"train_images": FEW[plain.tier], "epochs": 4 * plain.epochs},
    ),
    "strong": Condition("a better teacher", lambda plain: {"teacher": BETTER_TEACHERS[plain.teacher]}),
    **{f"t{t}": Condition(f"T\u00a0=\u00a0{t}", lambda plain, t=t: {"timesteps": t}) for t in TIMESTEPS},
    **{p: Condition(f"in {words}", lambda plain, p=p: {"precision": p}) for p, words in PRECISIONS.items()},
}
ASKED = ("long", "wide", "few", "t4", "strong")  # by the suite of conditions

# METHOD-CONDITION -> both, for all that any suite compares
UNDER = {
    f"{method}-{name}": (method, name)
    for names, methods in ((ASKED, COMPARED), ([f"t{t}" for t in TIMESTEPS], OVER_TIME), (PRECISIONS, IN_EACH))
    for name in names
    for method in methods
}


def split_condition(method: str) -> tuple[str, str]:
    """METHOD-CONDITION -> METHOD and CONDITION; any other name -> itself and ""."""
    return UNDER.get(method, (method, ""))


def words_of(method: str) -> str:
    """A method's or a variant's label, with its condition; the teacher's; any other name is its own."""
    base, condition = split_condition(method)
    label = TEACHER if base == "teacher" else ROWS[base].label if base in ROWS else base
    return f"{label}, {CONDITIONS[condition].words}" if condition else label


def under_conditions(plain: Recipe) -> dict[str, Fields]:
    """METHOD-CONDITION -> fields, for the setting of this plain student; a better teacher only where there is one.

    The setting's own T is no condition, nor its own precision.
    """
    idle = {f"t{plain.timesteps}", plain.precision} | ({"strong"} if plain.teacher not in BETTER_TEACHERS else set())
    return {
        name: ROWS[method].fields | CONDITIONS[condition].change(plain)
        for name, (method, condition) in UNDER.items()
        if condition not in idle
    }
