"""The examples of a training as a LightningDataModule: shuffled and augmented by seed and epoch, on the device."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy

import torch
from lightning import LightningDataModule
from torch import Tensor

from ckdsnn.data.augment import Augment, normalize
from ckdsnn.data.batches import Batches, Examples, Prepare
from ckdsnn.data.source import Chunk, Source, first
from ckdsnn.errors import CkdsnnError, check_count, check_seed
from ckdsnn.seeds import Purpose, generator_of, stream_seed

IGNORED = -1  # label of an example that only fills up a process's share, so that all have as many batches
TEST_BYTES, MOST_TESTED = 2**26, 500  # in float32, and examples, of a batch of test examples


class DataModule(LightningDataModule):
    """Batches of a Source for Lightning's Trainer; without a trainer: epoch 0, one process, CPU.

    batch_size: examples per batch and process; an epoch's rest that fills no batch is left out
    seed: with the epoch it fixes the order and, with the process's rank too, the augmentation
    train_images: 0 for all that are not for validation, else the first N in canonical order
    validation_images: the last N of the training set in canonical order, which are never trained on
    augment, mean, std: what training examples get; the statistics that the others are normalised with
    streams: see `stream_seed`
    teacher_sees: see `Batches`
    Raises CkdsnnError for numbers that leave no batch, and as `check_seed` does.
    """

    def __init__(
        self,
        source: Source,
        *,
        augment: Augment,
        mean: Sequence[float],
        std: Sequence[float],
        batch_size: int = 128,
        seed: int = 0,
        train_images: int = 0,
        validation_images: int = 0,
        streams: int = 2,
        teacher_sees: str = "same",
        test_batch_size: int = 0,
    ) -> None:
        super().__init__()
        known = len(source.labels("train"))
        self.batch_size = check_count("batch_size", batch_size)
        tested = check_count("test_batch_size", test_batch_size, 0)
        validation_images = check_count("validation_images", validation_images, 0, known - 1)
        rest = known - validation_images
        train_images = check_count("train_images", train_images, 0, rest)
        self.source, self.augment, self.mean, self.std = source, augment, mean, std
        self.seed, self.streams, self.teacher_sees = check_seed(seed), streams, teacher_sees
        self.test_batch_size = tested or min(MOST_TESTED, source.spec.inputs.fitting(TEST_BYTES))
        self.train = torch.arange(train_images or rest)
        self.validation = torch.arange(rest, known)
        self.test = torch.arange(len(source.labels("test")))
        self.passed_on: Callable[[Batches], Iterable[Examples]] = lambda batches: batches

    def passing_on(self, through: Callable[[Batches], Iterable[Examples]]) -> "DataModule":
        """The same examples for another trainer, which gets its training batches through this."""
        own = copy(self)
        own.passed_on = through
        return own

    def setup(self, stage: str) -> None:
        """Let the source serve the trainer's device."""
        if self.trainer:
            self.source.to(self.trainer.strategy.root_device)

    def train_dataloader(self) -> Iterable[Examples]:
        """This process's share of an epoch, shuffled and augmented; the same length in every process.

        Raises CkdsnnError where the share is smaller than one batch.
        """
        share = len(self.train) // self._processes()[1]
        if share < self.batch_size:
            raise CkdsnnError(f"batch_size {self.batch_size} exceeds the {share} images of a process; choose less")
        length = share // self.batch_size
        return self.passed_on(Batches(self.source, self.batch_size, length, self._begin_epoch, self.teacher_sees))

    def test_dataloader(self) -> Batches:
        """This process's share of the test set in canonical order, normalised only."""
        return self._in_order("test", self.test)

    def val_dataloader(self) -> list[Batches]:
        """What is measured after each epoch: the test set and, where there are any, the validation images."""
        kept = [self._in_order("train", self.validation)] if len(self.validation) else []
        return [self.test_dataloader(), *kept]

    def first_of_test(self, count: int | None = None) -> Batches:
        """The first `count` test examples in canonical order, or all, for whatever process asks."""
        rows = self.test[:count]
        return self._passed("test", rows, len(rows))

    def shown(self, split: str, count: int) -> tuple[Tensor, Tensor]:
        """The first `count` examples of a split at once, as a network reads test examples, and their labels [N]."""
        planes = self.normalized(first(self.source, split, count))
        inputs = self.source.spec.inputs
        return inputs.present(planes[:, : inputs.planes]), self.source.labels(split)[:count]

    def _in_order(self, split: str, rows: Tensor) -> Batches:
        """Every process's rank-th row; those that have one fewer repeat one, whose label does not count."""
        rank, processes = self._processes()
        own, longest = rows[rank::processes], -(-len(rows) // processes)
        filled = torch.cat([own, rows[:1].expand(longest - len(own))])
        return self._passed(split, filled, len(own))

    def _passed(self, split: str, rows: Tensor, counted: int) -> Batches:
        """These rows, only normalised; the labels of all but the first `counted` are IGNORED."""

        def begin() -> tuple[Iterator[Chunk], Prepare]:
            chunks = self.source.chunks(split, rows, self.test_batch_size)
            return ignoring(chunks, counted), self.normalized

        length = -(-len(rows) // self.test_batch_size)
        return Batches(self.source, self.test_batch_size, length, begin, self.teacher_sees)

    def normalized(self, x: Tensor) -> Tensor:
        """uint8 [N, planes, H, W] to float32, nothing else done to it."""
        return normalize(x, self.mean, self.std)

    def _processes(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _begin_epoch(self) -> tuple[Iterator[Chunk], Prepare]:
        rank, processes = self._processes()
        epoch = self.trainer.current_epoch if self.trainer else 0

        def drawn(purpose: Purpose, rank: int = 0) -> int:
            return stream_seed(self.seed, purpose, epoch, rank, self.streams)

        order = torch.randperm(len(self.train), generator=generator_of(drawn(Purpose.ORDER)))
        used = len(order) // processes // self.batch_size * self.batch_size
        rows = self.train[order[rank::processes][:used]]
        # Its own stream per rank: else image i of every process would be cropped, turned and erased alike.
        generator = generator_of(drawn(Purpose.AUGMENTATION, rank))
        chunks = self.source.chunks("train", rows, self.batch_size, drawn(Purpose.CROPS))
        return chunks, lambda x: self.augment(x, generator)


def ignoring(chunks: Iterator[Chunk], counted: int) -> Iterator[Chunk]:
    """The chunks, with IGNORED for the labels of all examples but the first `counted`."""
    for x, y in chunks:
        beyond = torch.arange(len(y), device=y.device) >= counted
        counted -= len(y)
        yield x, y.masked_fill(beyond, IGNORED)
