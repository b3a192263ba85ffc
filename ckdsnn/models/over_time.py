"""Networks and time: a spiking network that is shown an image at every step, an image network that is shown frames."""

import torch
from spikingjelly.activation_based import functional
from torch import nn

from ckdsnn.errors import check_count
from ckdsnn.inputs import check_sequence
from ckdsnn.models.features import Features, expect_features, has_closed_cam


class Spiking(nn.Module):
    """A spiking network that reads a sequence [T, B, C, H, W], for images and event frames.

    network: returns Features with stages [T, B, C, H, W], as a `Tapped` one does. An image [B, C, H, W] is repeated
    over the T steps (direct coding); every call starts from rest and keeps nothing. Raises CkdsnnError for less than
    one step or channel, an input of another shape, and a network that does not return Features.

    >>> from spikingjelly.activation_based import layer, neuron
    >>> from ckdsnn.models import Tapped
    >>> network = nn.Sequential(
    ...     layer.Conv2d(3, 8, 3, padding=1, step_mode="m"), neuron.LIFNode(step_mode="m"),
    ...     layer.AdaptiveAvgPool2d(1, step_mode="m"), nn.Flatten(2), nn.Linear(8, 10))
    >>> student = Spiking(Tapped(network, stages=["1"], head="4"), timesteps=4)
    >>> student(torch.rand(2, 3, 16, 16)).stages[-1].shape  # an image, shown in each step
    torch.Size([4, 2, 8, 16, 16])
    """

    def __init__(self, network: nn.Module, timesteps: int, channels: int = 3):
        super().__init__()
        self.timesteps, self.channels = check_count("timesteps", timesteps), check_count("channels", channels)
        self.network, self.closed_cam = network, has_closed_cam(network)

    @property
    def head_weight(self) -> torch.Tensor:
        """The head's weights [K, C]."""
        return self.network.head_weight

    def forward(self, x: torch.Tensor) -> Features:
        check_sequence(x, self.channels, self.timesteps)
        functional.reset_net(self.network)  # neurons other than `LIF` would go on from the last call
        seen = self.network(x if x.dim() == 5 else x.expand(self.timesteps, *x.shape))
        functional.reset_net(self.network)  # a kept membrane would hold the graph alive, and make copies impossible
        return expect_features(seen, self.network)


class OverTime(nn.Module):
    """An image network that reads event frames [T, B, C, H, W]: each frame an image, logits and stages averaged.

    A head that reads the mean of the last stage's cells reads the mean of this stage's, too: its class activation map
    keeps its closed form. Grad-CAM needs a single frame: averages do not lie on the path to the logits. Images
    [B, C, H, W] pass as they are. Raises CkdsnnError for a network that does not return Features.

    >>> from ckdsnn.inputs import InputSpec
    >>> from ckdsnn.models import build_teacher
    >>> network = build_teacher("resnet8", inputs=InputSpec(channels=2), width=1).eval()
    >>> frames = torch.rand(5, 2, 2, 32, 32)  # [T, B, C, H, W]
    >>> mean = sum(network(frame).logits for frame in frames) / 5
    >>> torch.allclose(OverTime(network)(frames).logits, mean, atol=1e-5)
    True
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
            return expect_features(self.network(x), self.network)
        logits, stages = expect_features(self.network(x.flatten(0, 1)), self.network)
        logits, *stages = (part.unflatten(0, (len(x), -1)).mean(0) for part in (logits, *stages))
        return Features(logits, tuple(stages))
