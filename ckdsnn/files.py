"""Where files lie, and writing them so that a reader sees either the whole file or none."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ckdsnn.errors import CkdsnnError


def data_root(given: str | Path | None = None) -> Path:
    """The folder of the datasets: `given`, else `$CKDSNN_DATA`, else `~/.cache/ckdsnn`."""
    return Path(given or os.environ.get("CKDSNN_DATA") or "~/.cache/ckdsnn").expanduser()


def make_folder(folder: Path) -> Path:
    """Create `folder` with its parents. Raises CkdsnnError where that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CkdsnnError(f"cannot write to the folder {folder}: {error.strerror}; choose another one") from error
    return folder


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there on success, remove it on any failure.

    The temporary name keeps the suffix, because np.savez and others choose the format by it.
    """
    path = Path(path)
    partial = make_folder(path.parent) / f".{path.stem}.{os.getpid()}.partial{path.suffix}"
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise CkdsnnError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def sha256_file(path: str | Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
