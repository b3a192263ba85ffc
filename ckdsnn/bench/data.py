"""Our training input: random uint8 images that lie on the device, augmented there in chunks."""

from collections.abc import Iterator

import torch

from ckdsnn.bench.reference_data import MEAN, SIDE, STD
from ckdsnn.data.augment import Augment
from ckdsnn.data.batches import CHUNK, Batches
from ckdsnn.data.seeds import seeded
from ckdsnn.inputs import InputSpec


class OwnInput:
    """Batches on `device` in the memory layout `layout`, with the same transformations as the reference's.

    A block is a pass of its own: its images are augmented within it, in chunks of at most CHUNK.
    """

    workers = 0

    def __init__(self, batch: int, device: torch.device, layout: torch.memory_format):
        self.batch, self.layout = batch, layout
        self.x = torch.randint(256, (CHUNK, 3, SIDE, SIDE), dtype=torch.uint8, device=device)
        self.y = torch.arange(CHUNK, device=device) % 10
        self.augment = Augment("cifar10", 4, True, 0.5, MEAN, STD)  # RandomErasing's own probability is 0.5
        self.generator = seeded(0)

    def take(self, steps: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """`steps` batches: images float32 [B, 3, 32, 32], labels [B]."""

        def plan():
            order = torch.randint(CHUNK, (steps * self.batch,), generator=self.generator)
            return order, lambda x: self.augment(x, self.generator)

        for images, labels in Batches(self.x, self.y, self.batch, steps, plan, InputSpec(3, SIDE, SIDE)):
            yield images.contiguous(memory_format=self.layout), labels
