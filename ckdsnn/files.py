"""Where files lie, and writing them so that a reader sees either the whole file or none."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ckdsnn.errors import CkdsnnError


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
    """The file of this name directly in `folder`. Raises CkdsnnError for a name that leads elsewhere."""
    path = folder / name
    if path.parent != folder or name in ("", ".", ".."):
        raise CkdsnnError(f"{name!r} is no file's name; expected one without folders, for a file in {folder}")
    return path


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

    The temporary name keeps the suffix, because np.savez and others choose the format by it.
    """
    path = Path(path)
    new = [folder for folder in path.parents if not folder.exists()]
    partial = make_folder(path.parent) / f".{path.stem}.{os.getpid()}.partial{path.suffix}"
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise CkdsnnError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
        for folder in new:
            with suppress(OSError):  # it holds something: all went well
                folder.rmdir()


def sha256_file(path: str | Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
