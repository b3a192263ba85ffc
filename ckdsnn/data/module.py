"""The images of a training as a LightningDataModule: on the device, shuffled and augmented by seed and epoch."""

from collections.abc import Sequence

import torch
from lightning import LightningDataModule

from ckdsnn.data.arrays import ImageData
from ckdsnn.data.augment import Augment, normalize
from ckdsnn.data.batches import Batches, Plan
from ckdsnn.data.seeds import Purpose, generator_of, stream_seed
from ckdsnn.errors import CkdsnnError, check_count


class ImageDataModule(LightningDataModule):
    """Batches of an ImageData for Lightning's Trainer; without a trainer: epoch 0, one process, CPU.

    batch_size: images per batch and process; an epoch's rest that fills no batch is left out
    seed: with the epoch it fixes the order and, with the process's rank too, the augmentation
    train_images: 0 for all that are not for validation, else the first N in canonical order
    validation_images: the last N of the training set in canonical order, which are never trained on
    augment, mean, std: what training images get; the statistics that the others are normalised with
    streams: see `stream_seed`
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
        validation_images: int = 0,
        streams: int = 2,
        test_batch_size: int = 500,
    ) -> None:
        super().__init__()
        check_count("batch_size", batch_size)
        check_count("test_batch_size", test_batch_size)
        check_count("validation_images", validation_images, 0, len(data.x_train) - 1)
        rest = len(data.x_train) - validation_images
        check_count("train_images", train_images, 0, rest)
        check_count("seed", seed, 0, 2**32 - 1)
        self.data, self.augment, self.mean, self.std = data, augment, mean, std
        self.batch_size, self.seed, self.streams, self.test_batch_size = batch_size, seed, streams, test_batch_size
        self.train = data.x_train[: train_images or rest], data.y_train[: train_images or rest]
        self.test = data.x_test, data.y_test
        self.validation = data.x_train[rest:], data.y_train[rest:]

    def setup(self, stage: str) -> None:
        """Move all images to the trainer's device, once."""
        if self.trainer:
            device = self.trainer.strategy.root_device
            for name in ("train", "test", "validation"):
                setattr(self, name, tuple(part.to(device) for part in getattr(self, name)))

    def train_dataloader(self) -> Batches:
        """This process's share of an epoch, shuffled and augmented; the same length in every process.

        Raises CkdsnnError where the share is smaller than one batch.
        """
        share = len(self.train[0]) // self._processes()[1]
        if share < self.batch_size:
            raise CkdsnnError(f"batch_size {self.batch_size} exceeds the {share} images of a process; choose less")
        return Batches(*self.train, self.batch_size, share // self.batch_size, self._train_plan, self.data.spec.inputs)

    def test_dataloader(self) -> Batches:
        """The whole test set in canonical order, normalised only; every process sees all of it."""
        return self._in_order(*self.test)

    def val_dataloader(self) -> list[Batches]:
        """What is measured after each epoch: the test set and, where there are any, the validation images."""
        kept = len(self.validation[0])
        return [self.test_dataloader(), *([self._in_order(*self.validation)] if kept else [])]

    def shown(self, planes: torch.Tensor) -> torch.Tensor:
        """Examples as the data set keeps them, uint8 [N, planes, H, W], as a network reads test examples."""
        return self.data.spec.inputs.present(normalize(planes, self.mean, self.std))

    def _in_order(self, x: torch.Tensor, y: torch.Tensor) -> Batches:
        plan = torch.arange(len(x)), lambda images: normalize(images, self.mean, self.std)
        length = -(-len(x) // self.test_batch_size)
        return Batches(x, y, self.test_batch_size, length, lambda: plan, self.data.spec.inputs)

    def _processes(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _train_plan(self) -> Plan:
        rank, processes = self._processes()
        n = len(self.train[0])
        epoch = self.trainer.current_epoch if self.trainer else 0

        def draws(purpose: Purpose, rank: int = 0) -> torch.Generator:
            return generator_of(stream_seed(self.seed, purpose, epoch, rank, self.streams))

        order = torch.randperm(n, generator=draws(Purpose.ORDER))[rank::processes]
        # Its own stream per rank: else image i of every process would be cropped, turned and erased alike.
        generator = draws(Purpose.AUGMENTATION, rank)
        used = n // processes // self.batch_size * self.batch_size
        return order[:used], lambda x: self.augment(x, generator)
