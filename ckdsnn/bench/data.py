"""Our training input: random uint8 images that lie on the device, augmented there in chunks."""

from collections.abc import Iterator

import torch

from ckdsnn.bench.reference_data import MEAN, SIDE, STD
from ckdsnn.data import DATASETS, Augment, Resident
from ckdsnn.data.batches import Batches
from ckdsnn.seeds import seeded

IMAGES = 2560


class OwnInput:
    """Batches on `device` in the memory layout `layout`, with the same transformations as the reference's.

    A block is a pass of its own: its images are augmented within it, in chunks.
    """

    workers = 0

    def __init__(self, batch: int, device: torch.device, layout: torch.memory_format):
        self.batch, self.layout = batch, layout
        x, y = torch.randint(256, (IMAGES, 3, SIDE, SIDE), dtype=torch.uint8), torch.arange(IMAGES) % 10
        self.source = Resident(DATASETS["cifar10"], x, y, x[:0], y[:0], digest="")
        self.source.to(device)
        self.augment = Augment("cifar10", 4, True, 0.5, MEAN, STD)  # RandomErasing's own probability is 0.5
        self.generator = seeded(0)

    def take(self, steps: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """`steps` batches: images float32 [B, 3, 32, 32], labels [B]."""

        def begin():
            rows = torch.randint(IMAGES, (steps * self.batch,), generator=self.generator)
            return self.source.chunks("train", rows, self.batch), lambda x: self.augment(x, self.generator)

        for images, labels, _ in Batches(self.source, self.batch, steps, begin):
            yield images.contiguous(memory_format=self.layout), labels
