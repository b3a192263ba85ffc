"""Augmentation of whole uint8 batches on the device where they lie: crop, flip, AutoAugment, erasing.

Every image has its own random choices, all drawn from one CPU generator, so that a CPU and a GPU see the same
augmentation. `draw_crops` and `draw_rectangles` return choices, `crop_and_flip` and `erase` carry them out.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ckdsnn.data.autoaugment import AutoAugment
from ckdsnn.errors import CkdsnnError

# torchvision.transforms.RandomErasing's, after Zhong et al., "Random Erasing", AAAI 2020, arXiv 1708.04896
ERASED_AREA = (0.02, 0.33)
"""Share of the image that a rectangle covers, uniform."""
ERASED_ASPECT = (0.3, 3.3)
"""Height over width of a rectangle, uniform in its logarithm."""
ATTEMPTS = 10
"""A rectangle that does not fit is drawn again, this often in all; then the image stays whole."""


def normalize(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """uint8 [B, planes, H, W] to float32: (x / 255 - mean) / std per channel.

    >>> import torch
    >>> pixels = torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2)
    >>> normalize(pixels, mean=(0.5,), std=(0.25,)).flatten().tolist()
    [-2.0, 2.0]
    """
    shift, scale = (x.new_tensor(values, dtype=torch.float32).view(-1, 1, 1) * 255 for values in (mean, std))
    return x.float().sub_(shift).div_(scale)


class Augment:
    """Crop and flip, AutoAugment, normalisation, erasing with the mean colour, in this order.

    policy: "cifar10", "svhn", "imagenet", or None for no AutoAugment
    crop_padding: black pixels added on every side before a crop of the old size (0: no crop)
    flip: mirror left and right with probability 1/2
    erasing: probability of a rectangle of zeros after normalisation
    Raises CkdsnnError for an unknown policy, a negative padding, a probability outside [0, 1].

    >>> import torch
    >>> plain = Augment(None, crop_padding=0, flip=False, erasing=0.0, mean=(0.5,) * 3, std=(0.5,) * 3)
    >>> plain(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.Generator()).unique().tolist()
    [-1.0]
    """

    def __init__(
        self,
        policy: str | None,
        crop_padding: int,
        flip: bool,
        erasing: float,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        if crop_padding < 0:
            raise CkdsnnError(f"crop_padding {crop_padding!r} is negative; choose 0 or more pixels")
        if not 0 <= erasing <= 1:
            raise CkdsnnError(f"erasing {erasing!r} is no probability; choose 0 to 1")
        self.auto = AutoAugment(policy) if policy is not None else None
        self.crop_padding, self.flip, self.erasing = crop_padding, flip, erasing
        self.mean, self.std = mean, std

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """uint8 [B, planes, H, W] to float32 [B, planes, H, W] on the same device; `generator` lives on the CPU."""
        n, _, height, width = x.shape
        if self.crop_padding or self.flip:
            crops = draw_crops(n, self.crop_padding, self.flip, generator)
            x = crop_and_flip(x, self.crop_padding, *crops)
        if self.auto:
            x = self.auto(x, generator)
        x = normalize(x, self.mean, self.std)
        return erase(x, draw_rectangles(n, height, width, self.erasing, generator)) if self.erasing else x


def draw_crops(n: int, padding: int, flip: bool, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Top and left corner of n crops in the padded image (int64 [n]), and which to mirror (bool [n])."""
    top, left = torch.randint(2 * padding + 1, (2, n), generator=generator)
    return top, left, torch.rand(n, generator=generator) < (0.5 if flip else 0.0)


def crop_and_flip(x: Tensor, padding: int, top: Tensor, left: Tensor, mirrored: Tensor) -> Tensor:
    """Cut a window of the old size out of each padded image and mirror the chosen ones, in one gather."""
    image, row, column = (torch.arange(size) for size in (len(x), *x.shape[-2:]))
    rows = top[:, None] + row
    columns = left[:, None] + torch.where(mirrored[:, None], column.flip(0), column)
    where = image[:, None, None], rows[:, :, None], columns[:, None, :]
    # [B, H, W, planes]: the planes of a pixel move together, which is faster
    pixels = F.pad(x, (padding,) * 4).permute(0, 2, 3, 1).contiguous()
    return pixels[tuple(index.to(x.device) for index in where)].permute(0, 3, 1, 2).contiguous()


def draw_rectangles(n: int, height: int, width: int, probability: float, generator: Generator) -> Tensor:
    """Top, left, height and width of n rectangles, int64 [n, 4]; sides of 0 where nothing is erased."""
    area, aspect = torch.rand(2, n, ATTEMPTS, generator=generator, dtype=torch.float64)
    place = torch.rand(2, n, generator=generator, dtype=torch.float64)
    area = height * width * torch.lerp(*torch.tensor(ERASED_AREA, dtype=torch.float64), area)
    aspect = torch.lerp(*torch.tensor(ERASED_ASPECT, dtype=torch.float64).log(), aspect).exp()
    sides = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()]).round().long()  # [2, n, ATTEMPTS]
    fits = (sides < torch.tensor([height, width]).view(2, 1, 1)).all(0)
    first = fits.int().argmax(1)  # of the attempts that fit
    chosen = fits.any(1) & (torch.rand(n, generator=generator) < probability)
    sides = sides[:, torch.arange(n), first] * chosen
    corner = (place * (torch.tensor([[height], [width]]) - sides + 1)).long()
    return torch.cat([corner, sides]).T


def erase(x: Tensor, rectangles: Tensor) -> Tensor:
    """Set the rectangles of `draw_rectangles` in x float32 [B, planes, H, W] to 0, in place."""
    top, left, height, width = rectangles.to(x.device).T[..., None]  # each [B, 1]
    row, column = (torch.arange(side, device=x.device) for side in x.shape[-2:])
    rows = (row >= top) & (row < top + height)
    columns = (column >= left) & (column < left + width)
    return x.masked_fill_((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)
