"""Recordings of event cameras as frames: how many events of each polarity fall on each pixel.

A recording is cut into T parts of equally many events (spikingjelly's "number"), each of which becomes a frame. Frames
are kept as uint8 [N, H, W, T*C], so that augmentation moves all frames of a recording alike. Both data sets are read
from their unpacked archives: N-MNIST (Orchard et al. 2015) from <root>/nmnist/extract/Train/0/00002.bin and so on,
CIFAR10-DVS (Li et al. 2017) from <root>/cifar10dvs/extract/airplane/cifar10_airplane_0.aedat and so on.

CIFAR10-DVS has no official split. `splits/cifar10dvs.txt` lists the numbers of the test recordings, a line a class.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ckdsnn.data.source import SPLITS
from ckdsnn.data.specs import DatasetSpec
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.files import reading
from ckdsnn.inputs import InputSpec

Recordings = dict[str, list[tuple[Path, int]]]  # split -> files with their labels
Events = dict[str, np.ndarray]  # t, x, y, p: time, column, row, polarity (1 where it became brighter), each [events]
DRAWN = Path(__file__).parent / "splits"
"""The splits of data sets that have no official one: <name>.txt"""
PER_CLASS = 1000  # recordings of CIFAR10-DVS
AGAIN = "unpack its archive again"


@dataclass(frozen=True)
class Format:
    """What a file of this kind holds."""

    sensor: int
    """rows, and columns, of the camera's pixels"""
    read: Callable[[Path], Events]


@dataclass(frozen=True)
class Layout:
    """Where a data set has its recordings."""

    files: Callable[[Path, str, str, int], tuple[Path, list[Path]]]
    """folder of the data set, split, class, label -> their folder, and those that are there, in a fixed order"""
    advice: str
    """what to do where a class has none"""


def find_recordings(spec: DatasetSpec, root: Path) -> Recordings:
    """The recordings below `root`, of each split by class. Raises CkdsnnError where a class has none in a split."""
    layout, top = choose("data set of recordings", spec.name, LAYOUTS), root / spec.recordings
    found: Recordings = {split: [] for split in SPLITS}
    for split in SPLITS:
        for label, name in enumerate(spec.classes):
            folder, files = layout.files(top, split, name, label)
            if not files:
                raise CkdsnnError(f"no {split} recordings of class {name} in {folder}; {layout.advice.format(top=top)}")
            found[split] += [(path, label) for path in files]
    return found


