"""A BenchRecord: what one measurement of the training step found, in <out>/bench/<id>.json, and such as tidy data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING, Any, ClassVar

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.shelf import Document, Shelf

if TYPE_CHECKING:
    import pandas as pd


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
    """of the command; steps 0: as many in a block as take a few seconds"""
    device_limits: dict[str, Any]
    """flops_per_second by dtype and bytes_per_second, measured on a large product and a large copy"""
    cases: list[dict[str, Any]]
    """an entry for each case and implementation: images_per_second of every block of full steps, training input
    included, and of every block of forward passes; watts at the end of each block of full steps, absent or None where
    the device does not tell; phase_seconds of one step in parts, whose "data" is the work of one
    process, though the reference spreads it over loader_workers; peak_memory_bytes (None where nothing tells it),
    flops, least_bytes and floor of one step without its input"""
    sweep: list[dict[str, Any]]
    """our own step along one axis at a time: images_per_second of every block of full steps, peak_memory_bytes"""
    crowds: list[dict[str, Any]] = field(default_factory=list)
    """steps of several processes at once on the one device: images_per_second of each process"""
    groups: list[dict[str, Any]] = field(default_factory=list)
    """an entry for each training, alone or side_by_side with others: step_seconds in every epoch but the first, its own
    work and its share of what is made for all; command_seconds of the whole command that trained it, start included"""
    waiting: list[dict[str, Any]] = field(default_factory=list)
    """an entry for each recipe and setting of the environment (variables): seconds of a step in blocks, idle with
    nothing else running and busy beside a process that wants a core all the time"""

    schema: ClassVar[str] = "bench.json"
    noun: ClassVar[str] = "bench record"

    def check_origin(self) -> None:
        for case in self.cases:
            blocks = len(case["images_per_second"])
            if blocks != len(case["forward_images_per_second"]) or blocks != len(case.get("watts") or range(blocks)):
                raise CkdsnnError(
                    "a case has other numbers of blocks of full steps than of what was measured with them"
                )


def bench_id(device: str, started: str) -> str:
    """The id of a measurement on the device of this full name, started at this UTC time."""
    slug = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    return f"bench-{slug}-{re.sub('[:-]', '', started)}"


BENCHES = Shelf(BenchRecord, "bench", "Measure again in a second")
bench_files, load_benches, save_bench = BENCHES.files, BENCHES.load_all, BENCHES.save


def bench_frame(records: Iterable[BenchRecord]) -> "pd.DataFrame":
    """One row a case, implementation and block of time.

    id, started (UTC), device, threads; machine: these two in words. model, width, T, batch: the sizes of the step;
    case: the first three in short. implementation: "reference", "ours", ..., or "ours, SWITCH=VALUE" for our step with
    one fast path turned; dtype, loader_workers. block: counted from 1, in alternation with those of the other
    implementations. images_per_second and seconds, of a full step; forward_images_per_second; watts, NaN where the
    device does not tell. The same in all blocks:
    memory (MB, at its peak; NaN where nothing tells it), floor (seconds: the least in which the device could do the
    step), and the seconds of the parts of a step, PART_seconds.
    """
    import pandas as pd

    rows = [
        of_machine(record)
        | of_size(entry)
        | {name: entry[name] for name in ("implementation", "dtype", "loader_workers")}
        | of_block(entry, block)
        | {"forward_images_per_second": entry["forward_images_per_second"][block - 1]}
        | {"watts": (entry.get("watts") or [nan] * block)[block - 1]}
        | {"floor": max(entry["floor"].values())}
        | {f"{part}_seconds": seconds for part, seconds in entry["phase_seconds"].items()}
        for record in records
        for entry in record.cases
        for block in range(1, len(entry["images_per_second"]) + 1)
    ]
    return pd.DataFrame(rows)


def sweep_frame(records: Iterable[BenchRecord]) -> "pd.DataFrame":
    """One row a size and block of our own step as it grows along one axis at a time.

    axis: "timesteps", "batch" or "width"; value: the size along it; the other columns as in `bench_frame`: id, started,
    device, threads, machine, model, width, T, batch, case, block, images_per_second, seconds, memory.
    """
    import pandas as pd

    rows = [
        of_machine(record) | {"axis": entry["axis"], "value": entry["value"]} | of_size(entry) | of_block(entry, block)
        for record in records
        for entry in record.sweep
        for block in range(1, len(entry["images_per_second"]) + 1)
    ]
    return pd.DataFrame(rows)


def group_frame(records: Iterable[BenchRecord]) -> "pd.DataFrame":
    """One row a training and epoch that counts.

    id, started, device, threads, machine; recipe, batch; side_by_side: trainings in the command, 1 alone; epochs: of
    the whole training; steps: of an epoch; block: the epoch, counted from 1 after the one that warms up; seconds of a
    step; command_seconds: of the command that trained it.
    """
    import pandas as pd

    rows = [
        of_machine(record)
        | {name: value for name, value in entry.items() if name != "step_seconds"}
        | {"block": block, "seconds": seconds}
        for record in records
        for entry in record.groups
        for block, seconds in enumerate(entry["step_seconds"], start=1)
    ]
    return pd.DataFrame(rows)


def waiting_frame(records: Iterable[BenchRecord]) -> "pd.DataFrame":
    """One row a recipe, way of waiting, load and block.

    id, started, device, threads (of this way), machine; recipe, batch; way: the variables of the environment, as a
    shell takes them; load: "idle" or "busy"; block: counted from 1; seconds of a step.
    """
    import pandas as pd

    rows = [
        of_machine(record)
        | {name: entry[name] for name in ("recipe", "batch", "threads")}
        | {"way": " ".join(f"{name}={value}" for name, value in entry["variables"].items()), "load": load}
        | {"block": block, "seconds": seconds}
        for record in records
        for entry in record.waiting
        for load in ("idle", "busy")
        for block, seconds in enumerate(entry[f"{load}_seconds"], start=1)
    ]
    return pd.DataFrame(rows)


def machine(env: Mapping[str, Any]) -> str:
    """The device and the threads of a record's `env`."""
    return f"{env['device']}, {env['threads']} thread{'s' * (env['threads'] > 1)}"


def of_machine(record: BenchRecord) -> dict[str, Any]:
    """Where and when this was measured."""
    env = {name: record.env[name] for name in ("device", "threads")}
    return {"id": record.id, "started": record.started} | env | {"machine": machine(env)}


def of_size(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of a step; its case: as the command names a network and its width, and T."""
    sizes = {"model": entry["model"], "width": entry["width"], "T": entry["timesteps"], "batch": entry["batch"]}
    wide = f":{entry['width']}" if entry["width"] != 1 else ""
    return sizes | {"case": f"{entry['model']}{wide}, T = {entry['timesteps']}"}


def of_block(entry: Mapping[str, Any], block: int) -> dict[str, Any]:
    """What one block of full steps, counted from 1, took."""
    rate = entry["images_per_second"][block - 1]
    memory = (entry["peak_memory_bytes"] or nan) / 1e6
    return {"block": block, "images_per_second": rate, "seconds": entry["batch"] / rate, "memory": memory}
