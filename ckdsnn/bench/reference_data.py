"""Training input as the released code prepares it: one PIL image at a time, in the processes of a DataLoader.

It stands alone, so that the loader's processes need not import the rest of the package.
"""

from collections.abc import Iterator

import torch
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # CIFAR-10's
SIDE = 32  # pixels
ENDLESS = 10**9  # images that the dataset pretends to have


class RandomPictures(Dataset):
    """One PIL image of noise, again and again augmented and normalised: (float32 [3, 32, 32], class below 10)."""

    def __init__(self):
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(SIDE, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.AutoAugment(transforms.AutoAugmentPolicy.CIFAR10),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
                transforms.RandomErasing(),
            ]
        )
        pixels = torch.randint(256, (3, SIDE, SIDE), dtype=torch.uint8)
        self.picture = transforms.functional.to_pil_image(pixels)

    def __len__(self) -> int:
        return ENDLESS

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.picture), index % 10


class ReferenceInput:
    """Batches on `device`, prepared by `workers` processes that run on between blocks; 0: in this process."""

    def __init__(self, batch: int, device: torch.device, workers: int):
        self.batch, self.device, self.workers = batch, device, workers
        # spawn: a fork would share this process's threads, and a fork server outlives it if it is killed
        kind = {"multiprocessing_context": "spawn", "persistent_workers": True} if workers else {}
        self.batches = iter(DataLoader(RandomPictures(), batch, num_workers=workers, **kind))
        list(self.take(workers))  # until every process is up

    def take(self, steps: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The next `steps` batches: images [B, 3, 32, 32], labels [B]."""
        for _ in range(steps):
            images, labels = next(self.batches)
            yield images.to(self.device), labels.to(self.device)
