"""What measurements of the training step say, in sentences: every number in them is computed from the record."""

from collections.abc import Iterable, Iterator

from ckdsnn.records.bench import BenchRecord
from ckdsnn.report.numbers import between
from ckdsnn.report.speed.entries import (
    case_name,
    floor_reached,
    machine,
    pairs,
    shares,
    step_seconds,
    switch_label,
    switches_of,
)
from ckdsnn.report.speed.tables import median_range, power
from ckdsnn.report.style import PHASES
from ckdsnn.report.words import listed

SWEPT = {"timesteps": "T", "batch": "the batch", "width": "the width"}
TIMES = "{:.2f}".format


def gains(record: BenchRecord) -> list[float]:
    """How many times as fast as the reference our step is, case by case."""
    return [step_seconds(other) / step_seconds(ours) for ours, other in pairs(record, "ours", "reference")]


def percent(shares: Iterable[float]) -> str:
    return between((100 * share for share in shares), "{:.0f}".format) + " %"


def headline(record: BenchRecord) -> str:
    """The gain over the reference, from the case that gains least to the one that gains most."""
    return between(gains(record), "{:.1f}".format)


def findings(record: BenchRecord) -> str:
    """All sentences about one measurement below the name of its machine."""
    parts = (speed_findings, share_findings, floor_findings, half_findings, switch_findings, sweep_findings)
    sentences = [sentence for part in parts for sentence in part(record)]
    return f"{machine(record.env)}:\n{listed(sentences)}"


def speed_findings(record: BenchRecord) -> Iterator[str]:
    for (ours, other), gain in zip(pairs(record, "ours", "reference"), gains(record), strict=True):
        rate, before = median_range(ours["images_per_second"]), median_range(other["images_per_second"])
        yield f"{case_name(ours)}: {rate} images/s, reference {before}: {gain:.2f} times as many."


def share_findings(record: BenchRecord) -> Iterator[str]:
    for name in ("reference", "ours"):
        if found := [shares(entry) for entry in record.cases if entry["implementation"] == name]:
            parts = [f"{label} {percent(share[phase] for share in found)}" for phase, (label, _) in PHASES.items()]
            yield f"Where the time of a step goes, {name}: {'; '.join(parts)}."


def floor_findings(record: BenchRecord) -> Iterator[str]:
    """How near the floor our step is, and how many times as fast as the reference a step at the floor would be."""
    if found := pairs(record, "ours", "reference"):
        floors = [ours["floor"] for ours, _ in found]
        bound = sum(floor["arithmetic_s"] > floor["bandwidth_s"] for floor in floors)
        reached = percent(floor_reached(ours) for ours, _ in found)
        most = between((step_seconds(other) / max(ours["floor"].values()) for ours, other in found), TIMES)
        yield f"Our step reaches {reached} of the floor, which arithmetic sets in {bound} of {len(found)} cases."
        yield f"At the floor itself, a step would be {most} times as fast as the reference."


def half_findings(record: BenchRecord) -> Iterator[str]:
    """Our step in bf16 against float32, where a device was measured with both."""
    for half, full in (("ours-bf16", "ours"), ("ours", "ours-fp32")):
        if found := pairs(record, half, full):
            gain = between((step_seconds(slow) / step_seconds(fast) for fast, slow in found), TIMES)
            yield f"In bf16 our step is {gain} times as fast as in float32."


def switch_findings(record: BenchRecord) -> Iterator[str]:
    costs = []
    for name in dict.fromkeys(entry["implementation"] for entry in switches_of(record)):
        found = pairs(record, name, "ours")
        cost = between((step_seconds(turned) / step_seconds(ours) for turned, ours in found), TIMES)
        costs.append(f"{switch_label(name)} {cost}")
    if costs:
        yield f"With one fast path turned our step takes so many times as long: {'; '.join(costs)}."


def sweep_findings(record: BenchRecord) -> Iterator[str]:
    slopes = []
    for axis in dict.fromkeys(entry["axis"] for entry in record.sweep):
        seconds = {entry["value"]: step_seconds(entry) for entry in record.sweep if entry["axis"] == axis}
        slopes.append(f"{SWEPT[axis]} {power(seconds)} (from {min(seconds)} to {max(seconds)})")
    if slopes:
        yield f"The time of our step grows as a power of {'; of '.join(slopes)}."
