"""Accuracies as published, in <out>/paper.json: never measured here, and kept apart from what is."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import fastjsonschema

from ckdsnn.errors import CkdsnnError
from ckdsnn.reads import note_read
from ckdsnn.records.shelf import strict_json


@dataclass(frozen=True)
class Published:
    """One published top-1 test accuracy."""

    data: str
    student: str
    timesteps: int | None
    """T; None where it is not known"""
    method: str
    accuracy: float
    """in percent"""
    certainty: str
    """read at its source: its code, table or log; own publication: as its authors have published it; second-hand: as
    somebody else reports it, the paper's own numbers among them, whose text was not at hand; source not noted"""
    epoch: str = "unsaid"
    """which one's accuracy it is: the last, the best on the test set, or unsaid"""
    remark: str = ""
    unsure_of_t: bool = False
    """whether T may have been another"""
    cite: str = ""
    """key of its publication"""

    @property
    def work(self) -> str:
        """The method without what distinguishes a variant of it."""
        return self.method.split(",")[0]


@cache
def schema() -> dict:
    return json.loads((Path(__file__).parent / "paper.json").read_text())


def load_published(out: str | Path = "results") -> list[Published]:
    """All published numbers, in the file's order. Raises CkdsnnError for a missing or invalid file."""
    path = Path(out, "paper.json")
    note_read(path)
    try:
        content = strict_json(path)
        fastjsonschema.validate(schema(), content)
        works = content["works"]
        return [Published(**entry, cite=works[entry["method"].split(",")[0]]) for entry in content["entries"]]
    except (OSError, ValueError, KeyError) as error:
        raise CkdsnnError(f"{path} does not hold published numbers: {error}") from error
