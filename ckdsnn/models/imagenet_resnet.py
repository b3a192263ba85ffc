"""Spiking and SEW ResNets for images of ImageNet's size, of spikingjelly's blocks with the paper's neuron; ANN twins.

Lineage: He et al. 2016 (ResNet), Hu et al. 2021 (spiking ResNet), Fang et al. 2021 (SEW ResNet: spikes of the branch
and of the shortcut are added behind the neurons). A SEW stage so holds integers, up to one more with each block: its
spike activation map is a sum of these, no count of spikes. Twins are torchvision's ResNets.
"""

from functools import partial

from torch import nn

from ckdsnn.inputs import InputSpec
from ckdsnn.models.neurons import LIF
from ckdsnn.models.over_time import Spiking
from ckdsnn.models.tapped import Tapped

STAGES = ("layer1", "layer2", "layer3", "layer4")


def with_channels(network: nn.Module, channels: int) -> nn.Module:
    """The network with its first convolution for so many channels, freshly drawn if that is not the 3 of an image."""
    old = network.conv1
    if old.in_channels != channels:
        network.conv1 = type(old)(channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False)
        nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    return network


def ann(depth: int, num_classes: int, inputs: InputSpec) -> nn.Module:
    """torchvision's ResNet of this depth, with fresh weights."""
    from torchvision import models  # here, because it takes seconds

    network = getattr(models, f"resnet{depth}")(num_classes=num_classes)
    return Tapped(with_channels(network, inputs.channels), STAGES)


def spiking(depth: int, num_classes: int, inputs: InputSpec, timesteps: int) -> nn.Module:
    """The spiking ResNet of this depth: neurons in place of ReLU, behind each block's sum, too."""
    from spikingjelly.activation_based.model import spiking_resnet

    return student(getattr(spiking_resnet, f"spiking_resnet{depth}"), num_classes, inputs, timesteps)


def sew(depth: int, num_classes: int, inputs: InputSpec, timesteps: int) -> nn.Module:
    """The SEW ResNet of this depth; branch and shortcut are added, as its authors found best."""
    from spikingjelly.activation_based.model import sew_resnet

    return student(getattr(sew_resnet, f"sew_resnet{depth}"), num_classes, inputs, timesteps, cnf="ADD")


def student(build, num_classes: int, inputs: InputSpec, timesteps: int, **own) -> nn.Module:
    """A network of spikingjelly's over whole sequences, with the paper's neuron."""
    from spikingjelly.activation_based import functional

    neurons = partial(LIF, timesteps, folded=False)
    network = build(num_classes=num_classes, spiking_neuron=neurons, **own)
    functional.set_step_mode(with_channels(network, inputs.channels), "m")
    return Spiking(Tapped(network, STAGES), timesteps, inputs.channels)
