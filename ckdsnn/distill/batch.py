"""What a distillation term sees of one training step."""

from typing import NamedTuple

import torch
from torch import nn

from ckdsnn.models.features import Features


class Batch(NamedTuple):
    """images [B, 3, H, W] or [T, B, 3, H, W], labels [B], both networks' Features, the frozen teacher itself."""

    images: torch.Tensor
    labels: torch.Tensor
    student: Features
    teacher: Features
    teacher_model: nn.Module
    generator: torch.Generator | None = None
