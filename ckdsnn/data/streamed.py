"""Pictures that are read from their files as they are needed: ImageNet, and any folder of one's own.

Two layouts are known: torchvision's, <folder>/train/<class>/... with <folder>/val (or test) beside it, and
<folder>/<class>/... alone, of which then a fifth of each class is the test set. Canonical order sorts the files by the
SHA-256 of their paths below the folder. The digest is one of all these paths and the files' sizes, not of pixels: to
read all of ImageNet takes an hour.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from ckdsnn.data.pictures import read_picture
from ckdsnn.data.seeds import drawn_by, first_word
from ckdsnn.data.source import Chunk
from ckdsnn.data.specs import DatasetSpec
from ckdsnn.errors import CkdsnnError

SUFFIXES = (".jpeg", ".jpg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
TEST_FOLDERS = ("val", "test")
TEST_SHARE = 5  # without a folder of its own, one of so many pictures of each class is a test picture
CHECKED_AT_ONCE = 20_000  # pictures up to which all are tried before a training begins: half a minute
MARGIN = 8 / 7  # the shorter side is scaled to this times the size before the middle is cut out: 256 pixels for 224
NAMED = 5  # broken files that an error names


class Streamed:
    """The pictures of a folder, a `Source` whose chunks are read by worker processes.

    Training pictures are cut as ImageNet's usually are (torchvision's RandomResizedCrop), test pictures scaled and cut
    out of the middle. What is kept in memory is the paths: 60 bytes a picture.
    """

    def __init__(self, spec: DatasetSpec, folder: Path, files: dict[str, list[tuple[str, int]]], workers: int = 0):
        self.spec, self.folder, self.workers = spec, folder, workers
        ordered = {split: sorted(part, key=lambda file: sha256(file[0])) for split, part in files.items()}
        # as bytes of one array: workers share its memory, which lists of Python objects would make them copy
        self.paths = {split: np.array([path.encode() for path, _ in part]) for split, part in ordered.items()}
        self.own_labels = {split: torch.tensor([label for _, label in part]) for split, part in ordered.items()}
        self.digest = self.manifest()
        self.device = torch.device("cpu")

    def manifest(self) -> str:
        """A digest of the files' paths and sizes."""
        listed = (path for split in self.paths for path in sorted(self.paths[split].tolist()))
        total = hashlib.sha256()
        for path in listed:
            total.update(path + f" {(self.folder / path.decode()).stat().st_size}\n".encode())
        return total.hexdigest()

    def to(self, device: torch.device) -> None:
        """Let chunks come on this device."""
        self.device = device

    def labels(self, split: str) -> Tensor:
        """int64 [N], on the CPU."""
        return self.own_labels[split]

    def chunks(self, split: str, rows: Tensor, batch_size: int, crops: int | None = None) -> Iterator[Chunk]:
        """A batch at a time, as `Source.chunks`. Raises CkdsnnError that names a picture that cannot be read."""
        size = self.spec.inputs.height, self.spec.inputs.width
        pictures = Pictures(self.folder, self.paths[split], self.own_labels[split], size, crops)
        on_cuda = self.device.type == "cuda"
        loader = DataLoader(pictures, batch_size, sampler=rows.tolist(), num_workers=self.workers, pin_memory=on_cuda)
        for x, y, broken in loader:
            if any(broken):
                raise CkdsnnError(
                    f"cannot read {', '.join(filter(None, broken))} as a picture; `ckdsnn data {self.spec.name}` "
                    "names all such files: repair or remove them"
                )
            yield x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)

    def check(self) -> None:
        """Read every picture. Raises CkdsnnError that counts those that cannot be read and names the first of them."""
        broken = []
        for split, paths in self.paths.items():
            pictures = Pictures(self.folder, paths, self.own_labels[split], (1, 1), None)
            loader = DataLoader(pictures, 64, num_workers=self.workers)
            broken += [path for *_, found in loader for path in found if path]
        if broken:
            raise CkdsnnError(
                f"{len(broken)} of {sum(map(len, self.paths.values()))} files in {self.folder} cannot be read as "
                f"pictures: {', '.join(sorted(broken)[:NAMED])}{', ...' * (len(broken) > NAMED)}; repair or remove them"
            )


