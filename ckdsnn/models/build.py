"""Teachers and students with fresh weights, by name."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from ckdsnn.errors import CkdsnnError, check_count, choose
from ckdsnn.inputs import InputSpec
from ckdsnn.models.table import STUDENTS, TEACHERS, ModelSpec


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
    num_classes = check_count("num_classes", num_classes)
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
    num_classes = check_count("num_classes", num_classes)
    timesteps = check_count("timesteps", timesteps)
    return spec.build(num_classes, inputs or InputSpec(), timesteps, **checked(name, spec, options))


def checked(name: str, spec: ModelSpec, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """All options of a model, given ones and defaults. Raises CkdsnnError for one that it does not have."""
    for option in options:
        if option not in spec.options:
            known = ", ".join(spec.options) or "none"
            raise CkdsnnError(f"{name} has no option {option!r}; its options: {known}")
    return {**spec.options, **options}
