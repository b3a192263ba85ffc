"""Training steps of several processes at once on one device, as `ckdsnn suite --jobs` lets trainings share it.

On CUDA, processes take turns unless its Multi-Process Service runs (`nvidia-cuda-mps-control -d`).
"""

import math
import time
from contextlib import suppress
from dataclasses import asdict
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import torch

from ckdsnn.analysis.graph import WARM_UP
from ckdsnn.analysis.speed import default_device
from ckdsnn.bench.cases import Case, build, engine_of
from ckdsnn.bench.clock import timed
from ckdsnn.bench.data import OwnInput
from ckdsnn.bench.measure import Contender
from ckdsnn.errors import CkdsnnError

STEPS = 20  # between two looks at the clock
PATIENCE = 5  # seconds for a process to end by itself
LONGEST = 45  # seconds for an answer beyond the time of the steps: many processes that start at once need a while


def serve(connection: Connection) -> None:
    """The work of one process: for each (case, implementation, seconds) get ready, wait, and tell images/s."""
    torch.set_num_threads(1)
    device = default_device()
    while request := connection.recv():
        case, name, seconds = request
        try:
            source = OwnInput(case.batch, device, engine_of(name).layout)
            contender = Contender(build(case, name, device), source, 1)
            for _ in range(WARM_UP + 1):  # with the last one a graph is recorded
                contender.run_full()
            contender.steps = max(1, min(STEPS, round(seconds / timed(contender.run_full, device))))
            connection.send("ready")
            connection.recv()
            steps, start = 0, time.perf_counter()
            while time.perf_counter() - start < seconds:
                timed(contender.run_full, device)
                steps += contender.steps
            connection.send(steps * case.batch / (time.perf_counter() - start))
        except Exception as error:  # the parent says which process failed, and why
            connection.send(f"{type(error).__name__}: {error}")


class Crowd:
    """So many processes, each with its own copy of whatever step is measured; they end with the block.

    deadline: a time of `time.monotonic()` until which they are waited for.
    """

    def __init__(self, size: int, deadline: float = math.inf):
        self.size, self.deadline, self.members = size, deadline, []

    def __enter__(self) -> "Crowd":
        context = get_context("spawn")  # a fork would share the parent's device
        for _ in range(self.size):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()  # so that the end of the process ends the connection
            self.members.append((process, ours))
        return self

    def __exit__(self, *_: Any) -> None:
        for _, connection in self.members:
            with suppress(OSError):  # it has ended already
                connection.send(None)
        end = time.monotonic() + PATIENCE
        for process, connection in self.members:
            process.join(max(0.0, end - time.monotonic()))
            process.kill()
            connection.close()

    def measure(self, case: Case, name: str, size: int, seconds: float) -> dict[str, Any]:
        """An entry of the record: images/s of each of `size` steps at once. Raises CkdsnnError where one fails."""
        connections = [connection for _, connection in self.members[:size]]
        for connection in connections:
            connection.send((case, name, seconds))
        for connection in connections:
            expect(connection, str, self.patience(0))
        for connection in connections:
            connection.send("go")
        rates = [expect(connection, float, self.patience(seconds)) for connection in connections]
        print(f"{size} at once, {case}, {name}: {sum(rates):,.0f} images/s", flush=True)
        return asdict(case) | {"implementation": name, "images_per_second": rates}

    def patience(self, seconds: float) -> float:
        """Seconds to wait for an answer to work that takes so many."""
        return max(0.0, min(seconds + LONGEST, self.deadline - time.monotonic()))


def expect(connection: Connection, kind: type, seconds: float) -> Any:
    """The next answer. Raises CkdsnnError for the text of an error, and where none comes within so many seconds."""
    if not connection.poll(seconds):
        raise CkdsnnError(f"a process that measures steps has been silent for {seconds:.0f} s")
    try:
        answer = connection.recv()
    except EOFError as error:
        raise CkdsnnError("a process that measures steps has ended") from error
    if not isinstance(answer, kind) or (kind is str and answer != "ready"):
        raise CkdsnnError(f"steps at once cannot be measured: {answer}")
    return answer
