"""Pictures that are read from their files as they are needed: ImageNet, and any folder of one's own.

Two layouts are known: torchvision's, <folder>/train/<class>/... with <folder>/val (or test) beside it, and
<folder>/<class>/... alone, of which then a fifth of each class is the test set. Canonical order sorts the files by the
SHA-256 of their paths below the folder. The digest is one of all these paths and the files' sizes, not of pixels: to
read all of ImageNet takes an hour.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from ckdsnn.data.pictures import read_picture
from ckdsnn.data.source import Chunk
from ckdsnn.data.specs import DatasetSpec
from ckdsnn.errors import CkdsnnError
from ckdsnn.seeds import drawn_by, first_word

SUFFIXES = (".jpeg", ".jpg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
TEST_FOLDERS = ("val", "test")
TEST_SHARE = 5  # without a folder of its own, one of so many pictures of each class is a test picture
CHECKED_AT_ONCE = 20_000  # pictures up to which all are tried before a training begins: half a minute
MARGIN = 8 / 7  # the shorter side is scaled to this times the size before the middle is cut out: 256 pixels for 224
STRIP = 8  # of a longer picture only the middle is scaled: 1 x 10,000 pixels would become 256 x 2,560,000
NAMED = 20  # files that an error names


class Streamed:
    """The pictures of a folder, a `Source` whose chunks are read by worker processes.

    Training pictures are cut as ImageNet's usually are (torchvision's RandomResizedCrop), test pictures scaled and cut
    out of the middle. What is kept in memory is the paths: 60 bytes a picture.

    >>> from PIL import Image
    >>> from ckdsnn.data import load_dataset
    >>> for split, name in (("train", "cat"), ("train", "dog"), ("val", "cat"), ("val", "dog")):
    ...     folder = Path("pictures", split, name)
    ...     folder.mkdir(parents=True)
    ...     Image.new("RGB", (300, 240)).save(folder / "one.png")
    >>> source = load_dataset("folder:pictures")
    >>> source.spec.classes, sorted(source.labels("train").tolist())
    (('cat', 'dog'), [0, 1])
    >>> images, labels = next(source.chunks("test", torch.tensor([0]), batch_size=1))
    >>> images.shape
    torch.Size([1, 3, 224, 224])
    """

    def __init__(self, spec: DatasetSpec, folder: Path, files: dict[str, list[tuple[str, int]]], workers: int = 0):
        self.spec, self.folder, self.workers = spec, folder, workers
        ordered = {split: sorted(part, key=lambda file: sha256(file[0])) for split, part in files.items()}
        # as bytes of one array: workers share its memory, which lists of Python objects would make them copy
        self.paths = {split: np.array([os.fsencode(path) for path, _ in part]) for split, part in ordered.items()}
        self.own_labels = {split: torch.tensor([label for _, label in part]) for split, part in ordered.items()}
        self.digest = self.manifest()
        self.device = torch.device("cpu")

    def manifest(self) -> str:
        """A digest of the files' paths and sizes. Raises CkdsnnError for a link that leads nowhere."""
        folder, total = os.fsencode(self.folder), hashlib.sha256()
        try:
            for path in (path for split in self.paths for path in sorted(self.paths[split].tolist())):
                total.update(path + f" {os.stat(os.path.join(folder, path)).st_size}\n".encode())
        except OSError as error:
            refuse(error)
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
        batches = (part.tolist() for part in rows.split(batch_size))  # not all at once: ImageNet's rows are 50 MB
        for x, y, broken in loaded(pictures, self.workers, batch_sampler=batches, pin_memory=on_cuda):
            if any(broken):
                raise CkdsnnError(
                    f"cannot read {', '.join(filter(None, broken))} as a picture; `ckdsnn data {self.spec.name}` "
                    "finds all such files: repair or remove them"
                )
            yield x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)

    def check(self) -> None:
        """Read every picture. Raises CkdsnnError that counts those that cannot be read and names the first of them."""
        broken = []
        for split, paths in self.paths.items():
            pictures = Pictures(self.folder, paths, self.own_labels[split], (1, 1), None)
            broken += [path for *_, found in loaded(pictures, self.workers, batch_size=64) for path in found if path]
        if broken:
            raise CkdsnnError(
                f"{len(broken)} of {sum(map(len, self.paths.values()))} files in {self.folder} cannot be read as "
                f"pictures: {named(sorted(broken))}; repair or remove them"
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
        path = self.folder / os.fsdecode(self.paths[row])
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


def loaded(pictures: Pictures, workers: int, **options: Any) -> DataLoader:
    """Batches of pictures, read by so many processes, without a number drawn from torch's global generator."""
    return DataLoader(pictures, num_workers=workers, generator=torch.Generator(), **options)


def middle(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of a picture at a height and width, with the usual margin around it."""
    height, width = min(picture.height, STRIP * picture.width), min(picture.width, STRIP * picture.height)
    picture = v2.functional.center_crop(picture, [height, width])
    scale = MARGIN * max(size[0] / height, size[1] / width)
    scaled = [max(new, round(scale * old)) for new, old in zip(size, (height, width), strict=True)]
    return v2.functional.center_crop(v2.functional.resize(picture, scaled, antialias=True), list(size))


def sha256(text: str) -> bytes:
    return hashlib.sha256(os.fsencode(text)).digest()


def open_folder(spec: DatasetSpec, root: Path, workers: int = 0) -> Streamed:
    """As `find_pictures`; small sets are read once. Raises CkdsnnError also for pictures that cannot be read."""
    streamed = find_pictures(spec, root, workers)
    if sum(map(len, streamed.paths.values())) <= CHECKED_AT_ONCE:
        streamed.check()
    return streamed


def find_pictures(spec: DatasetSpec, root: Path, workers: int = 0) -> Streamed:
    """The pictures of the folder `spec.tree` below `root`, none of which is opened.

    Raises CkdsnnError for a missing folder, one that has both val and test, fewer than two classes, a class without
    pictures or others than the data set's number, and files that are no pictures.
    """
    folder = root / spec.tree
    if not folder.is_dir():
        raise CkdsnnError(f"no folder {folder}; expected {spec.name}'s pictures there: train/CLASS/*, val/CLASS/*")
    train = folder / "train" if (folder / "train").is_dir() else folder
    tests = [folder / name for name in TEST_FOLDERS if (folder / name).is_dir()]
    if len(tests) > 1 and train != folder:
        raise CkdsnnError(
            f"{folder} has the folders {' and '.join(TEST_FOLDERS)}; move the one that is not to be tested on"
        )
    test = tests[0] if tests else None
    if (train == folder) != (test is None):
        raise CkdsnnError(f"{folder} has only one of the folders train and val; expected both, or one folder a class")
    classes = subfolders(train)
    check_classes(spec, train, classes)
    found = pictures_below(folder, train, classes)
    files = {"train": found, "test": pictures_below(folder, test, classes)} if test else cut(found)
    return Streamed(replace(spec, classes=spec.classes or tuple(classes)), folder, files, workers)


def subfolders(folder: Path) -> list[str]:
    """The names of its visible folders and links to folders, sorted."""
    return sorted(name for name in next(os.walk(folder, onerror=refuse))[1] if not name.startswith("."))


def refuse(error: OSError) -> NoReturn:
    """Raise the CkdsnnError for a file or folder that cannot be looked at."""
    raise CkdsnnError(f"cannot read {os.fsdecode(error.filename)}: {error.strerror}; repair or remove it") from error


def named(paths: list[str]) -> str:
    """The first paths of a list, for an error."""
    return ", ".join(paths[:NAMED]) + ", ..." * (len(paths) > NAMED)


def check_classes(spec: DatasetSpec, folder: Path, classes: list[str]) -> None:
    """Raise CkdsnnError unless there are two classes or more, as many as the data set has."""
    if len(classes) < 2:
        raise CkdsnnError(f"{folder} has {len(classes)} folders; expected one for each of two classes or more")
    if spec.classes and len(classes) != len(spec.classes):
        raise CkdsnnError(f"{folder} has {len(classes)} folders; {spec.name} has {len(spec.classes)} classes")


def pictures_below(folder: Path, part: Path, classes: list[str]) -> list[tuple[str, int]]:
    """The pictures of each class in a part of the folder: (path below `folder`, label).

    Raises CkdsnnError for a class that only one of `part` and `classes` has, one without pictures, and files that are
    none.
    """
    there = set(subfolders(part))
    if strange := sorted(there.difference(classes)):
        raise CkdsnnError(f"{part / strange[0]} is of a class that the training pictures do not have")
    if missing := sorted(set(classes) - there):
        raise CkdsnnError(f"{part} has no folder {missing[0]}; expected one for each class of the training pictures")
    found, others = [], []
    for label, name in enumerate(classes):
        files = files_below(part / name)
        pictures = [path for path in files if path.lower().endswith(SUFFIXES)]
        others += [path for path in files if not path.lower().endswith(SUFFIXES)]
        if not pictures:
            raise CkdsnnError(f"no pictures in {part / name}; expected files that end in {', '.join(SUFFIXES)}")
        found += [(os.path.relpath(path, folder), label) for path in pictures]
    if others:
        raise CkdsnnError(f"{len(others)} files in {part} are no pictures: {named(others)}; remove them")
    return found


def files_below(folder: Path) -> list[str]:
    """The visible files in a folder and in the visible ones below it, links followed, sorted.

    Raises CkdsnnError for a folder that cannot be read, and a link that leads back to a folder around it.
    """
    found = []
    for place, inner, names in os.walk(folder, onerror=refuse, followlinks=True):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for path in (Path(place, name) for name in inner):
            if path.is_symlink() and Path(place).resolve().is_relative_to(path.resolve()):
                raise CkdsnnError(f"the link {path} leads back to a folder around it; remove it")
        found += [os.path.join(place, name) for name in names if not name.startswith(".")]
    return sorted(found)


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
