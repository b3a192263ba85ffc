"""Recordings of event cameras as frames: how many events of each polarity fall on each pixel.

A recording is cut into T parts of equally many events (spikingjelly's "number"), each of which becomes a frame. Frames
are kept as uint8 [N, H, W, T*C], so that augmentation moves all frames of a recording alike. N-MNIST (Orchard et al.
2015) is read from its unpacked archives: <root>/nmnist/extract/Train/0/00002.bin and so on.
"""

import hashlib
from pathlib import Path

import numpy as np

from ckdsnn.data.datasets import DatasetSpec
from ckdsnn.errors import CkdsnnError
from ckdsnn.inputs import InputSpec

Recordings = dict[str, list[tuple[Path, int]]]  # split -> files with their labels
FOLDERS = {"train": "Train", "test": "Test"}


def find_recordings(spec: DatasetSpec, root: Path) -> Recordings:
    """The recordings below `root`, of each split by class. Raises CkdsnnError where a split or a class has none."""
    found: Recordings = {}
    for split, folder in FOLDERS.items():
        where = root / spec.recordings / folder
        found[split] = [(p, y) for y in range(len(spec.classes)) for p in sorted((where / f"{y}").glob("*.bin"))]
        missing = sorted(set(range(len(spec.classes))) - {label for _, label in found[split]})
        if missing:
            raise CkdsnnError(
                f"no recordings of class {missing[0]} in {where / str(missing[0])}; unpack {spec.name}'s archives "
                f"Train and Test into {root / spec.recordings}, a folder a class"
            )
    return found


def manifest(recordings: Recordings, root: Path) -> str:
    """A digest of the recordings' names and sizes, by which a cache made of others is known."""
    listed = sorted(
        f"{path.relative_to(root)} {path.stat().st_size}" for part in recordings.values() for path, _ in part
    )
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def frames_of(path: Path, inputs: InputSpec) -> np.ndarray:
    """One recording as uint8 [H, W, T*C]. Raises CkdsnnError, naming the file, for one that is empty or broken off."""
    from spikingjelly.datasets.utils import integrate_events_by_fixed_frames_number, load_ATIS_bin

    size = path.stat().st_size
    if not size or size % 5:
        raise CkdsnnError(f"{path} has {size} bytes; expected events of 5 bytes each: it is empty or broken off")
    events = load_ATIS_bin(str(path))
    if events["x"].max() >= inputs.width or events["y"].max() >= inputs.height:
        raise CkdsnnError(f"{path} has events beyond {inputs.height} x {inputs.width} pixels")
    frames = integrate_events_by_fixed_frames_number(events, "number", inputs.timesteps, inputs.height, inputs.width)
    return frames.clip(0, 255).astype(np.uint8).reshape(-1, inputs.height, inputs.width).transpose(1, 2, 0)


def read_recordings(spec: DatasetSpec, recordings: Recordings) -> dict[str, np.ndarray]:
    """All recordings as x_train, x_test: uint8 [N, H, W, T*C] and y_train, y_test: int64 [N]."""
    arrays = {}
    for split, part in recordings.items():
        arrays[f"x_{split}"] = np.stack([frames_of(path, spec.inputs) for path, _ in part])
        arrays[f"y_{split}"] = np.array([label for _, label in part], dtype=np.int64)
    return arrays
