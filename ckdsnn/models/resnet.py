"""ResNet-8, -19 and -20 for small images: the ANN teacher and its spiking twin from one table.

Lineage: He et al. 2016 (ResNet-20), Zheng et al. 2021 (ResNet-19 of the SNN literature); sizes, shortcut and direct
coding as in the released CKDSNN configuration. Twins differ in the activation alone: ReLU or LIF. Time is folded
into the batch everywhere, so convolution and batch normalisation run once over all T*B images.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import nn

from ckdsnn.errors import check_choice, check_count
from ckdsnn.inputs import InputSpec, check_images, check_sequence
from ckdsnn.models.features import Features
from ckdsnn.models.neurons import LIF
from ckdsnn.models.table import HEADS, LAST_ACTIVATIONS

Activation = Callable[[], nn.Module]


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """A bias-free convolution that keeps the size (divided by the stride), and its batch normalisation."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return [convolution, nn.BatchNorm2d(outputs)]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the sum passes the block's last activation."""

    def __init__(self, inputs: int, outputs: int, stride: int, activation: Activation, last: Activation):
        super().__init__()
        self.residual = nn.Sequential(
            *conv_norm(inputs, outputs, 3, stride), activation(), *conv_norm(outputs, outputs, 3)
        )
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), *conv_norm(inputs, outputs, 1))
        self.activation = last()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.activation(self.residual(x).add_(self.shortcut(x)))  # in place: one tensor less


def make_stages(blocks: tuple[int, ...], width: int, activation: Activation, last: Activation) -> nn.ModuleList:
    """Stages of 16, 32, 64 times `width` channels; from the second on, the first block halves the image."""
    stages, inputs = nn.ModuleList(), 16 * width
    for stage, count in enumerate(blocks):
        outputs, layers = 16 * width * 2**stage, []
        for block in range(count):
            final = stage == len(blocks) - 1 and block == count - 1
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(BasicBlock(inputs, outputs, stride, activation, last if final else activation))
            inputs = outputs
        stages.append(nn.Sequential(*layers))
    return stages


class Head(nn.Sequential):
    """Logits from pooled features: one linear layer (the paper), or two without activation (the released code)."""

    def __init__(self, channels: int, num_classes: int, kind: str):
        sizes = (channels, num_classes) if kind == "linear" else (channels, channels // 2, num_classes)
        super().__init__(*(nn.Linear(i, o) for i, o in pairwise(sizes)))

    @property
    def weight(self) -> torch.Tensor:
        """The head as one matrix [K, C]: the product of its layers."""
        product = self[0].weight
        for layer in list(self)[1:]:
            product = layer.weight @ product
        return product


class ResNet(nn.Module):
    """The ANN. Input images [B, C, H, W]; returns Features with stages [B, C, H, W].

    width multiplies 16 channels: 8 is the paper's ResNet-19, 1 its ResNet-20. Raises CkdsnnError for an input of
    another shape, and a width below 1.
    """

    def __init__(
        self,
        blocks: tuple[int, ...],
        num_classes: int,
        inputs: InputSpec,
        width: int = 8,
        activation: Activation = nn.ReLU,
        last: Activation | None = None,
        head: str = "linear",
    ):
        super().__init__()
        width = check_count("width", width)
        self.channels = inputs.channels
        self.stem = nn.Sequential(*conv_norm(inputs.channels, 16 * width, 3))
        self.activation = activation()
        self.stages = make_stages(blocks, width, activation, last or activation)
        self.head = Head(16 * width * 2 ** (len(blocks) - 1), num_classes, head)

    @property
    def head_weight(self) -> torch.Tensor:
        """The weights [K, C] that turn pooled last-stage features into logits."""
        return self.head.weight

    def run_stages(self, x: torch.Tensor, *steps: int) -> tuple[torch.Tensor, ...]:
        """Outputs of all stages [*steps, B, C, H, W], from the stem's pre-activation with the steps folded into B."""
        x, outputs = self.activation(x), []
        for stage in self.stages:
            outputs.append(stage(x).unflatten(0, (*steps, -1)))
            x = outputs[-1].flatten(0, -4)  # each output lies on the path to the logits, as Grad-CAM needs it
        return tuple(outputs)

    def forward(self, x: torch.Tensor) -> Features:
        check_images(x, self.channels)
        stages = self.run_stages(self.stem(x))
        return Features(self.head(stages[-1].mean((-2, -1))), stages)


class SpikingResNet(ResNet):
    """The SNN: the same network with LIF neurons over `timesteps` steps.

    Input: images [B, C, H, W], whose stem is computed once and repeated over time (direct coding, as released), or
    event frames [T, B, C, H, W]. Returns Features with stages [T, B, C, H, W] and logits averaged over time.
    last_activation: "spike" (the paper) or "relu" (the released code: the last stage then holds real values). head:
    "linear", or "two_linear" (the newest release). Raises CkdsnnError as ResNet does, for unknown names, and for event
    frames of another T.
    """

    def __init__(
        self,
        blocks: tuple[int, ...],
        num_classes: int,
        inputs: InputSpec,
        timesteps: int,
        width: int = 8,
        last_activation: str = "spike",
        head: str = "linear",
    ):
        check_choice("last_activation", last_activation, LAST_ACTIVATIONS)
        check_choice("head", head, HEADS)
        neuron = partial(LIF, timesteps)
        super().__init__(
            blocks, num_classes, inputs, width, neuron, nn.ReLU if last_activation == "relu" else neuron, head
        )
        self.timesteps = timesteps

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """The stem's output over all steps, [T*B, C, H, W]."""
        check_sequence(x, self.channels, self.timesteps)
        return repeated(self.stem(x), self.timesteps) if x.dim() == 4 else self.stem(x.flatten(0, 1))

    def forward(self, x: torch.Tensor) -> Features:
        stages = self.run_stages(self.encode(x), self.timesteps)
        return Features(self.head(stages[-1].mean((0, -2, -1))), stages)


def repeated(x: torch.Tensor, steps: int) -> torch.Tensor:
    """x [B, C, H, W] for every step, [T*B, C, H, W], in its own memory layout; `repeat` alone puts channels apart."""
    if steps == 1:
        return x
    if x.is_contiguous(memory_format=torch.channels_last):
        return x.permute(0, 2, 3, 1).repeat(steps, 1, 1, 1).permute(0, 3, 1, 2)
    return x.repeat(steps, 1, 1, 1)
