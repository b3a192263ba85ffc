"""What every model returns, and what every map and loss reads: logits and the output of each stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn


class Features(NamedTuple):
    """One forward pass.

    logits: [B, K]; a student's are the mean over its time steps.
    stages: one tensor a stage, first to last; teacher [B, C, H, W], student [T, B, C, H, W].
    """

    logits: torch.Tensor
    stages: tuple[torch.Tensor, ...]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Eval mode inside the block, each module's former mode after it (a part may be frozen in eval mode)."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield model
    finally:
        for module, training in modes.items():
            module.training = training
