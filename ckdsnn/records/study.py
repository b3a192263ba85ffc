"""A Study: what a measurement on one trained network found, in <out>/studies/<id>.json."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe.fields import check_run
from ckdsnn.records.record import Record
from ckdsnn.records.shelf import Document, Shelf

if TYPE_CHECKING:
    import numpy as np

KINDS = ("distributions", "faithfulness", "surrogate", "gradients", "landscape")


@dataclass(frozen=True)
class Study(Document):
    """One study of one network."""

    id: str
    """kind and id of the run's record"""
    kind: str
    """what was measured: a name in KINDS"""
    record: str
    """id of the record of the run that trained the network"""
    weights: str
    """SHA-256 of the network's weights"""
    tier: str
    """of the run, as are recipe, seed and data"""
    recipe: dict[str, Any]
    seed: int
    data: dict[str, str]
    code: dict[str, Any]
    """as in a Record: of the measurement, not of the training"""
    env: dict[str, Any]
    """as in a Record"""
    settings: dict[str, Any]
    """numbers of images, steps and the like"""
    values: dict[str, Any]
    """name -> a number, or lists of numbers; None where one was not finite"""
    started: str
    """UTC time"""
    seconds: float

    schema: ClassVar[str] = "study.json"
    noun: ClassVar[str] = "study"

    def __post_init__(self):
        super().__post_init__()
        if self.id != study_id(self.kind, self.record):
            raise CkdsnnError(f"study {self.id!r} contradicts itself: kind {self.kind!r}, record {self.record!r}")

    def check_origin(self) -> None:
        check_run(self.recipe, self.seed, self.record)

    def numbers(self, name: str) -> "np.ndarray":
        """One of the values as an array of floats; NaN where it was not finite.

        Raises CkdsnnError for a value that the study does not have, or that is no such array.
        """
        import numpy as np

        try:
            return np.array(self.values[name], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise CkdsnnError(f"study {self.id}: no array of numbers {name!r}: {error}") from error


def study_id(kind: str, record_id: str) -> str:
    """The id of a study of the network that this record's run has trained."""
    return f"{kind}-{record_id}"


STUDIES = Shelf(Study, "studies", "Delete it to measure again")


def find_study(kind: str, record: Record, *folders: str | Path) -> Study | None:
    """The study of this kind of the network of `record`, from the first of these folders that has one.

    Raises CkdsnnError for a study of other weights, as one is whose record was deleted and trained again.
    """
    for folder in folders:
        if found := STUDIES.find(study_id(kind, record.id), folder):
            if found.weights != record.weights["sha256"]:
                path = STUDIES.path(found.id, folder)
                raise CkdsnnError(f"{path} is of other weights than the record's; delete it and study again")
            return found
    return None


def find_studies(kind: str, records: Iterable[Record], *folders: str | Path) -> list[Study]:
    """The studies of this kind of these runs' networks that are on record in one of the folders.

    Raises CkdsnnError as `find_study` does.
    """
    return [study for record in records if (study := find_study(kind, record, *folders))]
