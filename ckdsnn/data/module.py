"""The images of a training as a LightningDataModule: on the device, shuffled and augmented by seed and epoch."""

from collections.abc import Sequence

import torch
from lightning import LightningDataModule

from ckdsnn.data.arrays import ImageData
from ckdsnn.data.augment import Augment, normalize
from ckdsnn.data.batches import Batches, Plan
from ckdsnn.data.seeds import seeded
from ckdsnn.errors import CkdsnnError, check_count


class ImageDataModule(LightningDataModule):
    """Batches of an ImageData for Lightning's Trainer; without a trainer: epoch 0, one process, CPU.

    batch_size: images per batch and process; an epoch's rest that fills no batch is left out
    seed: with the epoch it fixes the order and, with the process's rank too, the augmentation
    train_images: 0 for all, else the first N in canonical order
    augment, mean, std: what training images get; the statistics that test images are normalised with
    Raises CkdsnnError for numbers that leave no batch, and for a negative seed.
    """

    def __init__(
        self,
        data: ImageData,
        *,
        augment: Augment,
        mean: Sequence[float],
        std: Sequence[float],
        batch_size: int = 128,
        seed: int = 0,
        train_images: int = 0,
        test_batch_size: int = 500,
    ) -> None:
        super().__init__()
        check_count("batch_size", batch_size)
        check_count("test_batch_size", test_batch_size)
        check_count("train_images", train_images, 0, len(data.x_train))
        check_count("seed", seed, 0, 2**32 - 1)
        self.data, self.augment, self.mean, self.std = data, augment, mean, std
        self.batch_size, self.seed, self.test_batch_size = batch_size, seed, test_batch_size
        chosen = slice(train_images or None)
        self.train = data.x_train[chosen], data.y_train[chosen]
        self.test = data.x_test, data.y_test

    def setup(self, stage: str) -> None:
        """Move all images to the trainer's device, once."""
        if self.trainer:
            device = self.trainer.strategy.root_device
            self.train, self.test = (tuple(t.to(device) for t in part) for part in (self.train, self.test))

    def train_dataloader(self) -> Batches:
        """This process's share of an epoch, shuffled and augmented; the same length in every process.

        Raises CkdsnnError where the share is smaller than one batch.
        """
        share = len(self.train[0]) // self._processes()[1]
        if share < self.batch_size:
            raise CkdsnnError(f"batch_size {self.batch_size} exceeds the {share} images of a process; choose less")
        return Batches(*self.train, self.batch_size, share // self.batch_size, self._train_plan)

    def val_dataloader(self) -> Batches:
        """The whole test set in canonical order, normalised only; every process sees all of it."""
        n = len(self.test[0])
        plan = torch.arange(n), lambda x: normalize(x, self.mean, self.std)
        return Batches(*self.test, self.test_batch_size, -(-n // self.test_batch_size), lambda: plan)

    def _processes(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _train_plan(self) -> Plan:
        rank, processes = self._processes()
        n = len(self.train[0])
        epoch = self.trainer.current_epoch if self.trainer else 0
        order = torch.randperm(n, generator=seeded(self.seed, epoch))[rank::processes]
        # Its own stream per rank: else image i of every process would be cropped, turned and erased alike.
        generator = seeded(self.seed, epoch, 1 + rank)
        used = n // processes // self.batch_size * self.batch_size
        return order[:used], lambda x: self.augment(x, generator)