class Pictures(Dataset):
    """Pictures uint8 [3, H, W] with their labels, and "" or the path of one that cannot be read.

    crops: the seed of random crops, which with the row decides on a picture's; None for the middle.
    """

    def __init__(self, folder: Path, paths: np.ndarray, labels: Tensor, size: tuple[int, int], crops: int | None):
        self.folder, self.paths, self.labels, self.size, self.crops = folder, paths, labels, size, crops
        self.cut = v2.RandomResizedCrop(size, antialias=True)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> tuple[Tensor, int, str]:
        path = self.folder / self.paths[row].decode()
        try:
            picture = read_picture(path)
        except CkdsnnError:
            return torch.zeros(3, *self.size, dtype=torch.uint8), 0, str(path)
        return v2.functional.pil_to_tensor(self.crop(picture, row)), int(self.labels[row]), ""

    def crop(self, picture: Image.Image, row: int) -> Image.Image:
        """The part of the picture that is shown, at its size."""
        if self.crops is None:
            return middle(picture, self.size)
        with drawn_by(first_word(np.random.SeedSequence(self.crops, spawn_key=(row,)))):
            return self.cut(picture)


def middle(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of a picture at a height and width, with the usual margin around it."""
    scale = MARGIN * max(size[0] / picture.height, size[1] / picture.width)
    scaled = [max(side, round(scale * old)) for side, old in zip(size, (picture.height, picture.width), strict=True)]
    return v2.functional.center_crop(v2.functional.resize(picture, scaled, antialias=True), list(size))


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def open_folder(spec: DatasetSpec, root: Path, workers: int = 0) -> Streamed:
    """The pictures of the folder `spec.tree` below `root`; small sets are read once, to find broken files now.

    Raises CkdsnnError for a missing folder, fewer than two classes, a class without pictures or others than the data
    set's number, files that are no pictures, and pictures that cannot be read.
    """
    folder = root / spec.tree
    if not folder.is_dir():
        raise CkdsnnError(f"no folder {folder}; expected {spec.name}'s pictures there: train/CLASS/*, val/CLASS/*")
    train = folder / "train" if (folder / "train").is_dir() else folder
    test = next((folder / name for name in TEST_FOLDERS if (folder / name).is_dir()), None)
    if (train == folder) != (test is None):
        raise CkdsnnError(f"{folder} has only one of the folders train and val; expected both, or one folder a class")
    classes = subfolders(train)
    check_classes(spec, train, classes)
    found = pictures_below(folder, train, classes)
    files = {"train": found, "test": pictures_below(folder, test, classes)} if test else cut(found)
    streamed = Streamed(replace(spec, classes=spec.classes or tuple(classes)), folder, files, workers)
    if sum(map(len, files.values())) <= CHECKED_AT_ONCE:
        streamed.check()
    return streamed


def subfolders(folder: Path) -> list[str]:
    """The names of its visible folders, sorted."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def check_classes(spec: DatasetSpec, folder: Path, classes: list[str]) -> None:
    """Raise CkdsnnError unless there are two classes or more, as many as the data set has."""
    if len(classes) < 2:
        raise CkdsnnError(f"{folder} has {len(classes)} folders; expected one for each of two classes or more")
    if spec.classes and len(classes) != len(spec.classes):
        raise CkdsnnError(f"{folder} has {len(classes)} folders; {spec.name} has {len(spec.classes)} classes")


def pictures_below(folder: Path, part: Path, classes: list[str]) -> list[tuple[str, int]]:
    """The pictures of each class in a part of the folder: (path below `folder`, label).

    Raises CkdsnnError for a class without any, one that is not among `classes`, and files that are none.
    """
    if strange := [name for name in subfolders(part) if name not in classes]:
        raise CkdsnnError(f"{part / strange[0]} is of a class that the training pictures do not have")
    found, others = [], []
    for label, name in enumerate(classes):
        files = sorted(path for path in (part / name).rglob("*") if path.is_file() and not path.name.startswith("."))
        pictures = [path for path in files if path.suffix.lower() in SUFFIXES]
        others += [path for path in files if path.suffix.lower() not in SUFFIXES]
        if not pictures:
            raise CkdsnnError(f"no pictures in {part / name}; expected files that end in {', '.join(SUFFIXES)}")
        found += [(path.relative_to(folder).as_posix(), label) for path in pictures]
    if others:
        named = ", ".join(map(str, others[:NAMED])) + ", ..." * (len(others) > NAMED)
        raise CkdsnnError(f"{len(others)} files in {part} are no pictures: {named}; remove them")
    return found


def cut(files: list[tuple[str, int]]) -> dict[str, list[tuple[str, int]]]:
    """Training and test pictures of a folder without splits: of each class, a share chosen by the paths' SHA-256.

    Raises CkdsnnError for a class of one picture.
    """
    split: dict[str, list[tuple[str, int]]] = {"train": [], "test": []}
    for _, group in groupby(files, key=lambda file: file[1]):
        ordered = sorted(group, key=lambda file: sha256(file[0]))
        if len(ordered) < 2:
            raise CkdsnnError(f"{Path(ordered[0][0]).parent} has one picture; expected two or more, one for the test")
        kept = max(1, len(ordered) // TEST_SHARE)
        split["test"] += ordered[:kept]
        split["train"] += ordered[kept:]
    return split
