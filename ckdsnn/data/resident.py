"""A dataset in memory: uint8 tensors in canonical order, their content checked against a known digest.

Canonical order sorts the examples by the SHA-256 of their bytes. Whatever order a source has, the same first
images, the same batches and the same gallery follow; the classes come as mixed as in a shuffled set.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ckdsnn.data.events import find_recordings, manifest, read_recordings
from ckdsnn.data.origins import Arrays, digits, fetch, read_cache
from ckdsnn.data.simulated import simulate
from ckdsnn.data.source import SPLITS, Chunk
from ckdsnn.data.specs import DATASETS, DatasetSpec
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic

MANIFEST = "made_of"  # key in the cache of recordings
CHUNK = 2560 * 3 * 32 * 32
"""Bytes augmented at once, 2,560 CIFAR images. Larger chunks give AutoAugment larger groups, until a CPU's caches
overflow: with everything on, one thread does 11,000 images/s in chunks of 128, 20,000 at 2,560, 11,000 at 10,240."""


@dataclass
class Resident:
    """All examples of a data set in canonical order: a `Source` whose chunks cost a look-up.

    x_train, x_test: uint8 [N, planes, H, W], 3 planes of an RGB image, T*C of event frames. y_train, y_test: int64 [N].
    digest: one SHA-256 for training and test examples together.

    >>> from ckdsnn.data import load_dataset
    >>> digits = load_dataset("digits")
    >>> images, labels = next(digits.chunks("test", torch.tensor([2, 0]), batch_size=2))
    >>> images.shape, labels.equal(digits.labels("test")[[2, 0]])
    (torch.Size([2, 3, 16, 16]), True)
    """

    spec: DatasetSpec
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    digest: str

    def to(self, device: torch.device) -> None:
        """Move everything there, once."""
        self.x_train, self.x_test = self.x_train.to(device), self.x_test.to(device)

    def labels(self, split: str) -> Tensor:
        """int64 [N], on the CPU."""
        return {"train": self.y_train, "test": self.y_test}[split]

    def chunks(self, split: str, rows: Tensor, batch_size: int, crops: int | None = None) -> Iterator[Chunk]:
        """As `Source.chunks`; pictures in memory have one size, nothing is cut from them here."""
        x, y = {"train": self.x_train, "test": self.x_test}[split], self.labels(split)
        for part in rows.split(batch_size * max(1, CHUNK // x[0].numel() // batch_size)):
            yield x[part.to(x.device)], y[part].to(x.device)


def read_resident(spec: DatasetSpec, root: Path, download: bool = True) -> Resident:
    """The examples of a data set that lies in memory; the rest as for `load_dataset`."""
    if spec.torchvision:
        arrays = _cached(spec, root, download)
    elif spec.recordings:
        arrays = _from_recordings(spec, root)
    elif spec.simulated_from:
        arrays = _from_pictures(spec, root, download)
    else:
        arrays = canonical(spec, digits(), "scikit-learn's load_digits")
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
    for key in ("x_train", "x_test"):
        tensors[key] = tensors[key].permute(0, 3, 1, 2).contiguous()
    digests = spec.digests or split_digests(arrays)
    return Resident(spec, **tensors, digest=hashlib.sha256("".join(digests).encode()).hexdigest())


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
    usual = spec.inputs == DATASETS[spec.name].inputs
    recordings = find_recordings(spec, root)
    path, made_of = root / f"{spec.name}{'' if usual else f'-{spec.inputs.height}'}.npz", manifest(recordings, root)
    with suppress(CkdsnnError):  # a cache that is damaged is made again, as is one of other recordings
        if path.exists() and (cached := read_cache(spec, path, MANIFEST)).pop(MANIFEST) == made_of:
            return canonical(spec, cached, path)
    with atomic(path) as partial:
        arrays = read_recordings(spec, recordings)
        np.savez_compressed(partial, **arrays, **{MANIFEST: made_of})
    return canonical(spec, arrays, root / spec.recordings)


def _from_pictures(spec: DatasetSpec, root: Path, download: bool) -> Arrays:
    """Events that are simulated from the pictures of another data set, in its order, each with its picture behind."""
    pictures = _cached(DATASETS[spec.simulated_from], root, download)
    steps = spec.inputs.timesteps
    frames = {f"x_{s}": np.concatenate([simulate(x := pictures[f"x_{s}"], steps), x], -1) for s in SPLITS}
    return pictures | frames


def split_digests(arrays: Arrays) -> tuple[str, ...]:
    """`content_digest` of the training and of the test examples."""
    return tuple(content_digest(row_digests(arrays[f"x_{split}"], arrays[f"y_{split}"])) for split in SPLITS)


def row_digests(images: np.ndarray, labels: np.ndarray) -> list[bytes]:
    """SHA-256 of each example: the bytes of its planes [H, W, planes], then its label as one byte."""
    rows = zip(np.ascontiguousarray(images), labels.tolist(), strict=True)
    return [hashlib.sha256(image.tobytes() + bytes([label])).digest() for image, label in rows]


def content_digest(rows: list[bytes]) -> str:
    """SHA-256 over the sorted `row_digests`: equal for every order of the same examples."""
    return hashlib.sha256(b"".join(sorted(rows))).hexdigest()


def canonical(spec: DatasetSpec, arrays: Arrays, origin: str | Path) -> Arrays:
    """The arrays sorted by `row_digests`. Raises CkdsnnError, naming `origin`, for another content than is known."""
    ordered = {}
    for split, expected in zip(SPLITS, spec.digests or (None, None), strict=True):
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
