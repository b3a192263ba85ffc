"""What asks a command to end before its work is done: Ctrl-C, a batch system, a closed terminal, a parent's death.

Each raises an exception in the midst of the work, so that whatever is open is left in order; files are whole or not
there at any moment anyway.
"""

import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ASKING = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""what batch systems send some time before SIGKILL, and a terminal that is closed"""
INTERRUPTED = 128 + signal.SIGINT  # the exit status after Ctrl-C, as shells count
PARENT = "CKDSNN_PARENT"  # the environment variable with the number of the process that this one must not outlive
LOOK = 0.5  # seconds between two looks at the parent
PATIENCE = 10  # seconds from a request until SIGKILL


class Stopped(KeyboardInterrupt):
    """Asked to end by another signal than Ctrl-C; takes the same way through all that is open."""


class Handler:
    """Raises at the first signal. After that only Ctrl-C counts: it ends the process where it is."""

    def __init__(self):
        self.asked = False

    def __call__(self, number: int, _: FrameType | None) -> None:
        if self.asked:
            if number == signal.SIGINT:
                os._exit(INTERRUPTED)
            return
        self.asked = True
        if number == signal.SIGHUP:
            forget_terminal()
        raise KeyboardInterrupt if number == signal.SIGINT else Stopped(f"stopped by {signal.Signals(number).name}")


def forget_terminal() -> None:
    """Let go of a terminal that is no more: printing there would fail."""
    for stream in (1, 2):
        with suppress(OSError):  # a stream that was closed before
            if stat.S_ISCHR(os.fstat(stream).st_mode):  # isatty() says no once it has gone
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let the block be ended by KeyboardInterrupt for Ctrl-C, and by Stopped for the other signals that ask.

    Those that are ignored stay so, as SIGHUP under nohup and Ctrl-C in the background of a script. Threads other than
    the main one cannot be told of signals; there nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *ASKING)}
    handler = Handler()
    for number, present in before.items():
        if present != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def end_with_parent() -> None:
    """Let this process stop when the one that PARENT names is gone, however it ended; without PARENT do nothing."""
    if parent := os.environ.pop(PARENT, ""):  # which this one's own children are not to know
        threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: str) -> None:
    """Wait for the parent's end, then ask this process to stop, and kill it if it does not."""
    while str(os.getppid()) == parent:
        time.sleep(LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)
