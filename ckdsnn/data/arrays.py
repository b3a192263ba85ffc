"""A dataset as uint8 tensors in canonical order, its content checked against a known digest.

Canonical order sorts the examples by the SHA-256 of their bytes. Whatever order a source has, the same first
images, the same batches and the same gallery follow; the classes come as mixed as in a shuffled set.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ckdsnn.data.datasets import DATASETS, DatasetSpec
from ckdsnn.data.events import find_recordings, manifest, read_recordings
from ckdsnn.data.sources import Arrays, digits, fetch, read_cache
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.files import atomic, data_root

MANIFEST = "made_of"  # key in the cache of recordings


@dataclass(frozen=True)
class ImageData:
    """All images of a dataset, in canonical order, on the CPU."""

    spec: DatasetSpec
    x_train: Tensor
    """uint8 [N, planes, H, W], 3 planes of an RGB image, T*C of event frames"""
    y_train: Tensor
    """int64 [N]"""
    x_test: Tensor
    y_test: Tensor
    digest: str
    """One hexadecimal SHA-256 for training and test images together."""

    @property
    def num_classes(self) -> int:
        return len(self.spec.classes)


def load_dataset(name: str, root: str | Path | None = None, download: bool = True) -> ImageData:
    """Load a dataset of DATASETS.

    CIFAR is read from `<root>/<name>.npz`; if there is none, torchvision downloads it once (`download=True`).
    Recordings of events are read once and kept likewise. `root`: see `ckdsnn.files.data_root`. The digits need no file.
    Raises CkdsnnError for an unknown name, a damaged cache, a wrong content, no network, an unwritable root.
    """
    spec = choose("dataset", name, DATASETS)
    if spec.torchvision:
        arrays = _cached(spec, data_root(root), download)
    elif spec.recordings:
        arrays = _from_recordings(spec, data_root(root))
    else:
        arrays = canonical(spec, digits(), "scikit-learn's load_digits")
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
    for key in ("x_train", "x_test"):
        tensors[key] = tensors[key].permute(0, 3, 1, 2).contiguous()
    digests = spec.digests or split_digests(arrays)
    return ImageData(spec, **tensors, digest=hashlib.sha256("".join(digests).encode()).hexdigest())


def _cached(spec: DatasetSpec, root: Path, download: bool) -> Arrays:
    path = root / f"{spec.name}.npz"
    if path.exists():
        return canonical(spec, read_cache(spec, path), path)
    if not download:
        raise CkdsnnError(f"no file {path}; put it there, or allow the download")
    with atomic(path) as partial:
        arrays = canonical(spec, fetch(spec, path), f"torchvision.datasets.{spec.torchvision}")
        np.savez(partial, **arrays)
    return arrays


def _from_recordings(spec: DatasetSpec, root: Path) -> Arrays:
    """The frames of the recordings below `root`: from the cache, if it was made of these very recordings."""
    recordings, path = find_recordings(spec, root), root / f"{spec.name}.npz"
    made_of = manifest(recordings, root)
    with suppress(CkdsnnError):  # a cache that is damaged is made again, as is one of other recordings
        if path.exists() and read_cache(spec, path, MANIFEST)[MANIFEST] == made_of:
            return canonical(spec, read_cache(spec, path), path)
    with atomic(path) as partial:
        arrays = read_recordings(spec, recordings)
        np.savez_compressed(partial, **arrays, **{MANIFEST: made_of})
    return canonical(spec, arrays, root / spec.recordings)


def split_digests(arrays: Arrays) -> tuple[str, ...]:
    """`content_digest` of the training and of the test examples."""
    return tuple(content_digest(row_digests(arrays[f"x_{split}"], arrays[f"y_{split}"])) for split in ("train", "test"))


def row_digests(images: np.ndarray, labels: np.ndarray) -> list[bytes]:
    """SHA-256 of each example: the bytes of its image [H, W, 3], then its label as one byte."""
    rows = np.concatenate([images.reshape(len(images), -1), labels[:, None].astype(np.uint8)], axis=1)
    return [hashlib.sha256(row).digest() for row in rows]


def content_digest(rows: list[bytes]) -> str:
    """SHA-256 over the sorted `row_digests`: equal for every order of the same examples."""
    return hashlib.sha256(b"".join(sorted(rows))).hexdigest()


def canonical(spec: DatasetSpec, arrays: Arrays, origin: str | Path) -> Arrays:
    """The arrays sorted by `row_digests`. Raises CkdsnnError, naming `origin`, for another content than is known."""
    ordered = {}
    for split, expected in zip(("train", "test"), spec.digests or (None, None), strict=True):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        rows = row_digests(x, y)
        if expected and (found := content_digest(rows)) != expected:
            raise CkdsnnError(
                f"{origin} does not hold the {split} images of {spec.name}: content digest {found}, "
                f"expected {expected}; if it is a file, delete it and load again"
            )
        order = sorted(range(len(rows)), key=rows.__getitem__)
        ordered |= {f"x_{split}": x[order], f"y_{split}": y[order]}
    return ordered
