"""What one example looks like: an image, or frames of events over time."""

from dataclasses import dataclass

import torch

from ckdsnn.errors import CkdsnnError, check_count


@dataclass(frozen=True)
class InputSpec:
    """The shape of one example. Raises CkdsnnError for a size below 1."""

    channels: int = 3
    """3 of an RGB image, 2 of events (one for each polarity)"""
    height: int = 32
    width: int = 32
    timesteps: int | None = None
    """T of event frames; None for an image"""

    def __post_init__(self):
        for name in ("channels", "height", "width"):
            check_count(name, getattr(self, name))
        if self.timesteps is not None:
            check_count("timesteps", self.timesteps)

    def blank(self, count: int = 1, device: torch.device | str = "cpu") -> torch.Tensor:
        """So many empty examples: images [B, C, H, W], or frames [T, B, C, H, W]."""
        time = () if self.timesteps is None else (self.timesteps,)
        return torch.zeros(*time, count, self.channels, self.height, self.width, device=device)


def check_images(x: torch.Tensor, channels: int) -> None:
    """Raise CkdsnnError unless `x` holds images [B, C, H, W] of so many channels."""
    if x.dim() != 4 or x.shape[1] != channels:
        raise CkdsnnError(f"input of shape {list(x.shape)}: expected images [B, {channels}, H, W]")


def check_sequence(x: torch.Tensor, channels: int, timesteps: int) -> None:
    """Raise CkdsnnError unless `x` holds images [B, C, H, W], or event frames of so many steps [T, B, C, H, W]."""
    frames = x.dim() == 5 and len(x) == timesteps and x.shape[2] == channels
    if not frames and (x.dim() != 4 or x.shape[1] != channels):
        raise CkdsnnError(
            f"input of shape {list(x.shape)}: expected images [B, {channels}, H, W] or event frames "
            f"[{timesteps}, B, {channels}, H, W]"
        )
