"""The entries of bench records: which is what, and the few numbers that everything else is made of."""

from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import Any

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord
from ckdsnn.report.style import IMPLEMENTATIONS, PHASES, SWITCHES

Entry = Mapping[str, Any]
SWITCHED = "ours, "  # begins the name of our step with one fast path turned


def step_seconds(entry: Entry) -> float:
    """Median seconds of a full step."""
    return entry["batch"] / median(entry["images_per_second"])


def shares(entry: Entry) -> dict[str, float]:
    """Each phase's part of the sum of all, by name; they add up to 1."""
    seconds = entry["phase_seconds"]
    total = sum(seconds.values())
    return {phase: seconds[phase] / total for phase in PHASES}


def floor_reached(entry: Entry) -> float:
    """The step's floor over the time that it takes."""
    return max(entry["floor"].values()) / step_seconds(entry)


def case_name(entry: Entry) -> str:
    return f"{entry['model']}, width {entry['width']}, T = {entry['timesteps']}, batch {entry['batch']}"


def entries_of(record: BenchRecord) -> list[Entry]:
    """The entries of whole implementations, none with a fast path turned."""
    return [entry for entry in record.cases if entry["implementation"] in IMPLEMENTATIONS]


def switches_of(record: BenchRecord) -> list[Entry]:
    """The entries of our step with one fast path turned; none unless the measurement was asked for them."""
    return [entry for entry in record.cases if entry["implementation"].startswith(SWITCHED)]


def sweep_of(record: BenchRecord) -> list[Entry]:
    """The entries along T, batch and width; none unless the measurement was asked for them."""
    return record.sweep


def newest(records: Iterable[BenchRecord], part: Callable[[BenchRecord], list[Any]]) -> list[BenchRecord]:
    """The newest record of each device in which `part` finds anything, GPUs first.

    Raises CkdsnnError, naming the command that measures, where there is none.
    """
    by_device = {r.env["device"]: r for r in sorted(records, key=lambda r: r.started) if part(r)}
    if not by_device:
        raise CkdsnnError("no measurement of the training step; run `ckdsnn bench --sweep true --switches true`")
    return [by_device[device] for device in sorted(by_device, reverse=True)]  # cuda before cpu


def machine(env: Mapping[str, Any]) -> str:
    """The device and the threads of a record's `env`."""
    return f"{env['device']}, {env['threads']} thread{'s' * (env['threads'] > 1)}"


def switch_label(implementation: str) -> str:
    """What is turned, in words."""
    name = implementation.removeprefix(SWITCHED)
    return SWITCHES.get(name, name)


def pairs(record: BenchRecord, name: str, other: str) -> list[tuple[Entry, Entry]]:
    """The entries of two implementations, case by case, for the cases that have both."""
    found = {(entry["implementation"], case_name(entry)): entry for entry in record.cases}
    cases = dict.fromkeys(case_name(entry) for entry in record.cases)
    return [(found[name, case], found[other, case]) for case in cases if {(name, case), (other, case)} <= found.keys()]
