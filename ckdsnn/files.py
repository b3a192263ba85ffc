"""Where files lie, and writing them so that a reader sees either the whole file or none."""

import errno
import hashlib
import os
import platform
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ckdsnn.errors import CkdsnnError, shortened

LONGEST = 255  # bytes of a file's name, on every file system in use
ROOM, LEAVE = "make room there", "allow writing there"
REMEDIES = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: f"{ROOM}, or have your quota raised",
    errno.EFBIG: "raise the limit on a file's size (ulimit -f)",
    errno.EACCES: LEAVE,
    errno.EPERM: LEAVE,
    errno.EROFS: LEAVE,
}
"""what to do where a file cannot be written, by the number of the system's error"""
OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # those that no reading causes


def data_root(given: str | Path | None = None) -> Path:
    """The folder of the datasets: `given`, else `$CKDSNN_DATA`, else `~/.cache/ckdsnn`."""
    return Path(given or os.environ.get("CKDSNN_DATA") or "~/.cache/ckdsnn").expanduser()


def nearest(folder: str | Path) -> Path:
    """`folder` as it is; if nothing is there, where a parent folder, or the clone that this package lies in, has it.

    So notebooks find the committed results from anywhere.
    """
    places = (Path(), *Path.cwd().parents, Path(__file__).parents[1])
    return next((place / folder for place in places if (place / folder).is_dir()), Path(folder))


def inside(folder: Path, name: str) -> Path:
    """The file of this name directly in `folder`. Raises CkdsnnError for a name, or a link, that leads elsewhere."""
    if name in ("", ".", "..") or {"/", "\0", os.sep} & {*name} or len(os.fsencode(name)) > LONGEST:
        raise CkdsnnError(f"{shortened(name)} is no file's name; expected one without folders, for a file in {folder}")
    path = folder / name
    if path.is_symlink() and path.resolve().parent != folder.resolve():
        raise CkdsnnError(f"{path} is a link to {path.resolve()}, outside its folder; put the file itself there")
    return path


class CannotWrite(CkdsnnError):
    """A file that the system does not let us write; what was there before is as it was."""


def cannot_write(path: str | Path, error: OSError) -> CannotWrite:
    """The error about this file, with what to do."""
    path, why = Path(path), error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        with suppress(OSError):
            begun = partial_of(path)
            room = shutil.disk_usage(path.parent).free + (begun.stat().st_size if begun.exists() else 0)
            why += f", it takes more than the {room:,} bytes that were free"
    remedy = REMEDIES.get(error.errno, "see to that")
    return CannotWrite(
        f"cannot write {path}: {why}. What was written before is whole: {remedy}, then give the same command again, or "
        "choose another folder"
    )


def make_folder(folder: Path) -> Path:
    """Create `folder` with its parents. Raises CkdsnnError where that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CkdsnnError(f"cannot write to the folder {folder}: {error.strerror}; choose another one") from error
    return folder


@contextmanager
def opened(path: Path, mode: str) -> Iterator[IO[Any]]:
    """A file, open to be written to. Raises CkdsnnError where it cannot be opened."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, mode))
        except OSError as error:
            raise cannot_write(path, error) from error
        yield file  # whose errors in the block are others


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise CkdsnnError that names the file where the block cannot read it."""
    try:
        yield
    except OSError as error:
        raise CkdsnnError(f"cannot read {path}: {error.strerror or error}; restore it, or allow reading it") from error


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there on success, else remove it and the folders made for it.

    What was moved is on the disk before the block ends: a loss of power leaves the old file or the new one. What
    processes of this machine that were killed have left in the folder is removed. The temporary name keeps the suffix,
    because np.savez and others choose the format by it.
    Raises CkdsnnError where this file cannot be written; an error that names another file stays what it is.
    """
    path = Path(path)
    new = [folder for folder in path.parents if not folder.exists()]
    sweep(make_folder(path.parent))
    partial = partial_of(path)
    try:
        yield partial
        flush(partial)
        partial.replace(path)
        with suppress(OSError):  # not every file system can
            flush(path.parent)
    except OSError as error:
        if error.filename and str(error.filename) != str(partial):
            raise
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # such as that of a read-only folder: the first error is the one to be seen
            partial.unlink(missing_ok=True)
        for folder in new:
            with suppress(OSError):  # it holds something: all went well
                folder.rmdir()


def partial_of(path: Path) -> Path:
    """A name beside `path` for what this thread has not finished; if its process is killed, it is swept."""
    writer = f"{os.getpid()}-{threading.get_native_id()}"
    return path.parent / f".{path.stem}.{platform.node()}.{writer}.partial{path.suffix}"


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside `path` for the time of the block. Raises CkdsnnError where it cannot be made."""
    folder = partial_of(path)
    try:
        folder.mkdir()
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what processes of this machine that are no more have left unfinished in a folder."""
    left = re.compile(rf"\..*\.{re.escape(platform.node())}\.(\d+)-\d+\.partial(\.\w+)?")
    for path in folder.glob(".*.partial*"):
        if (match := left.fullmatch(path.name)) and not lives(int(match[1])):
            with suppress(OSError):  # another process sweeps as well
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def lives(process: int) -> bool:
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's; no number of a process
        pass
    try:  # Linux tells of those that have ended, and that nobody has waited for: in a container maybe nobody ever does
        return b") Z " not in Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return True


def flush(path: Path) -> None:
    """Wait until a file's content, or a folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_file(path: str | Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
