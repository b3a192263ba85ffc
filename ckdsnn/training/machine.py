"""What a training runs on: devices, nodes and processes. None of it belongs to a recipe.

Several devices are several processes, started by Lightning itself, by torchrun or by SLURM.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities import rank_zero_only

from ckdsnn.engine import reading_processes
from ckdsnn.errors import CkdsnnError, check_count

MOST_ASKED = 256  # processes that read pictures for one training process, at most, whoever asks for them


@dataclass(frozen=True)
class Machine:
    """Raises CkdsnnError for numbers below 1, and for others than those of the processes that have been started."""

    accelerator: str = "auto"
    """auto, cpu, cuda or another of Lightning's"""
    devices: int = 1
    """devices of each node"""
    nodes: int = 1
    """computers"""
    strategy: str = "auto"
    """how the processes work together: auto (ddp for several), or another of Lightning's"""
    workers: int | None = None
    """processes that read pictures from files, for each device; None: as many as there are cores, but 8 at most"""

    def __post_init__(self):
        for name in ("devices", "nodes"):
            object.__setattr__(self, name, check_count(name, getattr(self, name)))
        if self.workers is not None:
            object.__setattr__(self, "workers", check_count("workers", self.workers, 0, MOST_ASKED))
        started = started_processes()
        if started not in (1, self.processes):
            raise CkdsnnError(
                f"{started} processes have been started for devices = {self.devices}, nodes = {self.nodes}: expected "
                f"{self.processes}; say how many devices each node has, and how many nodes there are"
            )

    @property
    def processes(self) -> int:
        return self.devices * self.nodes

    @property
    def kind(self) -> str:
        """The accelerator that auto stands for here."""
        return ("cuda" if torch.cuda.is_available() else "cpu") if self.accelerator == "auto" else self.accelerator

    @property
    def options(self) -> dict[str, Any]:
        """The same as arguments of Lightning's Trainer."""
        return {
            "accelerator": self.kind,
            "devices": self.devices,
            "num_nodes": self.nodes,
            "strategy": self.strategy,
        }

    @property
    def readers(self) -> int:
        """Processes that read pictures; none besides this one where it has a single core."""
        return reading_processes(self.devices) if self.workers is None else self.workers

    def device(self) -> torch.device:
        """The first device. Raises CkdsnnError for an accelerator that is unknown or not there."""
        try:
            return L.Fabric(accelerator=self.kind, devices=1).device
        except (MisconfigurationException, ImportError, ValueError, RuntimeError) as error:
            raise CkdsnnError(f"accelerator = {self.accelerator!r}: {error}") from error


def started_processes() -> int:
    """How many processes torchrun or SLURM has started for this training; 1 where neither has."""
    for environment in (TorchElasticEnvironment, SLURMEnvironment):
        if environment.detect():
            return environment().world_size()
    return 1


def leads() -> bool:
    """Whether this process is the one that speaks and writes."""
    return rank_zero_only.rank == 0


def say(text: str) -> None:
    """Print a line, once for all processes."""
    if leads():
        print(text, flush=True)


@contextmanager
def one_first(machine: Machine) -> Iterator[None]:
    """Let one process do the block, then the others, which find what it has left.

    Needed where torchrun or SLURM has started them all at once; processes that Lightning starts come later anyway.
    """
    if started_processes() == 1:
        yield
        return
    strategy = L.Trainer(**machine.options, logger=False, enable_progress_bar=False).strategy
    strategy.setup_environment()
    if not leads():
        strategy.barrier()
    try:
        yield
    finally:  # also after an error: the others must not wait for ever
        if leads():
            strategy.barrier()
