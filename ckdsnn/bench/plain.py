"""The training step as spikingjelly's own tutorials write it: what a user has who knows none of our fast paths.

A plain loop in float32, channels first: the student on sequences [T, B, C, H, W], its neurons spikingjelly's multi-step
LIFNode as it comes (on CUDA that is a kernel of its own), its other layers in spikingjelly's SeqToANNContainer,
`functional.reset_net` between two sequences, SGD as torch has it. The stem is computed once and repeated over time. The
teacher only looks (no gradient), and the losses are this package's SAMD and NLD, whose map is a weighted sum of what
the teacher has seen: so far it is our step, and the same numbers come out. Its training input is the reference's.
"""

import copy

import torch
from spikingjelly.activation_based import functional
from spikingjelly.activation_based.layer import SeqToANNContainer
from torch import nn

from ckdsnn.analysis.speed import Step
from ckdsnn.bench.reference import over_sequences
from ckdsnn.engine import Engine
from ckdsnn.models import Features


class PlainStudent(nn.Module):
    """A student of `build_student` with the same weights, of spikingjelly's parts."""

    def __init__(self, student: nn.Module):
        super().__init__()
        parts = copy.deepcopy(student)
        self.timesteps, self.stem = parts.timesteps, parts.stem
        self.activation = parts.activation.node
        self.stages = over_sequences(parts.stages, lambda neuron: neuron.node, SeqToANNContainer)
        self.head = parts.head

    def forward(self, images: torch.Tensor) -> Features:
        """Features as every student gives them; the neurons have to be reset before the next images."""
        x, stages = self.activation(self.stem(images).repeat(self.timesteps, 1, 1, 1, 1)), []
        for stage in self.stages:
            x = stage(x)
            stages.append(x)
        return Features(self.head(x.mean((-2, -1))).mean(0), tuple(stages))


class PlainStep(Step):
    """The counterpart of a `Step`: a copy of its weights and teacher, the same losses, images and labels."""

    def __init__(self, step: Step):
        student, objective = PlainStudent(step.network), copy.deepcopy(step.objective)
        super().__init__(student, objective, 1, 1, step.device, "fp32", switches=Engine(channels_last=False))
        self.images, self.labels = step.images.contiguous(), step.labels

    def run_student(self) -> None:
        functional.reset_net(self.network)
        super().run_student()
