"""A network that was trained on images of other statistics than those it is shown."""

from collections.abc import Sequence

import torch
from torch import nn

from ckdsnn.models.features import Features, has_closed_cam


class Renormalized(nn.Module):
    """Reads images [B, C, H, W] that were normalised by `shown` as if by `own`; each is a mean and a deviation [C]."""

    def __init__(
        self,
        network: nn.Module,
        shown: tuple[Sequence[float], Sequence[float]],
        own: tuple[Sequence[float], Sequence[float]],
    ):
        super().__init__()
        self.network = network
        self.closed_cam = has_closed_cam(network)
        (mean, std), (own_mean, own_std) = (map(torch.tensor, statistics) for statistics in (shown, own))
        self.register_buffer("scale", (std / own_std).view(-1, 1, 1), persistent=False)
        self.register_buffer("shift", ((mean - own_mean) / own_std).view(-1, 1, 1), persistent=False)

    @property
    def head_weight(self) -> torch.Tensor:
        """The head's weights [K, C]."""
        return self.network.head_weight

    def forward(self, x: torch.Tensor) -> Features:
        return self.network(x * self.scale + self.shift)
