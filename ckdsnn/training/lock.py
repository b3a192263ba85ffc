"""A run is trained by one process at a time; a second one waits for it, or leaves it alone."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ckdsnn.errors import CkdsnnError
from ckdsnn.files import make_folder, opened
from ckdsnn.training.machine import say

GRACE = 10.0  # seconds in which a process that has been asked to end does so
LOOK = 0.2  # seconds between two tries


class Busy(CkdsnnError):
    """Another process trains this run.

    >>> issubclass(Busy, CkdsnnError)
    True
    """


@contextmanager
def only_process(work: Path, patience: float | None = None) -> Iterator[None]:
    """Hold the lock of the run whose folder is `work`; the kernel frees it when a process ends, however it ends.

    patience: seconds to wait for another process that holds it; None: GRACE. Raises Busy when they are over.
    """
    with opened(make_folder(work) / "lock", "w") as file:
        end, told = time.monotonic() + (GRACE if patience is None else patience), False
        while not lock(file, work.name):
            if time.monotonic() >= end:
                raise Busy(f"another process is training {work.name}; wait for it, or use another --out")
            if not told:
                say(f"another process is training {work.name}: waiting for it")
                told = True
            time.sleep(LOOK)
        yield


def lock(file: IO[str], name: str) -> bool:
    """Whether the lock is had now; where the file system has none, as some mounted drives, that is said instead."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # better to train than to refuse
        say(f"there are no locks where {file.name} lies: see to it that no other process trains {name}")
    return True
