"""A Record: what one training run was and what came out, checked against `schema.json` on write and on read."""

from dataclasses import dataclass
from statistics import mean
from typing import Any, ClassVar

from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe.fields import check_run
from ckdsnn.records.shelf import RUN_SCHEMA, Document, Shelf

FORMAT = 2  # of the files that are written now


@dataclass(frozen=True)
class Record(Document):
    """One finished run; accuracies in percent, times in seconds, energies in nanojoule an image.

    >>> from ckdsnn.records import find_record
    >>> record = find_record("178289db", 0, "results")
    >>> record.recipe["losses"], record.seed, record.devices
    ('at', 0, 1)
    >>> record.accuracy == record.curve[-1]["test_accuracy"]  # the last epoch counts
    True
    """

    id: str
    """recipe name, seed and digest of the recipe"""
    tier: str
    """smoke, reduced or paper"""
    recipe: dict[str, Any]
    """every field of the recipe"""
    seed: int
    """of initialisation, data order, augmentation and noise"""
    data: dict[str, Any]
    """name of the dataset and its order-free content digest; of a folder of one's own, its classes"""
    teacher: dict[str, Any] | None
    """the teacher's record, or the source of a network from elsewhere; SHA-256 of its weights; its test accuracy"""
    code: dict[str, Any]
    """commit, whether the tree differed from it, and a digest of the package's source"""
    env: dict[str, Any]
    """versions, device, numeric type, CPU threads, number of devices, examples in a step over all of them, students
    trained side by side in one process, and how many of them computed at once, each on so many threads"""
    curve: list[dict[str, float | None]]
    """one entry an epoch: every loss term (None where it was not finite), train, test and validation accuracy,
    seconds"""
    final: dict[str, Any]
    """last-epoch test accuracy with its 95 % interval; where there are validation images, the accuracy on them; best
    epoch (labelled), firing rates, operations and energy of one image: in the convention `strict`, and below `folded`
    in that one, which older records have not (see `ckdsnn.measures.operations`)"""
    arrays: dict[str, str]
    """file name below arrays/ -> SHA-256"""
    weights: dict[str, str]
    """file name below weights/ and SHA-256"""
    started: str
    """UTC time at which the run was first started"""
    seconds: float
    """training and the testing after each epoch, over all parts of an interrupted run; of students side by side each
    has its own work and its share of what was done for several, so that their times add up"""
    images_per_second: float
    """training images over training time, evaluation excluded"""
    format: int = 1
    """of the file: the first, which has no number of devices and no global batch, does not say so"""

    schema: ClassVar[str] = RUN_SCHEMA
    noun: ClassVar[str] = "record"

    def __post_init__(self):
        super().__post_init__()
        if self.tier != self.recipe.get("tier") or f"-s{self.seed}-" not in self.id:
            raise CkdsnnError(f"record {self.id!r} contradicts itself: tier {self.tier!r}, seed {self.seed}")

    def check_origin(self) -> None:
        check_run(self.recipe, self.seed, self.id)

    @property
    def accuracy(self) -> float:
        """Last-epoch test accuracy in percent."""
        return self.final["last_accuracy"]["value"]

    @property
    def devices(self) -> int:
        """How many devices trained it; those of the first format were trained on one."""
        return self.env.get("devices", 1)

    @property
    def global_batch(self) -> int:
        """Examples in a step, over all devices."""
        return self.env.get("global_batch", self.recipe["batch_size"])

    @property
    def side_by_side(self) -> int:
        """How many students were trained in turns by the process that trained it, itself included."""
        return self.env.get("side_by_side", 1)

    @property
    def validation_accuracy(self) -> float | None:
        """Last-epoch accuracy in percent on validation images, for selecting; None where none were kept."""
        return self.final.get("validation_accuracy")

    @property
    def firing_rate(self) -> float | None:
        """Percent of the neurons that spike in a time step, each layer with the same weight; None for an ANN."""
        layers = self.final["firing_rate"].values()
        return 100 * mean(layers) if layers else None

    @property
    def costs(self) -> dict[str, dict[str, Any] | None]:
        """Convention -> operations and energies of one image in it; None for `folded` of an older record."""
        strict = self.final["energy"]
        return {"strict": strict, "folded": strict.get("folded")}

    @property
    def arithmetic_energy(self) -> float:
        """Microjoule that the multiplications and additions for one image take, in the convention `strict`."""
        return self.final["energy"]["compute_nj"] / 1000


def all_threads(env: dict[str, Any]) -> int:
    """CPU threads that computed at once: those of a training, and of the students beside it."""
    return env["threads"] * env.get("at_once", 1)


RUNS = Shelf(Record, "runs", "Use another seed or recipe")
