"""A small training step on an idle and on a busy CPU, by how torch's threads wait for each other.

How they wait is read from the environment when torch is loaded, so each way is measured in a process of its own:
`python -m ckdsnn.bench.waiting ROUNDS` prints its entries as JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ckdsnn.analysis.speed import Step, recipe_step
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES

WAYS = (  # the variables of the environment; `wait_asleep` of the engine sets one of these
    {"OMP_WAIT_POLICY": "ACTIVE"},
    {"OMP_WAIT_POLICY": "PASSIVE"},
    {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"},
    {"OMP_NUM_THREADS": "1"},
)
STEPS = ("digits-ckdsnn", "cifar10-16k-ckdsnn")
BLOCK, ENOUGH = 0.5, 6.0  # seconds of a block of steps, and after which there are no more blocks
SPIN = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"  # it ends when whoever started it is gone


def measure_waiting(rounds: int) -> list[dict[str, Any]]:
    """The entries of a record: every way of waiting. Raises CkdsnnError where a process fails."""
    others = {name: value for name, value in os.environ.items() if name not in {key for way in WAYS for key in way}}
    entries = []
    for way in WAYS:
        print("measuring", *(f"{name}={value}" for name, value in way.items()), flush=True)
        command = [sys.executable, "-m", __name__, str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True, env=others | way)
        if done.returncode:
            raise CkdsnnError(f"a step with {way} cannot be measured: {done.stderr.strip()[-300:]}")
        entries += [{"variables": way} | entry for entry in json.loads(done.stdout)]
    return entries


@contextmanager
def neighbour() -> Iterator[None]:
    """Another process, which wants a core all the time."""
    with subprocess.Popen([sys.executable, "-c", SPIN, str(os.getpid())]) as spinning:
        try:
            yield
        finally:
            spinning.kill()


def measure_here(rounds: int) -> list[dict[str, Any]]:
    """The entries of this process: every step, without and with a neighbour."""
    entries = []
    for name in STEPS:
        step = recipe_step(RECIPES[name], 10, torch.device("cpu"))
        step()
        idle = blocks(step, rounds)
        with neighbour():
            busy = blocks(step, rounds)
        sizes = {"recipe": name, "batch": len(step.labels), "threads": torch.get_num_threads()}
        entries.append(sizes | {"idle_seconds": idle, "busy_seconds": busy})
    return entries


def blocks(step: Step, rounds: int) -> list[float]:
    """Seconds of a step in blocks of some, after one to warm up; at least one block."""
    step()
    found, begin = [], time.perf_counter()
    while not found or (len(found) < rounds and time.perf_counter() - begin < ENOUGH):
        steps, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < BLOCK:
            step()
            steps += 1
        found.append(spent / steps)
    return found


if __name__ == "__main__":
    print(json.dumps(measure_here(int(sys.argv[1]))))
