"""A BenchRecord: what one measurement of the training step found, in <out>/bench/<id>.json.

Written once and atomically, checked against `bench.json` on write and on read, as a training's Record is. Every look-up
is announced with `note_read`.
"""

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic
from ckdsnn.records.reads import matches, note_read
from ckdsnn.records.record import read_as


@dataclass(frozen=True)
class BenchRecord:
    """One measurement; times in seconds, memory in bytes. Of repeated blocks every value is kept, in order."""

    id: str
    """bench, the device's name, and the UTC time of the start"""
    code: dict[str, Any]
    """as in a Record"""
    env: dict[str, Any]
    """as in a Record; dtype is that of our own step"""
    started: str
    """UTC time"""
    seconds: float
    """the whole measurement"""
    options: dict[str, Any]
    """of the command; steps 0: as many in a block as take about three seconds"""
    device_limits: dict[str, Any]
    """flops_per_second by dtype and bytes_per_second, measured on a large product and a large copy"""
    cases: list[dict[str, Any]]
    """an entry for each case and implementation: images_per_second of every block of full steps, training input
    included, and of every block of forward passes; phase_seconds of one step in parts, whose "data" is the work of one
    process, though the reference spreads it over loader_workers; peak_memory_bytes (None where nothing tells it),
    flops, least_bytes and floor of one step without its input"""
    sweep: list[dict[str, Any]]
    """our own step along one axis at a time: images_per_second of every block of full steps, peak_memory_bytes"""

    def __post_init__(self):
        for error in validator().iter_errors(asdict(self)):
            where = "/".join(str(step) for step in error.absolute_path) or "top level"
            raise CkdsnnError(f"bench record {self.id!r} breaks the schema at {where}: {error.message}")

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


def bench_id(device: str, started: str) -> str:
    """The id of a measurement on the device of this full name, started at this UTC time."""
    slug = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    return f"bench-{slug}-{re.sub('[:-]', '', started)}"


@cache
def validator() -> jsonschema.protocols.Validator:
    """Checks against bench.json, whose definitions of code, env and started are those of schema.json."""
    own, runs = (json.loads((Path(__file__).parent / name).read_text()) for name in ("bench.json", "schema.json"))
    shared = {name: runs["properties"][name] for name in ("code", "env", "started")}
    return jsonschema.Draft202012Validator(own | {"$defs": runs["$defs"] | own["$defs"] | shared})


def read_bench(path: Path) -> BenchRecord:
    """The record in a JSON file. Raises CkdsnnError, naming the file, when it is not a valid one."""
    return read_as(BenchRecord, path, "bench record")


def bench_files(out: str | Path) -> list[Path]:
    """The files of all bench records, sorted; one with a leading dot is what a killed run left unfinished."""
    pattern = Path(out, "bench", "[!.]*.json")
    note_read(pattern)
    return matches(pattern)


def load_benches(out: str | Path = "results") -> list[BenchRecord]:
    """All bench records below `out`, sorted by id; none where nothing was measured yet."""
    return [read_bench(path) for path in bench_files(out)]


def load_bench(bench: str, out: str | Path = "results") -> BenchRecord:
    """One bench record by id. Raises CkdsnnError that lists the known ids."""
    path = Path(out, "bench", f"{bench}.json")
    note_read(path)
    if not path.is_file():
        known = ", ".join(p.stem for p in bench_files(out)) or "none yet"
        raise CkdsnnError(f"unknown bench record {bench!r} in {out}; choose one of: {known}")
    return read_bench(path)


def save_bench(record: BenchRecord, out: str | Path) -> Path:
    """Write a bench record once. Raises CkdsnnError if it is there already."""
    path = Path(out, "bench", f"{record.id}.json")
    if path.exists():
        raise CkdsnnError(f"{path} exists; a record is written once. Measure again in a second")
    with atomic(path) as partial:
        partial.write_text(record.to_json())
    return path
