"""The models by name, and what is known of each before it is made: all that a recipe asks of them, without torch.

To add a model: a function that makes it of its number of classes, its inputs, for a student T, and options of its own;
its forward returns `Features` and it offers `head_weight`. `Tapped` makes this of any torch module, `Spiking` lets a
spiking one read images. A row in the table of teachers or students gives it a name: TEACHERS["mine"] = ModelSpec(make).
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import nn

BLOCKS = {"resnet8": (1, 1, 1), "resnet19": (3, 3, 2), "resnet20": (3, 3, 3)}  # basic blocks in each stage
LAST_ACTIVATIONS = ("spike", "relu")
HEADS = ("linear", "two_linear")
MOST_OF_OPTIONS = {"width": 32, "depth": 32, "dim": 1024, "patch": 64}
"""The largest values of options, beyond all use: with them a network has less than 2 GB, whoever asks for it."""


class ModelSpec(NamedTuple):
    """A model by name.

    >>> TEACHERS["resnet19"].stages, TEACHERS["resnet19"].options
    (3, {'width': 8})
    """

    build: "Callable[..., nn.Module]"
    """makes it: (num_classes, inputs, **options), of a student (num_classes, inputs, timesteps, **options)"""
    stages: int | str = 1
    """how many stages it has, or the option that says so"""
    options: Mapping[str, Any] = MappingProxyType({})
    """what can be chosen of it -> its default"""
    cite: tuple[str, ...] = ()
    """keys of the works that it is from"""


def later(module: str, name: str, *leading: Any) -> "Callable[..., nn.Module]":
    """What makes a model by a function, or class, of a module of this package, imported when the model is made.

    leading: arguments before those that it is called with.
    """

    def build(*arguments: Any, **options: Any) -> "nn.Module":
        return getattr(import_module(f"ckdsnn.models.{module}"), name)(*leading, *arguments, **options)

    return build


SMALL_WORKS = {"resnet8": ("resnet",), "resnet19": ("resnet", "tdbn"), "resnet20": ("resnet",)}
SEW_DEPTHS, SPIKING_DEPTHS = (18, 34, 50), (18, 34)

TEACHERS: dict[str, ModelSpec] = {
    **{
        name: ModelSpec(later("resnet", "ResNet", blocks), 3, {"width": 8}, SMALL_WORKS[name])
        for name, blocks in BLOCKS.items()
    },
    **{
        f"imagenet_resnet{depth}": ModelSpec(later("imagenet_resnet", "ann", depth), 4, cite=("resnet",))
        for depth in SEW_DEPTHS
    },
}
STUDENTS: dict[str, ModelSpec] = {
    **{
        name: ModelSpec(
            later("resnet", "SpikingResNet", blocks),
            3,
            {"width": 8, "last_activation": "spike", "head": "linear"},
            SMALL_WORKS[name],
        )
        for name, blocks in BLOCKS.items()
    },
    **{
        f"spiking_resnet{depth}": ModelSpec(
            later("imagenet_resnet", "spiking", depth), 4, cite=("resnet", "spikingresnet")
        )
        for depth in SPIKING_DEPTHS
    },
    **{
        f"sew_resnet{depth}": ModelSpec(later("imagenet_resnet", "sew", depth), 4, cite=("resnet", "sew"))
        for depth in SEW_DEPTHS
    },
    "spikformer": ModelSpec(
        later("spikformer", "spikformer"), "depth", {"depth": 4, "dim": 384, "patch": 4}, ("spikformer",)
    ),
}


def is_pretrained(teacher: str) -> bool:
    """Whether a teacher's name stands for a trained network from elsewhere, not for a recipe."""
    return ":" in teacher
