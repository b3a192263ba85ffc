"""Batches of images that lie on a device, augmented there in large chunks."""

from collections.abc import Callable, Iterator

from torch import Tensor

from ckdsnn.inputs import InputSpec

CHUNK = 2560
"""Images augmented at once. Larger chunks give AutoAugment larger groups, until a CPU's caches overflow: with
everything on, one thread does 11,000 CIFAR images/s in chunks of 128, 20,000 at 2,560, 11,000 at 10,240."""

Batch = tuple[Tensor, Tensor]
Plan = tuple[Tensor, Callable[[Tensor], Tensor]]


class Batches:
    """The batches (x float32 [B, C, H, W] or [T, B, C, H, W], y int64 [B]) of one pass over what lies on a device.

    Every pass calls `plan()` for the indices of its examples and for what turns a uint8 chunk [N, planes, H, W] into
    float32. inputs: what an example looks like to a network.
    """

    def __init__(
        self, x: Tensor, y: Tensor, batch_size: int, length: int, plan: Callable[[], Plan], inputs: InputSpec
    ) -> None:
        self.x, self.y, self.batch_size, self.length = x, y, batch_size, length
        self.plan, self.inputs = plan, inputs

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Batch]:
        order, prepare = self.plan()
        for rows in order.to(self.x.device).split(self.batch_size * max(1, CHUNK // self.batch_size)):
            x, y = prepare(self.x[rows]), self.y[rows]
            yield from zip(map(self.inputs.present, x.split(self.batch_size)), y.split(self.batch_size), strict=True)
