"""A Record: what one training run was and what came out, checked against `schema.json` on write and on read."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import jsonschema

from ckdsnn.errors import CkdsnnError

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Record:
    """One finished run; accuracies in percent, times in seconds, energies in nanojoule an image."""

    id: str
    """recipe name, seed and digest of the recipe"""
    tier: str
    """smoke, reduced or paper"""
    recipe: dict[str, Any]
    """every field of the recipe"""
    seed: int
    """of initialisation, data order, augmentation and noise"""
    data: dict[str, str]
    """name of the dataset and its order-free content digest"""
    teacher: dict[str, Any] | None
    """the teacher's record, the SHA-256 of its weights, its last-epoch accuracy"""
    code: dict[str, Any]
    """commit, whether the tree differed from it, and a digest of the package's source"""
    env: dict[str, Any]
    """versions, device, numeric type, CPU threads"""
    curve: list[dict[str, float | None]]
    """one entry an epoch: every loss term (None where it was not finite), train and test accuracy, seconds"""
    final: dict[str, Any]
    """last-epoch accuracy with its 95 % interval, best epoch (labelled), firing rates, energy"""
    arrays: dict[str, str]
    """file name below arrays/ -> SHA-256"""
    weights: dict[str, str]
    """file name below weights/ and SHA-256"""
    started: str
    """UTC time at which the run was first started"""
    seconds: float
    """training and the testing after each epoch, over all parts of an interrupted run"""
    images_per_second: float
    """training images over training time, evaluation excluded"""

    def __post_init__(self):
        for error in validator().iter_errors(asdict(self)):
            where = "/".join(str(step) for step in error.absolute_path) or "top level"
            raise CkdsnnError(f"record {self.id!r} breaks the schema at {where}: {error.message}")
        if self.tier != self.recipe.get("tier") or f"-s{self.seed}-" not in self.id:
            raise CkdsnnError(f"record {self.id!r} contradicts itself: tier {self.tier!r}, seed {self.seed}")

    @property
    def accuracy(self) -> float:
        """Last-epoch test accuracy in percent."""
        return self.final["last_accuracy"]["value"]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


@cache
def validator() -> jsonschema.protocols.Validator:
    schema = json.loads((Path(__file__).parent / "schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def read_record(path: Path) -> Record:
    """The record in a JSON file. Raises CkdsnnError, naming the file, when it is not a valid record."""
    return read_as(Record, path, "record")


def read_as(kind: type[Kind], path: Path, noun: str) -> Kind:
    """What a JSON file holds, as a `kind` of record. Raises CkdsnnError, naming file and noun, when it is none."""
    try:
        record = kind(**json.loads(path.read_text(), parse_constant=refuse_constant))
    except (OSError, TypeError, ValueError) as error:
        raise CkdsnnError(f"{path} is not a valid {noun}: {error}") from error
    if record.id != path.stem:
        raise CkdsnnError(f"{path} holds the {noun} {record.id!r}; a record's file bears its id")
    return record


def refuse_constant(name: str) -> None:
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(f"{name} is no number")
