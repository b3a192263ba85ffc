"""Fresh networks that behave like trained ones, and like those that other packages know."""

from types import SimpleNamespace

import torch
from torch import nn

from ckdsnn.models import build_student, build_teacher


def lively(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """`model` in eval mode, with the batch statistics of `images`, so that every stage is active on them."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        model.train()(images)
    return model.eval()


class Logits(nn.Module):
    """A network as grad-cam and others expect one: it returns its logits alone."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(x).logits


def lively_subject(count: int) -> SimpleNamespace:
    """What a study measures, with lively networks: `count` random images, a student of T = 2 and a teacher."""
    x = torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng():
        torch.manual_seed(1)
        student, teacher = build_student("resnet8", 10, width=1, timesteps=2), build_teacher("resnet8", 10, width=1)
    return SimpleNamespace(
        record=SimpleNamespace(tier="smoke"),
        network=lively(student, x),
        teacher=lively(teacher, x),
        test_images=lambda wanted: (x[:wanted], torch.arange(count)[:wanted] % 10),
    )
