"""Where files lie, and writing them so that a reader sees either the whole file or none."""

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ckdsnn.errors import CkdsnnError

LONGEST = 255  # bytes of a file's name, on every file system in use


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


def shortened(text: str, most: int = 80) -> str:
    """A text as Python writes it, its middle left out where it is long."""
    return repr(text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}")


def make_folder(folder: Path) -> Path:
    """Create `folder` with its parents. Raises CkdsnnError where that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CkdsnnError(f"cannot write to the folder {folder}: {error.strerror}; choose another one") from error
    return folder


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there on success, else remove it and the folders made for it.

    What was moved is on the disk before the block ends: a loss of power leaves the old file or the new one. What
    processes of this machine that were killed have left in the folder is removed. The temporary name keeps the suffix,
    because np.savez and others choose the format by it.
    """
    path = Path(path)
    new = [folder for folder in path.parents if not folder.exists()]
    sweep(make_folder(path.parent))
    partial = path.parent / f".{path.stem}.{platform.node()}.{os.getpid()}.partial{path.suffix}"
    try:
        yield partial
        flush(partial)
        partial.replace(path)
        with suppress(OSError):  # not every file system can
            flush(path.parent)
    except OSError as error:
        raise CkdsnnError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # such as that of a read-only folder: the first error is the one to be seen
            partial.unlink(missing_ok=True)
        for folder in new:
            with suppress(OSError):  # it holds something: all went well
                folder.rmdir()


def sweep(folder: Path) -> None:
    """Remove what processes of this machine that are no more have left unfinished in a folder."""
    left = re.compile(rf"\..*\.{re.escape(platform.node())}\.(\d+)\.partial(\.\w+)?")
    for file in folder.glob(".*.partial*"):
        if (match := left.fullmatch(file.name)) and not lives(int(match[1])):
            with suppress(OSError):  # another process sweeps as well
                file.unlink()


def lives(process: int) -> bool:
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's; no number of a process
        pass
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
