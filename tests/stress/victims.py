"""A process that does some work, and is killed at one of its calls that change files.

It is a fork of this one, which has loaded everything. It counts what it does to files: opening to write, renaming,
removing, making folders, locking, waiting for the disk. It is killed right before a call, or by a timer some time
later, which meets it anywhere, also within the writing of other packages.
"""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANGING = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "fcntl.flock",
    "shutil.rmtree",
}  # of Python's audit events
PATIENCE = 30  # seconds in which all that a process has started has to be gone after it
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def count_calls(root: Path, strike: Callable[[int], None]) -> Callable[[], int]:
    """From now on call `strike` with the number of each call that changes something below `root`; returns the count."""
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        strike(done)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            changes = bool(flags & WRITES) and not isinstance(path, int)
        else:
            path, changes = arguments[0] if arguments else None, event in CHANGING
        if changes and (event == "fcntl.flock" or str(root) in os.fsdecode(path)):
            one_more()

    def fsync(descriptor: int, real: Callable[[int], None] = os.fsync) -> None:
        one_more()
        real(descriptor)

    sys.addaudithook(watch)
    os.fsync = fsync  # which Python does not tell of
    return lambda: done


def fork(do: Callable[[Path], Any], root: Path, strike: Callable[[int], None], note: Path) -> int:
    """Start `do`, on `root`, in a process of its own; it leaves the number of its calls, or its error, in `note`."""
    if child := os.fork():
        return child
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silent, stream)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        calls = count_calls(root, strike)
        do(root)
        note.write_text(str(calls()))
        os._exit(0)
    except BaseException:
        note.write_text(traceback.format_exc())
        os._exit(1)


def end_of(child: int) -> int:
    """The exit status of a child, or minus the signal that has killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def striker(number: int, delay: float) -> Callable[[int], None]:
    """Kills its process before its `number`-th call, or `delay` seconds after that."""

    def strike(call: int) -> None:
        if call == number:
            if not delay:
                os.kill(os.getpid(), signal.SIGKILL)
            signal.setitimer(signal.ITIMER_REAL, delay)  # the default of its signal is to end the process where it is

    return strike


def never(_: int) -> None:
    """Strikes at no call."""


def places() -> list[Path]:
    """The folder of temporary files, and one in memory where that is another file system."""
    usual, memory = Path(tempfile.gettempdir()), Path("/dev/shm")
    other = memory.is_dir() and memory.stat().st_dev != usual.stat().st_dev
    return [usual, memory] if other else [usual]


def outlive(root: Path) -> str:
    """Which processes still work in a folder though what has started them has ended; empty if soon there are none."""
    end = time.monotonic() + PATIENCE
    while (left := at_work(root)) and time.monotonic() < end:
        time.sleep(0.2)
    return f"processes outlive what has started them: {', '.join(left)}" if left else ""


def at_work(root: Path) -> list[str]:
    """The numbers of the processes that work in a folder or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(root):
                found.append(process.name)
        except OSError:  # one that has just ended, or somebody else's
            continue
    return found
