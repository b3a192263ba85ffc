"""Contenders against each other, in blocks of steps that alternate: what disturbs the machine disturbs all alike."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

import torch

from ckdsnn.bench.clock import timed
from ckdsnn.bench.power import watts

PAUSE = 0.2  # seconds before a block, in which a loader's processes refill what the last block took
REPEATS = 5  # at most, of what is measured alone
ENOUGH = 2.0  # seconds after which the phases are not measured again

Batch = tuple[torch.Tensor, torch.Tensor]


class MeasuredStep(Protocol):
    """What a `Step` and a `ReferenceStep` have in common."""

    device: torch.device
    images: torch.Tensor
    labels: torch.Tensor
    phases: dict[str, Callable[[], None]]

    def __call__(self) -> torch.Tensor: ...
    def forward(self) -> None: ...


class Source(Protocol):
    """Training input: `take` yields the next batches, prepared by `workers` processes or, if 0, by this one."""

    batch: int
    workers: int

    def take(self, steps: int) -> Iterator[Batch]: ...


@dataclass
class Contender:
    """A step with its training input, the number of steps in its blocks, and what each block has shown, images/s.

    watts: the device's power at the end of each block of full steps, where it tells.
    """

    step: MeasuredStep
    source: Source
    steps: int = 1
    full: list[float] = field(default_factory=list)
    forward: list[float] = field(default_factory=list)
    watts: list[float | None] = field(default_factory=list)

    def run_full(self) -> None:
        for images, labels in self.source.take(self.steps):
            self.step.images, self.step.labels = images, labels
            self.step()

    def run_forward(self) -> None:
        for _ in range(self.steps):
            self.step.forward()

    def rate(self, work: Callable[[], None]) -> float:
        return self.steps * self.source.batch / timed(work, self.step.device)


def alternate(contenders: Sequence[Contender], rounds: int, forward: bool = True) -> None:
    """In every round a block of full steps of each contender, each followed by one of forward passes if asked for."""
    for _ in range(rounds):
        for contender in contenders:
            time.sleep(PAUSE)
            contender.full.append(contender.rate(contender.run_full))
            contender.watts.append(watts(contender.step.device))
            if forward:
                contender.forward.append(contender.rate(contender.run_forward))


def phase_seconds(step: MeasuredStep) -> dict[str, float]:
    """Median seconds of each phase over a few steps of a warm step, the device idle between two phases."""
    found: dict[str, list[float]] = {name: [] for name in step.phases}
    passes, spent = 0, 0.0
    while passes < REPEATS and spent < ENOUGH:
        for name, phase in step.phases.items():
            found[name].append(timed(phase, step.device))
        passes, spent = passes + 1, sum(map(sum, found.values()))
    return {name: median(seconds) for name, seconds in found.items()}


def source_seconds(source: Source, batches: int, device: torch.device) -> float:
    """Seconds of the work behind one batch, where `source` prepares `batches` at once in this process."""
    passes = [timed(lambda: list(source.take(batches)), device) for _ in range(1 + REPEATS)]
    return median(passes[1:]) / batches  # the first pass warms up
