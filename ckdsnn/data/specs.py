"""The datasets by name: classes, statistics, augmentation policy and content digests.

Statistics are the mean and standard deviation of the training images per channel, in [0, 1] units; a test
computes them again from the images. "folder:PATH" names a data set of one's own, without a row here.
"""

import os
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.inputs import InputSpec

if TYPE_CHECKING:
    from torch import Tensor

Channels = tuple[float, ...]
FOLDER = "folder:"  # begins the name of a data set of one's own
THUMBNAIL = 96  # largest side in pixels of the pictures in a gallery


@dataclass(frozen=True)
class DatasetSpec:
    """What has to be known about a dataset before its images are read.

    >>> dataset_spec("cifar10").classes[3], dataset_spec("nmnist").inputs.timesteps
    ('cat', 10)
    """

    name: str
    classes: tuple[str, ...]
    """Class names as a reader should see them, in the order of the labels."""
    mean: Channels
    std: Channels
    policy: str | None
    """The AutoAugment policy in torchvision's naming, or None."""
    digests: tuple[str, ...]
    """`content_digest` of the training and of the test images; empty where it depends on what lies there."""
    inputs: InputSpec
    """What one example looks like."""
    torchvision: str = ""
    """The class in torchvision.datasets that downloads it; empty where the images come with scikit-learn."""
    recordings: str = ""
    """The folder below the data root that holds the recordings of an event camera; empty for images."""
    tree: str = ""
    """The folder, below the data root if it is not absolute, of pictures that are read as they are needed."""
    examples: tuple[int, ...] = ()
    """How many are to train and to test on; empty where only a folder tells."""
    simulated_from: str = ""
    """The data set of pictures from which its events are simulated. Behind the frames of each example lie the three
    planes of its picture, which a teacher of that data set sees."""

    def pictures(self, planes: "Tensor") -> "Tensor":
        """RGB thumbnails, uint8 [N, 3, h, w], of examples as the data set keeps them, uint8 [N, planes, H, W]."""
        from torch.nn import functional as F

        shown = planes[:, -3:] if self.simulated_from else self.inputs.pictures(planes)
        larger = max(shown.shape[-2:]) / THUMBNAIL
        if larger <= 1:
            return shown
        sides = [round(side / larger) for side in shown.shape[-2:]]
        return F.interpolate(shown.float(), sides, mode="bilinear", antialias=True).round().clamp(0, 255).byte()

    @property
    def planes(self) -> int:
        """Values of a pixel as the data set keeps it: those that a student reads, and those of the picture behind."""
        return self.inputs.planes + (3 if self.simulated_from else 0)


_DIGITS = DatasetSpec(
    name="digits",
    classes=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    mean=(0.3054, 0.3054, 0.3054),
    std=(0.3753, 0.3753, 0.3753),
    policy="svhn",  # the policy that was found on digits
    digests=(
        "b22438d4c3e30f8663017478fa113eaee0de8cf212fd47acb854b817376889dc",
        "07179cee839fb8b53bca00c71484ed14a6a4ecc606228723dc62a6f358eff87f",
    ),
    inputs=InputSpec(3, 16, 16),
    examples=(1437, 360),
)

_CIFAR10 = DatasetSpec(
    name="cifar10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
    policy="cifar10",
    digests=(
        "6a3b2c04d0a79ce272dcdacaf0bc440275db5a8cbe3717521a28fada2ea0d2ed",
        "65a6ffe079453e514083f99356b35e02cbfd581b4951e3937fae188974b79f39",
    ),
    inputs=InputSpec(3, 32, 32),
    torchvision="CIFAR10",
    examples=(50_000, 10_000),
)

_CIFAR100_CLASSES = """
    apple, aquarium fish, baby, bear, beaver, bed, bee, beetle, bicycle, bottle, bowl, boy, bridge, bus,
    butterfly, camel, can, castle, caterpillar, cattle, chair, chimpanzee, clock, cloud, cockroach, couch,
    crab, crocodile, cup, dinosaur, dolphin, elephant, flatfish, forest, fox, girl, hamster, house,
    kangaroo, keyboard, lamp, lawn mower, leopard, lion, lizard, lobster, man, maple tree, motorcycle,
    mountain, mouse, mushroom, oak tree, orange, orchid, otter, palm tree, pear, pickup truck, pine tree,
    plain, plate, poppy, porcupine, possum, rabbit, raccoon, ray, road, rocket, rose, sea, seal, shark,
    shrew, skunk, skyscraper, snail, snake, spider, squirrel, streetcar, sunflower, sweet pepper, table,
    tank, telephone, television, tiger, tractor, train, trout, tulip, turtle, wardrobe, whale, willow tree,
    wolf, woman, worm
"""

