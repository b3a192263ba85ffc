"""Processes that the day starts, each of which may fail or last too long, and one GPU that they share."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # of the repository, from where all are started
SELF = ("-m", "tools.gpu_day")


def python(*words: str) -> list[str]:
    """The command that gives this Python these words."""
    return [sys.executable, *words]


def within(command: list[str], seconds: float, words: str | None = None) -> bool:
    """Run a command that is given these words, and end it after so many seconds; whatever becomes of it, the day goes
    on. Returns whether it went well."""
    name = " ".join(Path(word).name for word in command[:4])
    try:
        status = subprocess.run(command, cwd=ROOT, input=words, text=True, timeout=max(1.0, seconds)).returncode
        print(f"status {status}: {name}", flush=True)
        return status == 0
    except subprocess.TimeoutExpired:
        print(f"ended after {seconds:.0f} s: {name}", flush=True)
        return False


@contextmanager
def shared_gpu() -> Iterator[None]:
    """NVIDIA's Multi-Process Service inside the block, so that processes compute at once; without it they take turns.

    It is given up where a process cannot use the GPU under it.
    """
    control = shutil.which("nvidia-cuda-mps-control")
    if not control:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mps", ignore_cleanup_errors=True) as folder:
        places = dict.fromkeys(("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"), folder)
        os.environ.update(places)
        trial = python("-c", "import torch; torch.zeros(1, device='cuda').item()")
        works = within([control, "-d"], 30) and within(trial, 45)
        try:
            if not works:
                stop(control, places)
            yield
        finally:
            if works:
                stop(control, places)


def stop(control: str, places: dict[str, str]) -> None:
    """End the service, and let later processes know nothing of it."""
    within([control], 30, "quit\n")
    for place in places:
        os.environ.pop(place, None)
