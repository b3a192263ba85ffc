"""Batches for a network: examples of a `Source`, augmented or only normalised, chunk by chunk."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import Tensor

from ckdsnn.data.source import Chunk, Source

Prepare = Callable[[Tensor], Tensor]


class Examples(NamedTuple):
    """One batch."""

    images: Tensor
    """what the network reads: float32 [B, C, H, W], or event frames [T, B, C, H, W]"""
    labels: Tensor
    """int64 [B]"""
    shown: Tensor
    """what its teacher reads: the same, or the pictures behind the events"""


class Batches:
    """The batches of one pass over examples of `source`.

    Every pass calls `begin()` for its uint8 chunks and for what turns one of them, [N, planes, H, W], into float32.
    teacher_sees: "same", or "picture", what lies behind the planes that the network reads.
    """

    def __init__(
        self,
        source: Source,
        batch_size: int,
        length: int,
        begin: Callable[[], tuple[Iterator[Chunk], Prepare]],
        teacher_sees: str = "same",
    ) -> None:
        self.inputs, self.batch_size, self.length = source.spec.inputs, batch_size, length
        self.begin, self.teacher_sees = begin, teacher_sees

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Examples]:
        chunks, prepare = self.begin()
        for x, y in chunks:
            for planes, labels in zip(prepare(x).split(self.batch_size), y.split(self.batch_size), strict=True):
                images = self.inputs.present(planes[:, : self.inputs.planes])
                picture = planes[:, self.inputs.planes :]
                yield Examples(images, labels, images if self.teacher_sees == "same" else picture)
