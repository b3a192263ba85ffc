"""A Failure: a training that came to nothing, in <out>/failures/<id>.json; failed runs stay on record."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ckdsnn.recipe.fields import check_run
from ckdsnn.records.shelf import Document, Shelf


@dataclass(frozen=True)
class Failure(Document):
    """A run whose loss was no number any more."""

    id: str
    """as the record would have had it"""
    tier: str
    recipe: dict[str, Any]
    """as seed, data, code, env and started: as in a Record"""
    seed: int
    data: dict[str, Any]
    code: dict[str, Any]
    env: dict[str, Any]
    curve: list[dict[str, float | None]]
    """of the whole epochs before, as in a Record; maybe none"""
    term: str
    """the first term of the loss that was not finite"""
    epoch: int
    """in which it was so, from 1"""
    step: int
    """of that epoch, from 1"""
    started: str

    schema: ClassVar[str] = "failure.json"
    noun: ClassVar[str] = "failed run"

    def check_origin(self) -> None:
        check_run(self.recipe, self.seed, self.id)


FAILURES = Shelf(Failure, "failures", "Delete it to train again")
