"""What every data set offers to a training, wherever its examples lie: in memory (`Resident`) or in files (`Streamed`).

Examples have a canonical order that does not depend on where they come from: whatever takes the first of them takes
the same ones everywhere.
"""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from ckdsnn.data.specs import DatasetSpec

Chunk = tuple[Tensor, Tensor]  # examples uint8 [N, planes, H, W] and labels int64 [N]
SPLITS = ("train", "test")


class Source(Protocol):
    """Examples with labels, in two splits; validation images are cut from "train" by who asks."""

    spec: DatasetSpec
    digest: str
    """hexadecimal SHA-256 that is equal where the examples are"""

    def to(self, device: torch.device) -> None:
        """Let chunks come on this device."""

    def labels(self, split: str) -> Tensor:
        """int64 [N], on the CPU."""

    def chunks(self, split: str, rows: Tensor, batch_size: int, crops: int | None = None) -> Iterator[Chunk]:
        """The examples of these rows in this order, some whole batches at a time, of which only the last may be short.

        crops: a seed for cutting every picture in its own way, where the source cuts any; None for the middle.
        """


def first(source: Source, split: str, count: int) -> Tensor:
    """The first `count` examples in canonical order, uint8 [N, planes, H, W]."""
    rows = torch.arange(min(count, len(source.labels(split))))
    return torch.cat([x for x, _ in source.chunks(split, rows, max(1, len(rows)))])
