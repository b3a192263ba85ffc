"""A command in a process of its own that has nothing to load: a fork of one that has loaded everything.

Where the subject is what a process does, not how it starts.

Not a fork of the tests' own process: torch computes no gradient in a fork of one that has computed some.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from lightning.pytorch.utilities import rank_zero_only

from ckdsnn.cli import main
from ckdsnn.signals import PARENT

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.forked", "ckdsnn.training", "sklearn.datasets", "tensorboard"])
LIMIT = 240  # seconds after which a process that does not end is given up

Main = Callable[[list[str]], int]


def command(words: list[str], log: Path, environment: Mapping[str, str], main: Main = main) -> None:
    """Be the command `main` with these words; what is said goes to the end of the file `log`."""
    os.environ.update(environment)
    os.environ[PARENT] = str(os.getppid())  # it does not outlive the tests
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))  # as torch reads it when it is loaded
    rank_zero_only.rank = int(os.environ.get("RANK", 0))  # as Lightning looks it up when it is loaded
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(said, stream)
    if status := main(words):
        sys.exit(status)


def fork(words: list[str], log: Path, main: Main = main, **environment: str) -> BaseProcess:
    """Start a command, see `command`."""
    process = FORKS.Process(target=command, args=(words, log, environment, main))
    process.start()
    return process


def status_of(process: BaseProcess) -> int | None:
    """What a process ends with; None if it does not end, and is killed."""
    process.join(LIMIT)
    status = process.exitcode
    process.terminate()
    return status


def fork_crowds(patch: pytest.MonkeyPatch) -> None:
    """Let the processes of a `Crowd`, in which steps are measured at once, be forks, each with its own device."""
    patch.setattr("ckdsnn.bench.crowd.get_context", {"spawn": FORKS}.get)
