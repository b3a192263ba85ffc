"""Random streams that belong to numbers, so that what is drawn depends on nothing that was drawn before."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import numpy as np
import torch


class Purpose(IntEnum):
    """What a training draws random numbers for. A number that is taken is never given another meaning."""

    WEIGHTS = 0
    ADAPTERS = 1
    ORDER = 2
    AUGMENTATION = 3
    NOISE = 4
    CROPS = 5


def stream_seed(seed: int, purpose: Purpose, epoch: int = 0, rank: int = 0, streams: int = 2) -> int:
    """The seed, below 2^64, of the stream of a run's seed for one purpose, epoch and process.

    No two purposes, epochs or ranks share a stream. streams: 1 gives the streams of runs on record from before, in
    which NumPy's padding with zeros let the order of the images and rank 0's noise share one.
    """
    if streams == 1 and purpose != Purpose.CROPS:  # which those runs had none of
        return former_stream_seed(seed, purpose, epoch, rank)
    return first_word(np.random.SeedSequence(seed, spawn_key=(purpose, epoch, rank)))


def former_stream_seed(seed: int, purpose: Purpose, epoch: int, rank: int) -> int:
    """`stream_seed` as it was: kept so that what is on record can be repeated and compared with more seeds."""
    numbers = {
        Purpose.ORDER: (seed, epoch),
        Purpose.AUGMENTATION: (seed, epoch, 1 + rank),
        Purpose.NOISE: (seed, epoch, rank),
    }
    return first_word(np.random.SeedSequence(numbers[purpose])) if purpose in numbers else seed


def first_word(sequence: np.random.SeedSequence) -> int:
    return int(sequence.generate_state(1, np.uint64)[0])


def generator_of(state: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on `device` that starts from this state."""
    return torch.Generator(device).manual_seed(state)


def seeded(*numbers: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on `device` for these numbers (each from 0 to 2^32 - 1); zeros at their end do not count."""
    return generator_of(first_word(np.random.SeedSequence(numbers)), device)


@contextmanager
def drawn_by(state: int) -> Iterator[None]:
    """Let what torch draws on the CPU inside the block begin at this state; the global one is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(state)
        yield
