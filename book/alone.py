"""One build of a book at a time; and a book's pages stay whole, at whatever moment a build is killed."""

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ckdsnn.files import make_folder, opened

HERE, EXCHANGE = -100, 2  # of Linux's renameat2: paths from the working directory, both names stay


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that a build writes to; wait for another build that holds it.

    The system frees it when this process has ended, and those that were started with close_fds=False.
    """
    with opened(make_folder(folder) / "lock", "w") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another build is at work here: waiting for it", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # as on some mounted drives; better to build than to refuse
            print(f"there are no locks where {file.name} lies: see to it that no other build works there", flush=True)
        yield


def put_in_place(html: Path, target: Path) -> Path:
    """Let the new pages be `target`; killed at any moment, this leaves the old or the new ones whole there.

    Where the file system cannot exchange folders it may leave none there; `recover` then brings back the old ones.
    """
    if not target.exists():
        html.rename(target)
    elif not exchange(html, target):
        target.rename(former(target))
        html.rename(target)
        recover(target)
    shutil.rmtree(html, ignore_errors=True)
    return target


def exchange(one: Path, other: Path) -> bool:
    """Let two folders take each other's place at one stroke; False where that cannot be done."""
    try:
        rename = ctypes.CDLL(None).renameat2
    except AttributeError:  # another system, or an old one
        return False
    return not rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE)


def former(target: Path) -> Path:
    """Where the old pages are while the new ones move in, if the two cannot be exchanged."""
    return target.with_name(f"{target.name}.former")


def recover(target: Path) -> None:
    """Bring back the old pages if no new ones have come; else remove them."""
    if target.exists():
        shutil.rmtree(former(target), ignore_errors=True)
    elif former(target).exists():
        former(target).rename(target)