def manifest(recordings: Recordings, root: Path) -> str:
    """A digest of the recordings' splits, names and sizes, by which a cache made of others is known.

    Raises CkdsnnError, naming the file, for one that cannot be looked at, such as a broken link.
    """
    listed = sorted(
        f"{split} {path.relative_to(root)} {size_of(path)}" for split, part in recordings.items() for path, _ in part
    )
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file. Raises CkdsnnError as `reading` does."""
    with reading(path):
        return path.stat().st_size


def split_digest(spec: DatasetSpec) -> str:
    """SHA-256 of the file that says which recordings are for testing; empty where the data set itself says it."""
    path = DRAWN / f"{spec.name}.txt"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def numbers_for_testing(name: str) -> dict[str, frozenset[int]]:
    """Class -> the numbers of its test recordings, from this split. Raises CkdsnnError for a damaged file."""
    path = DRAWN / f"{name}.txt"
    try:
        listed = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        return {label: frozenset(map(int, numbers)) for label, *numbers in listed}
    except ValueError as error:
        raise CkdsnnError(f"{path} is no split: {error}; install the package again") from error


def frames_of(path: Path, inputs: InputSpec) -> np.ndarray:
    """One recording as uint8 [H, W, T*C]; counts above 255 become 255.

    For another size than the sensor's, an event at row or column c falls on pixel c * size // sensor.
    Raises CkdsnnError, naming the file, for one that cannot be read, is empty, broken off, of another camera, or too
    short for T.
    """
    form = choose("kind of recording", path.suffix, FORMATS)
    steps = inputs.timesteps
    with reading(path):
        events = form.read(path)
    if max(events["x"].max(), events["y"].max()) >= form.sensor:
        raise CkdsnnError(f"{path} has events beyond {form.sensor} x {form.sensor} pixels; {AGAIN}")
    if len(events["t"]) < steps:
        raise CkdsnnError(f"{path} has {len(events['t'])} events, fewer than the {steps} frames; {AGAIN}")
    for axis, size in (("x", inputs.width), ("y", inputs.height)):
        events[axis] = events[axis] * size // form.sensor
    integrate = _from_spikingjelly("integrate_events_by_fixed_frames_number")
    frames = integrate(events, "number", steps, inputs.height, inputs.width)
    return frames.clip(0, 255).astype(np.uint8).reshape(-1, inputs.height, inputs.width).transpose(1, 2, 0)


def read_recordings(spec: DatasetSpec, recordings: Recordings) -> dict[str, np.ndarray]:
    """All recordings as x_train, x_test: uint8 [N, H, W, T*C] and y_train, y_test: int64 [N]."""
    arrays, inputs = {}, spec.inputs
    for split, part in recordings.items():
        # Filled one by one: a list of 10,000 recordings, then stacked, would need the memory twice.
        frames = np.empty((len(part), inputs.height, inputs.width, inputs.planes), np.uint8)
        for index, (path, _) in enumerate(part):
            frames[index] = frames_of(path, inputs)
        arrays[f"x_{split}"] = frames
        arrays[f"y_{split}"] = np.array([label for _, label in part], dtype=np.int64)
    return arrays


def _from_spikingjelly(name: str) -> Callable[..., Any]:
    """A function of spikingjelly's for recordings.

    Its package of data sets imports torchaudio, for sounds, which nothing else here needs: so not before a recording is
    read, and with a CkdsnnError where torchaudio is missing or does not fit the torch that is there.
    """
    try:
        from spikingjelly.datasets import utils
    except (ImportError, OSError, RuntimeError) as error:
        raise CkdsnnError(
            f"recordings are read by spikingjelly.datasets, which cannot be imported ({error}); install a torchaudio "
            "that fits your torch"
        ) from error
    return getattr(utils, name)


def _read_atis(path: Path) -> Events:
    size = path.stat().st_size
    if not size or size % 5:
        raise CkdsnnError(f"{path} has {size} bytes; events have 5 bytes each: it is empty or broken off; {AGAIN}")
    return _from_spikingjelly("load_ATIS_bin")(str(path))


def _read_aedat(path: Path) -> Events:
    """AEDAT 2.0 of a DVS128: lines that begin with #, then for each event two big-endian words, address and time.

    Of the address, bits 8 to 14 give the column and bits 1 to 7 the row, both counted from the far corner; bit 0 is 1
    where it became darker. spikingjelly reads CIFAR10-DVS so too.
    """
    content = path.read_bytes()
    if not content.startswith(b"#!AER-DAT2"):
        raise CkdsnnError(f"{path} does not begin with #!AER-DAT2, as files of AEDAT 2.0 do; {AGAIN}")
    start = 0
    while content.startswith(b"#", start):
        start = content.find(b"\n", start) + 1 or len(content)
    size = len(content) - start
    if not size or size % 8:
        raise CkdsnnError(
            f"{path} has {size} bytes after its header; events have 8 bytes each: it is empty or broken off; {AGAIN}"
        )
    address, time = np.frombuffer(content, ">u4", offset=start).reshape(-1, 2).T
    high = address >> 16  # none in a DVS128: with these bits, a larger camera's address puts an event off the sensor
    return {
        "t": time,
        "x": np.where(high, 128, 127 - (address >> 8 & 127)),
        "y": np.where(high, 128, 127 - (address >> 1 & 127)),
        "p": 1 - (address & 1),
    }


def _nmnist_files(top: Path, split: str, _: str, label: int) -> tuple[Path, list[Path]]:
    folder = top / split.capitalize() / str(label)
    return folder, sorted(folder.glob("*.bin"))


def _cifar10dvs_files(top: Path, split: str, name: str, _: int) -> tuple[Path, list[Path]]:
    folder, tested = top / name, numbers_for_testing("cifar10dvs")[name]
    numbers = (number for number in range(PER_CLASS) if (number in tested) == (split == "test"))
    return folder, [path for n in numbers if (path := folder / f"cifar10_{name}_{n}.aedat").is_file()]


FORMATS = {".bin": Format(34, _read_atis), ".aedat": Format(128, _read_aedat)}  # by the end of a file's name
LAYOUTS = {
    "nmnist": Layout(_nmnist_files, "unpack nmnist's archives Train and Test into {top}, a folder a class"),
    "cifar10dvs": Layout(
        _cifar10dvs_files,
        "unpack cifar10dvs's ten archives into {top}, a folder a class; a part of the recordings will do that holds "
        "some of each class for training and some for testing, whose numbers are in ckdsnn/data/splits/cifar10dvs.txt",
    ),
}
