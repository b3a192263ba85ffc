"""Teachers (ANN) and students (SNN) by name.

A registry entry is a function: TEACHERS[name](num_classes, width), STUDENTS[name](num_classes, width, timesteps,
last_activation, head). To add a model, return `Features` from its forward and offer `head_weight`.
"""

from functools import partial

from torch import nn

from ckdsnn.errors import check_choice, check_count, choose
from ckdsnn.models.features import Features, evaluating
from ckdsnn.models.neurons import LIF
from ckdsnn.models.resnet import BLOCKS, HEADS, LAST_ACTIVATIONS, ResNet, SpikingResNet

__all__ = [
    "HEADS",
    "LAST_ACTIVATIONS",
    "LIF",
    "STUDENTS",
    "TEACHERS",
    "Features",
    "build_student",
    "build_teacher",
    "evaluating",
]

TEACHERS = {name: partial(ResNet, blocks) for name, blocks in BLOCKS.items()}
STUDENTS = {name: partial(SpikingResNet, blocks) for name, blocks in BLOCKS.items()}


def check_sizes(**sizes: int) -> None:
    """Raise CkdsnnError for the first size that is not an integer of at least 1."""
    for name, size in sizes.items():
        check_count(name, size)


def build_teacher(name: str, num_classes: int = 10, width: int = 8) -> nn.Module:
    """An ANN teacher with fresh weights.

    `width` multiplies 16 channels: ResNet-19 of the paper is 8 (128/256/512), ResNet-20 is 1 (16/32/64).
    Raises CkdsnnError for an unknown name or a size below 1.
    """
    build = choose("teacher", name, TEACHERS)
    check_sizes(num_classes=num_classes, width=width)
    return build(num_classes, width)


def build_student(
    name: str,
    num_classes: int = 10,
    width: int = 8,
    timesteps: int = 4,
    last_activation: str = "spike",
    head: str = "linear",
) -> nn.Module:
    """An SNN student with fresh weights.

    timesteps: T, at least 1. last_activation: "spike" (the paper) or "relu" (the released code: the last stage then
    holds real values). head: "linear", or "two_linear" (the released code). `width` as for `build_teacher`.
    Raises CkdsnnError for unknown names and sizes below 1.
    """
    build = choose("student", name, STUDENTS)
    check_sizes(num_classes=num_classes, width=width, timesteps=timesteps)
    check_choice("last_activation", last_activation, LAST_ACTIVATIONS)
    check_choice("head", head, HEADS)
    return build(num_classes, width, timesteps, last_activation, head)
