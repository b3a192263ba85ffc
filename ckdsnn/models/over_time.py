"""Networks and time: a spiking network that is shown an image at every step, an image network that is shown frames."""

import torch
from spikingjelly.activation_based import functional
from torch import nn

from ckdsnn.inputs import check_sequence
from ckdsnn.models.features import Features, has_closed_cam


class Spiking(nn.Module):
    """A spiking network that reads a sequence [T, B, C, H, W], for images and event frames.

    network: returns Features with stages [T, B, C, H, W], as a `Tapped` one does. An image [B, C, H, W] is repeated
    over the T steps (direct coding); every call starts from rest. Raises CkdsnnError for an input of another shape.
    """

    def __init__(self, network: nn.Module, timesteps: int, channels: int = 3):
        super().__init__()
        self.network, self.timesteps, self.channels = network, timesteps, channels
        self.closed_cam = has_closed_cam(network)

    @property
    def head_weight(self) -> torch.Tensor:
        """The head's weights [K, C]."""
        return self.network.head_weight

    def forward(self, x: torch.Tensor) -> Features:
        check_sequence(x, self.channels, self.timesteps)
        functional.reset_net(self.network)  # neurons other than `LIF` would go on from the last call
        return self.network(x if x.dim() == 5 else x.expand(self.timesteps, *x.shape))


class OverTime(nn.Module):
    """An image network that reads event frames [T, B, C, H, W]: each frame an image, logits and stages averaged.

    A head that reads the mean of the last stage's cells reads the mean of this stage's, too: its class activation map
    keeps its closed form. Grad-CAM needs a single frame: averages do not lie on the path to the logits. Images
    [B, C, H, W] pass as they are.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.closed_cam = has_closed_cam(network)

    @property
    def head_weight(self) -> torch.Tensor:
        """The head's weights [K, C]."""
        return self.network.head_weight

    def forward(self, x: torch.Tensor) -> Features:
        if x.dim() == 4:
            return self.network(x)
        logits, stages = self.network(x.flatten(0, 1))
        logits, *stages = (part.unflatten(0, (len(x), -1)).mean(0) for part in (logits, *stages))
        return Features(logits, tuple(stages))
