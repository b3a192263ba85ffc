"""A BenchRecord: what one measurement of the training step found, in <out>/bench/<id>.json."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ckdsnn.records.shelf import Document, Shelf


@dataclass(frozen=True)
class BenchRecord(Document):
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

    schema: ClassVar[str] = "bench.json"
    noun: ClassVar[str] = "bench record"


def bench_id(device: str, started: str) -> str:
    """The id of a measurement on the device of this full name, started at this UTC time."""
    slug = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    return f"bench-{slug}-{re.sub('[:-]', '', started)}"


BENCHES = Shelf(BenchRecord, "bench", "Measure again in a second")
bench_files, load_benches, save_bench = BENCHES.files, BENCHES.load_all, BENCHES.save
