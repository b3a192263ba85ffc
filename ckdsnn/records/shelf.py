"""What the kinds of record have in common: one JSON file each, checked against a schema, written once and atomically.

Every look-up is announced with `note_read`, so that a build knows what it depends on.
"""

import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import fastjsonschema

from ckdsnn.errors import CkdsnnError, offered, shortened
from ckdsnn.files import atomic, inside
from ckdsnn.reads import matches, note_read

RUN_SCHEMA = "schema.json"
LARGEST = 5_000_000  # bytes of a record's file; the largest so far has 15 thousand
SHARED = ("data", "code", "env", "started")  # properties that other schemas refer to as "#/$defs/NAME"


@cache
def checker(schema: str) -> Callable[..., None]:
    """Checks against a schema file beside this one, which may refer to the definitions of a run's record."""
    own, runs = (json.loads((Path(__file__).parent / name).read_text()) for name in (schema, RUN_SCHEMA))
    shared = {name: runs["properties"][name] for name in SHARED}
    return fastjsonschema.compile(own | {"$defs": runs["$defs"] | own.get("$defs", {}) | shared})


class Document:
    """A record of any kind: a frozen dataclass with an `id`. Raises CkdsnnError for what breaks its schema."""

    schema: ClassVar[str]
    noun: ClassVar[str]

    def __post_init__(self):
        try:
            checker(self.schema)(dict(vars(self)), name_prefix="it")
        except fastjsonschema.JsonSchemaValueException as error:
            where = "/".join(error.path[1:]) or "top level"
            raise CkdsnnError(f"{self.noun} {self.id!r} breaks the schema at {where}: {error.message}") from None

    def check_origin(self) -> None:
        """Raise CkdsnnError, where a file holds this, for what nothing here would have written."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


Kind = TypeVar("Kind", bound=Document)


@dataclass(frozen=True)
class Shelf(Generic[Kind]):
    """The records of one kind in a folder of results: <out>/<folder>/<id>.json."""

    kind: type[Kind]
    folder: str
    again: str
    """what to do where one is there already"""

    def path(self, name: str, out: str | Path) -> Path:
        """Where the record of this id lies. Raises CkdsnnError for a name that leads out of the folder."""
        return inside(Path(out, self.folder), f"{name}.json")

    def files(self, out: str | Path) -> list[Path]:
        """The files of all records, sorted; one with a leading dot is what a killed run left unfinished."""
        pattern = Path(out, self.folder, "[!.]*.json")
        note_read(pattern)
        return matches(pattern)

    def load_all(self, out: str | Path = "results") -> list[Kind]:
        """All records below `out`, sorted by id; maybe none. Raises CkdsnnError for an invalid one."""
        return [self.read(path) for path in self.files(out)]

    def load(self, name: str, out: str | Path = "results") -> Kind:
        """One record by id. Raises CkdsnnError that lists the known ids."""
        path = self.path(name, out)
        note_read(path)
        if not path.is_file():
            known = offered(name, [p.stem for p in self.files(out)]) or "none yet"
            raise CkdsnnError(f"unknown {self.kind.noun} {shortened(name)} in {out}; choose one of: {known}")
        return self.read(path)

    def find_all(self, name: str, out: str | Path) -> list[Kind]:
        """The records whose ids fit `name`, which may have wildcards, sorted by id."""
        pattern = self.path(name, out)
        note_read(pattern)
        return [self.read(path) for path in matches(pattern)]

    def find(self, name: str, out: str | Path) -> Kind | None:
        """The first record whose id fits `name`, which may have wildcards; None where there is none."""
        return next(iter(self.find_all(name, out)), None)

    def home(self, name: str, *folders: str | Path) -> Path:
        """The first of these folders of results that holds the record of this id. Raises CkdsnnError if none does."""
        for folder in folders:
            if self.find(name, folder):
                return Path(folder)
        raise CkdsnnError(f"no {self.kind.noun} {name!r} in {' or in '.join(map(str, folders))}; name its folder")

    def save(self, record: Kind, out: str | Path) -> Path:
        """Write a record once. Raises CkdsnnError if it is there already."""
        path = self.path(record.id, out)
        if path.exists():
            raise CkdsnnError(f"{path} exists; a record is written once. {self.again}")
        with atomic(path) as partial:
            partial.write_text(record.to_json())
        return path

    def read(self, path: Path) -> Kind:
        """The record in a file. Raises CkdsnnError, naming the file, when it is not a valid one."""
        try:
            record = self.kind(**strict_json(inside(path.parent, path.name)))
            record.check_origin()
        except (OSError, TypeError, ValueError) as error:
            raise CkdsnnError(f"{path} is not a valid {self.kind.noun}: {error}") from error
        if record.id != path.stem:
            raise CkdsnnError(f"{path} holds the {self.kind.noun} {record.id!r}; a record's file bears its id")
        return record


def strict_json(path: Path) -> Any:
    """What a file of strict JSON holds. Raises ValueError for what only Python takes for it, and for too much."""
    if not path.is_file():
        raise ValueError("no regular file")
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"{size:,} bytes; a record has {LARGEST:,} at most")
    try:
        return json.loads(
            path.read_text(encoding="utf-8"),
            parse_constant=refuse_constant,
            parse_float=finite,
            parse_int=short,
            object_pairs_hook=without_doubles,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def refuse_constant(name: str) -> Any:
    """NaN and the infinities are no JSON, though Python reads them."""
    raise ValueError(f"{name} is no number")


def finite(text: str) -> float:
    """A number that a float holds."""
    if math.isinf(number := float(text)):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def short(text: str) -> int:
    """An integer of 64 bits, as every other program holds it, too."""
    if len(text) > 20 or abs(number := int(text)) >= 2**63:
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, each key of which occurs once."""
    if len(found := dict(pairs)) < len(pairs):
        doubled = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise ValueError(f"the key {doubled[:40]!r} occurs twice")
    return found
