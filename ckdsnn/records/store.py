"""The folder of results: records, arrays and weights, each written once and atomically.

    <out>/runs/<id>.json      <out>/arrays/<file>.npz      <out>/weights/<id>.safetensors
    <out>/work/<id>/          checkpoints and logs of runs, for those that go on and the plan of a suite

A record is written last: where it is, its arrays and weights are whole.
Every look-up is announced with `note_read`, so that a build knows what it depends on.
"""

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ckdsnn.arrays import read_arrays
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic, inside, reading, sha256_file
from ckdsnn.reads import note_read
from ckdsnn.records.frame import Records
from ckdsnn.records.record import RUNS, Record

record_files, load_record, save_record = RUNS.files, RUNS.load, RUNS.save
saving_arrays = threading.Lock()  # students trained side by side, in threads, share the gallery of their data set


def load_records(out: str | Path = "results") -> Records:
    """All records below `out`, sorted by id, with a `frame()` of tidy data.

    Raises CkdsnnError for a missing folder or an invalid record.

    >>> runs = load_records("results").frame()  # one row a run
    >>> own = runs.query("setting == 'cifar10-16k' and method in ['snn', 'nld'] and seed < 3")
    >>> gain = own.pivot(index="seed", columns="method", values="accuracy")
    >>> bool((gain["nld"] > gain["snn"]).all())  # NLD is worth something with each of these seeds
    True
    """
    records = RUNS.load_all(out)
    if not Path(out).is_dir():
        raise CkdsnnError(f"no folder of results at {out}; train something with --out, or name another folder")
    return Records(records)


def find_record(digest: str, seed: int, out: str | Path) -> Record | None:
    """The record of the recipe with this digest and seed, under whatever name it ran.

    >>> record = find_record("178289db", 0, "results")
    >>> record.recipe["losses"], record.seed
    ('at', 0)
    """
    return RUNS.find(f"*-s{seed}-{digest}", out)


def home_of(record: Record, *folders: str | Path) -> Path:
    """The first of these folders of results that holds the record. Raises CkdsnnError where none does.

    >>> record = find_record("178289db", 0, "results")
    >>> home_of(record, "empty", "results").name
    'results'
    """
    return RUNS.home(record.id, *folders)


def copy_record(record: Record, source: str | Path, out: str | Path) -> None:
    """Copy a record with its arrays and weights from one folder of results to another, the record last.

    Raises CkdsnnError for a missing or altered file, and a name that leads out of its folder.

    >>> record = find_record("1c571910", 0, "results")
    >>> copy_record(record, "results", "mine")
    >>> find_record("1c571910", 0, "mine") == record
    True
    """
    files = [("arrays", name, digest) for name, digest in record.arrays.items()]
    files.append(("weights", record.weights["file"], record.weights["sha256"]))
    for folder, name, digest in files:
        copy_file(check_file(inside(Path(source, folder), name), digest, record.id), inside(Path(out, folder), name))
    copy_file(RUNS.path(record.id, source), RUNS.path(record.id, out))  # its bytes: a record is never written again


def copy_file(path: Path, to: Path) -> None:
    """Copy a file's bytes. Raises CkdsnnError that says which of the two cannot be read or written."""
    with reading(path):
        content = path.read_bytes()
    with atomic(to) as partial:
        partial.write_bytes(content)


def save_arrays(name: str, arrays: Mapping[str, np.ndarray], out: str | Path) -> dict[str, str]:
    """Write arrays/<name>; returns {name: sha256} for the record.

    A file that holds these very arrays stays as it is: older records know it by its bytes.

    >>> first = save_arrays("mine.npz", {"labels": np.arange(3)}, "mine")
    >>> save_arrays("mine.npz", {"labels": np.arange(3)}, "mine") == first  # the same arrays: the same file
    True
    """
    path = Path(out, "arrays", name)
    with saving_arrays:
        if not holds(path, arrays):
            with atomic(path) as partial:
                np.savez_compressed(partial, **arrays)
        return {name: sha256_file(path)}


def holds(path: Path, arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether the file at `path` holds exactly these arrays; a damaged one does not."""
    if not path.is_file():
        return False
    try:
        there = read_arrays(path)
    except CkdsnnError:
        return False
    return set(there) == set(arrays) and all(np.array_equal(there[name], own) for name, own in arrays.items())


def load_arrays(record: Record, out: str | Path = "results") -> dict[str, np.ndarray]:
    """All arrays of a record in one dict. Raises CkdsnnError for a missing, altered or unreadable file.

    Of N = 64 test images: images [N, H, W, 3] (uint8) and labels [N]; of a student logits [N, K] and the maps sam and
    grad_cam [N, h, w]; of its teacher, or of a teacher's own record, teacher_logits and cam. Maps are for the labels'
    classes; floats are halved to float16. Where they were kept: test_logits [1000, K], sam_steps [N, T, h, w].

    >>> record = find_record("178289db", 0, "results")
    >>> arrays = load_arrays(record, "results")
    >>> arrays["images"].shape, arrays["sam"].shape
    ((64, 32, 32, 3), (64, 8, 8))
    """
    merged: dict[str, np.ndarray] = {}
    for name, digest in record.arrays.items():
        merged |= read_arrays(check_file(inside(Path(out, "arrays"), name), digest, record.id))
    return merged


def check_file(path: Path, digest: str, record_id: str) -> Path:
    """`path`, if it is there with this SHA-256; else CkdsnnError."""
    note_read(path)
    if not path.is_file():
        raise CkdsnnError(
            f"{path} of record {record_id} is missing; restore it or run again: the weights of most runs are not "
            "distributed"
        )
    with reading(path):
        found = sha256_file(path)
    if found != digest:
        raise CkdsnnError(f"{path} differs from the SHA-256 in record {record_id}; restore it or run again")
    return path
