"""The released training step, written anew from what is known of it: the yardstick of every speed-up.

A Python loop over time in every neuron, sequences [B, T, C, H, W], float32 in channels-first layout, and a teacher in
train mode inside the graph, through which gradients flow (a defect of the released code, and part of its cost). The
losses are the released form: both maps 0 to 1 over the batch, class probabilities mixed with noise.
"""

import copy
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill.maps import map_range
from ckdsnn.models import LIF, Features


class Spike(torch.autograd.Function):
    """The threshold at 1; its derivative is the triangle max(0, 1 - |h - 1|)."""

    @staticmethod
    def forward(ctx, h: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(h)
        return (h >= 1).to(h.dtype)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        (h,) = ctx.saved_tensors
        return gradient * (1 - (h - 1).abs()).clamp(min=0)


class LoopLIF(nn.Module):
    """The neuron one step at a time: [B, T, ...] -> [B, T, ...]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        v, spikes = 0, []
        for t in range(x.shape[1]):
            h = 0.5 * v + x[:, t]
            spikes.append(Spike.apply(h))
            v = (1 - spikes[-1]) * h
        return torch.stack(spikes, 1)


class EachStep(nn.Module):
    """A layer for images, applied to a sequence [B, T, C, H, W]."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x.flatten(0, 1).contiguous()).unflatten(0, x.shape[:2])


def over_sequences(
    network: nn.Module, neuron: Callable[[LIF], nn.Module], each_step: Callable[[nn.Module], nn.Module]
) -> nn.Module:
    """Replace, below `network`, every neuron by another, and every other layer by one over a sequence, in place."""
    for name, child in network.named_children():
        if isinstance(child, LIF):
            setattr(network, name, neuron(child))
        elif isinstance(child, (nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d, nn.ReLU)):
            setattr(network, name, each_step(child))
        else:
            over_sequences(child, neuron, each_step)
    return network


class ReferenceStudent(nn.Module):
    """A student of `build_student` with the same weights, computed as the released code does."""

    def __init__(self, student: nn.Module):
        super().__init__()
        parts = copy.deepcopy(student)
        self.timesteps, self.stem = parts.timesteps, parts.stem
        self.activation = LoopLIF()
        self.stages, self.head = over_sequences(parts.stages, lambda _: LoopLIF(), EachStep), parts.head

    def forward(self, images: torch.Tensor) -> Features:
        """Features as every student gives them, time first."""
        x = self.activation(self.stem(images).unsqueeze(1).repeat(1, self.timesteps, 1, 1, 1))
        stages = []
        for stage in self.stages:
            x = stage(x)
            stages.append(x.transpose(0, 1))
        return Features(self.head(x.mean((-2, -1))).mean(1), tuple(stages))


def activation_maps(student: Features, teacher: Features, head_weight: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Student's and teacher's map [B, H, W], each 0 to 1 over the batch; the teacher's is for its own argmax."""
    sam = student.stages[-1].sum((0, 2))
    cam = torch.einsum("bchw,bc->bhw", teacher.stages[-1], head_weight[teacher.logits.argmax(1)]).relu()
    return map_range(sam, "batch"), map_range(cam, "batch")


def reference_loss(
    student: Features, teacher: Features, head_weight: torch.Tensor, labels: torch.Tensor, noise: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy, map and logits distillation in the released form, nothing detached; noise [B, K] ~ N(0, 1)."""
    sam, cam = (m.flatten(1) / 2 for m in activation_maps(student, teacher, head_weight))
    maps = F.kl_div((sam.softmax(1) + 1e-10).log(), cam.softmax(1) + 1e-10, reduction="batchmean")
    z = student.logits
    eps = z.mean(1, keepdim=True) + z.var(1, keepdim=True) * noise
    mixed = 0.9 * (z / 2).softmax(1) + 0.1 * (eps / 2).softmax(1)
    logits = 4 * F.kl_div(mixed.log(), (teacher.logits / 2).softmax(1), reduction="batchmean")
    return F.cross_entropy(z, labels) + maps + logits