_CIFAR100 = DatasetSpec(
    name="cifar100",
    classes=tuple(name.strip() for name in _CIFAR100_CLASSES.split(",")),
    mean=(0.5071, 0.4865, 0.4409),
    std=(0.2673, 0.2564, 0.2762),
    policy="cifar10",  # AutoAugment (arXiv 1805.09501, section 4.1) takes CIFAR-10's policy for CIFAR-100 too
    digests=(
        "640c97a4012a8aebfcaf57fd82a33dd43b37d2e397a02cb9b0a3d89e6d6d936d",
        "a6a97df7b61bc7420bc44268696e8963d33129bc050978f2a63d8fe3420989fa",
    ),
    inputs=InputSpec(3, 32, 32),
    torchvision="CIFAR100",
    examples=(50_000, 10_000),
)


def _of_events(
    name: str, classes: tuple[str, ...], inputs: InputSpec, examples: tuple[int, int], **where: str
) -> DatasetSpec:
    """Frames of events, of which networks see the number, without augmentation by pictures' policies."""
    statistics = (0.0,) * inputs.planes, (1 / 255,) * inputs.planes
    return DatasetSpec(name, classes, *statistics, policy=None, digests=(), inputs=inputs, examples=examples, **where)


_NMNIST = _of_events(
    "nmnist", _DIGITS.classes, InputSpec(2, 34, 34, timesteps=10), (60_000, 10_000), recordings="nmnist/extract"
)

_CIFAR10DVS = _of_events(
    "cifar10dvs", _CIFAR10.classes, InputSpec(2, 48, 48, timesteps=10), (9_000, 1_000), recordings="cifar10dvs/extract"
)

_SIMULATED = _of_events(
    "cifar10-events", _CIFAR10.classes, InputSpec(2, 32, 32, timesteps=4), _CIFAR10.examples, simulated_from="cifar10"
)
_CIFAR10_EVENTS = replace(  # the picture behind the frames has its own statistics
    _SIMULATED, mean=_SIMULATED.mean + _CIFAR10.mean, std=_SIMULATED.std + _CIFAR10.std
)

_IMAGENET = DatasetSpec(
    name="imagenet",
    classes=tuple(files("ckdsnn.data").joinpath("imagenet.txt").read_text(encoding="utf-8").splitlines()),
    mean=(0.485, 0.456, 0.406),  # of torchvision's pretrained networks
    std=(0.229, 0.224, 0.225),
    policy="imagenet",
    digests=(),
    inputs=InputSpec(3, 224, 224),
    tree="imagenet",
    examples=(1_281_167, 50_000),
)

_IMAGENET10 = replace(
    _IMAGENET,
    name="imagenet10",
    classes=(
        *("goldfish", "Persian cat", "Egyptian cat", "orangutan", "African elephant"),
        *("lesser panda", "go-kart", "sports car", "orange", "pizza"),
    ),
    inputs=InputSpec(3, 64, 64),
    tree="imagenet10",
    examples=(2_000, 500),
)

DATASETS: dict[str, DatasetSpec] = {
    spec.name: spec
    for spec in (
        *(_DIGITS, _CIFAR10, _CIFAR100, _NMNIST),
        *(_CIFAR10DVS, _CIFAR10_EVENTS, _IMAGENET10, _IMAGENET),
    )
}


def dataset_spec(name: str, size: int = 0) -> DatasetSpec:
    """The data set of this name, or of "folder:PATH", whose classes only its folder tells.

    size: the side in pixels at which pictures that are read as needed, or events, are shown; 0 for the usual one.
    Raises CkdsnnError for an unknown name, and a size of pictures that lie in memory.

    >>> dataset_spec("cifar10").inputs
    InputSpec(channels=3, height=32, width=32, timesteps=None)
    """
    if name.startswith(FOLDER):
        path = name.removeprefix(FOLDER)
        if not path:
            raise CkdsnnError(f"dataset = {name!r}; expected {FOLDER}PATH, a folder with a folder of pictures a class")
        spec = replace(_IMAGENET, name=name, classes=(), examples=(), tree=os.path.abspath(os.path.expanduser(path)))
    else:
        spec = choose("dataset", name, DATASETS)
    if not size:
        return spec
    if not (spec.tree or spec.recordings):
        raise CkdsnnError(f"image_size = {size}; {name} has one size, {spec.inputs.height} pixels: expected 0")
    return replace(spec, inputs=replace(spec.inputs, height=size, width=size))


def statistics_of(spec: DatasetSpec, which: str) -> tuple[Channels, Channels]:
    """Mean and standard deviation to normalise with.

    `which` is "own", or "cifar10" as the released code does for CIFAR-100 too.
    Raises CkdsnnError for another word.

    >>> statistics_of(DATASETS["cifar100"], "cifar10") == statistics_of(DATASETS["cifar10"], "own")
    True
    """
    chosen = choose("statistics", which, {"own": spec, "cifar10": _CIFAR10})
    return chosen.mean, chosen.std
