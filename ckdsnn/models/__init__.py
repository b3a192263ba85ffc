"""Teachers (ANN) and students (SNN) by name.

To add a model: a function that makes it of its number of classes, its inputs, for a student T, and options of its own;
its forward returns `Features` and it offers `head_weight`. `Tapped` makes this of any torch module, `Spiking` lets a
spiking one read images. A row in the table of teachers or students gives it a name: TEACHERS["mine"] = ModelSpec(make).
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from torch import nn

from ckdsnn.errors import CkdsnnError, check_count, choose
from ckdsnn.inputs import InputSpec
from ckdsnn.models import imagenet_resnet
from ckdsnn.models.features import Features, evaluating, stage_pairs
from ckdsnn.models.neurons import LIF
from ckdsnn.models.over_time import OverTime, Spiking
from ckdsnn.models.resnet import BLOCKS, HEADS, LAST_ACTIVATIONS, ResNet, SpikingResNet
from ckdsnn.models.spikformer import spikformer
from ckdsnn.models.tapped import Tapped

__all__ = [
    "HEADS",
    "LAST_ACTIVATIONS",
    "LIF",
    "STUDENTS",
    "TEACHERS",
    "Features",
    "ModelSpec",
    "OverTime",
    "Spiking",
    "Tapped",
    "build_student",
    "build_teacher",
    "evaluating",
    "stage_pairs",
]


class ModelSpec(NamedTuple):
    """A model by name.

    >>> TEACHERS["resnet19"].stages, TEACHERS["resnet19"].options
    (3, {'width': 8})
    """

    build: Callable[..., nn.Module]
    """makes it: (num_classes, inputs, **options), of a student (num_classes, inputs, timesteps, **options)"""
    stages: int | str = 1
    """how many stages it has, or the option that says so"""
    options: Mapping[str, Any] = MappingProxyType({})
    """what can be chosen of it -> its default"""
    cite: tuple[str, ...] = ()
    """keys of the works that it is from"""


SMALL_WORKS = {"resnet8": ("resnet",), "resnet19": ("resnet", "tdbn"), "resnet20": ("resnet",)}
SEW_DEPTHS, SPIKING_DEPTHS = (18, 34, 50), (18, 34)

TEACHERS: dict[str, ModelSpec] = {
    **{name: ModelSpec(partial(ResNet, blocks), 3, {"width": 8}, SMALL_WORKS[name]) for name, blocks in BLOCKS.items()},
    **{
        f"imagenet_resnet{depth}": ModelSpec(partial(imagenet_resnet.ann, depth), 4, cite=("resnet",))
        for depth in SEW_DEPTHS
    },
}
STUDENTS: dict[str, ModelSpec] = {
    **{
        name: ModelSpec(
            partial(SpikingResNet, blocks),
            3,
            {"width": 8, "last_activation": "spike", "head": "linear"},
            SMALL_WORKS[name],
        )
        for name, blocks in BLOCKS.items()
    },
    **{
        f"spiking_resnet{depth}": ModelSpec(
            partial(imagenet_resnet.spiking, depth), 4, cite=("resnet", "spikingresnet")
        )
        for depth in SPIKING_DEPTHS
    },
    **{
        f"sew_resnet{depth}": ModelSpec(partial(imagenet_resnet.sew, depth), 4, cite=("resnet", "sew"))
        for depth in SEW_DEPTHS
    },
    "spikformer": ModelSpec(spikformer, "depth", {"depth": 4, "dim": 384, "patch": 4}, ("spikformer",)),
}


def build_teacher(name: str, num_classes: int = 10, inputs: InputSpec | None = None, **options: Any) -> nn.Module:
    """An ANN teacher with fresh weights.

    inputs: what it is shown, RGB images of 32 pixels by default. options: the model's own, see TEACHERS[name].options;
    `width` of ResNet-8, -19 and -20 multiplies 16 channels: ResNet-19 of the paper is 8 (128/256/512), ResNet-20 is 1.
    Raises CkdsnnError for an unknown name or option, and a number out of range.

    >>> import torch
    >>> teacher = build_teacher("resnet19", num_classes=100, width=1)
    >>> logits, stages = teacher(torch.zeros(2, 3, 32, 32))
    >>> logits.shape, stages[-1].shape  # [B, K] and [B, C, H, W]
    (torch.Size([2, 100]), torch.Size([2, 64, 8, 8]))
    >>> try:
    ...     made = build_teacher("resnet7")
    ... except CkdsnnError as mistake:
    ...     print(mistake)
    unknown teacher 'resnet7'; choose one of: ...
    """
    spec = choose("teacher", name, TEACHERS)
    check_count("num_classes", num_classes)
    return spec.build(num_classes, inputs or InputSpec(), **checked(name, spec, options))


def build_student(
    name: str, num_classes: int = 10, timesteps: int = 4, inputs: InputSpec | None = None, **options: Any
) -> nn.Module:
    """An SNN student with fresh weights.

    timesteps: T, at least 1. options: the model's own, see STUDENTS[name].options: of ResNet-8, -19 and -20 `width`,
    `last_activation` and `head` (see SpikingResNet), of a Spikformer `depth`, `dim` and `patch`. The rest as for
    `build_teacher`.

    >>> import torch
    >>> student = build_student("resnet20", num_classes=10, width=1, timesteps=4)
    >>> logits, stages = student(torch.rand(2, 3, 32, 32))
    >>> logits.shape, stages[-1].shape  # [B, K] and [T, B, C, H, W]
    (torch.Size([2, 10]), torch.Size([4, 2, 64, 8, 8]))
    >>> {*stages[-1].unique().tolist()} <= {0.0, 1.0}  # spikes
    True
    >>> sum(weights.numel() for weights in student.parameters()) // 1000
    272
    """
    spec = choose("student", name, STUDENTS)
    check_count("num_classes", num_classes)
    check_count("timesteps", timesteps)
    return spec.build(num_classes, inputs or InputSpec(), timesteps, **checked(name, spec, options))


def checked(name: str, spec: ModelSpec, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """All options of a model, given ones and defaults. Raises CkdsnnError for one that it does not have."""
    for option in options:
        if option not in spec.options:
            known = ", ".join(spec.options) or "none"
            raise CkdsnnError(f"{name} has no option {option!r}; its options: {known}")
    return {**spec.options, **options}
