"""What one example looks like: an image, or frames of events over time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ckdsnn.errors import CkdsnnError, check_count

if TYPE_CHECKING:
    import torch  # seconds, which whoever only names shapes does not have to wait


@dataclass(frozen=True)
class InputSpec:
    """The shape of one example. Raises CkdsnnError for a size below 1.

    >>> InputSpec(channels=2, height=34, width=34, timesteps=10).blank(3).shape  # [T, B, C, H, W]
    torch.Size([10, 3, 2, 34, 34])
    """

    channels: int = 3
    """3 of an RGB image, 2 of events (one for each polarity)"""
    height: int = 32
    width: int = 32
    timesteps: int | None = None
    """T of event frames; None for an image"""

    def __post_init__(self):
        for name in ("channels", "height", "width"):
            object.__setattr__(self, name, check_count(name, getattr(self, name)))
        if self.timesteps is not None:
            object.__setattr__(self, "timesteps", check_count("timesteps", self.timesteps))

    @property
    def planes(self) -> int:
        """Values of a pixel over all channels and time steps."""
        return self.channels * (self.timesteps or 1)

    def fitting(self, size: int) -> int:
        """How many examples in float32 fit into so many bytes; at least one."""
        return max(1, size // (4 * self.planes * self.height * self.width))

    def present(self, planes: "torch.Tensor") -> "torch.Tensor":
        """Examples as data sets keep them, [B, planes, H, W], as networks read them: frames [T, B, C, H, W]."""
        if self.timesteps is None:
            return planes
        return planes.unflatten(1, (self.timesteps, self.channels)).transpose(0, 1)

    def pictures(self, planes: "torch.Tensor") -> "torch.Tensor":
        """RGB thumbnails, uint8 [B, 3, H, W], of examples as data sets keep them, uint8 [B, planes, H, W].

        Of events: their sum over time, brightest where most are, one polarity red, the other blue.
        """
        import torch

        if self.timesteps is None:
            return planes
        sums = planes.unflatten(1, (self.timesteps, self.channels)).sum(1, dtype=torch.float32)  # [B, C, H, W]
        scaled = (255 * sums / sums.amax((1, 2, 3), keepdim=True).clamp_min(1)).to(torch.uint8)
        return torch.stack([scaled[:, 0], torch.zeros_like(scaled[:, 0]), scaled[:, -1]], 1)

    def blank(self, count: int = 1, device: "torch.device | str" = "cpu") -> "torch.Tensor":
        """So many empty examples: images [B, C, H, W], or frames [T, B, C, H, W]."""
        import torch

        time = () if self.timesteps is None else (self.timesteps,)
        return torch.zeros(*time, count, self.channels, self.height, self.width, device=device)


def check_tensor(x: Any) -> None:
    """Raise CkdsnnError unless `x` is a tensor, told without loading torch."""
    if not callable(getattr(x, "dim", None)):
        raise CkdsnnError(f"the input is a {type(x).__name__}: expected a torch.Tensor")


def check_images(x: "torch.Tensor", channels: int) -> None:
    """Raise CkdsnnError unless `x` holds images [B, C, H, W] of so many channels."""
    check_tensor(x)
    if x.dim() != 4 or x.shape[1] != channels:
        raise CkdsnnError(f"input of shape {list(x.shape)}: expected images [B, {channels}, H, W]")


def check_sequence(x: "torch.Tensor", channels: int, timesteps: int) -> None:
    """Raise CkdsnnError unless `x` holds images [B, C, H, W], or event frames of so many steps [T, B, C, H, W]."""
    check_tensor(x)
    frames = x.dim() == 5 and len(x) == timesteps and x.shape[2] == channels
    if not frames and (x.dim() != 4 or x.shape[1] != channels):
        raise CkdsnnError(
            f"input of shape {list(x.shape)}: expected images [B, {channels}, H, W] or event frames "
            f"[{timesteps}, B, {channels}, H, W]"
        )
