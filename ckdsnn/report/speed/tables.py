"""What a measurement of the training step says, as tables, and how cost grows with size."""

from collections.abc import Iterable, Mapping
from statistics import median

import numpy as np

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord
from ckdsnn.report.numbers import digits
from ckdsnn.report.speed.entries import Entry, case_name, floor_reached, shares, step_seconds
from ckdsnn.report.style import IMPLEMENTATIONS, PHASES
from ckdsnn.report.tables import DASH, Table, whole

NOTE = (
    "Images/s: median (lowest to highest) of the blocks, which alternate; a full step includes its training input. "
    "Memory: the most above what was in use before the step was built. Shares: the parts of a step one after another, "
    "losses with their maps; data is the work of one process, which the reference's loader spreads over {workers}. "
    "Factor: over the reference. Floor: the larger of arithmetic and traffic at the rates measured here, over the time."
)
BF16_NOTE = "bf16 pays on a CPU only where that multiplies bf16 matrices quickly (AMX)."


def median_range(values: Iterable[float]) -> str:
    """Median (lowest to highest), in three digits."""
    values = list(values)
    return f"{digits(median(values))} ({digits(min(values))} to {digits(max(values))})"


def megabytes(size: int | None) -> str:
    """Of 10^6 bytes; a dash for what the system did not tell."""
    return DASH if size is None else digits(size / 1e6)


def factor(entry: Entry, entries: Iterable[Entry]) -> str:
    """How many times faster than the reference in the same case; a dash where that was not measured."""
    references = [e for e in entries if e["implementation"] == "reference" and case_name(e) == case_name(entry)]
    return DASH if not references else f"{step_seconds(references[0]) / step_seconds(entry):.2f}"


def bench_table(name: str, record: BenchRecord, brief: bool = False) -> Table:
    """One row a case and implementation: rates, gain over the reference, memory, the floor, shares of the phases.

    brief: without what figures show, the shares and our step with a switch turned.
    """
    header = ["Case", "Step", "Full step (images/s)", "Factor", "Forward (images/s)", "Memory (MB)"]
    header += ["Floor (%)", " / ".join(PHASES) + " (%)"]
    rows = [
        [
            case_name(entry),
            entry["implementation"],
            median_range(entry["images_per_second"]),
            factor(entry, record.cases),
            digits(median(entry["forward_images_per_second"])),
            megabytes(entry["peak_memory_bytes"]),
            f"{100 * floor_reached(entry):.0f}",
            " / ".join(f"{100 * share:.1f}" for share in shares(entry).values()),
        ]
        for entry in record.cases
        if not brief or entry["implementation"] in IMPLEMENTATIONS
    ]
    columns = slice(-1 if brief else None)
    return Table(name, bench_caption(record), header[columns], [row[columns] for row in rows])


def bench_caption(record: BenchRecord) -> str:
    """Machine, number of blocks, and what the columns mean."""
    env, workers = record.env, max(entry["loader_workers"] for entry in record.cases)
    parts = [f"One training step on {env['device']}, {env['threads']} threads, {record.options['rounds']} blocks each."]
    parts.append(NOTE.format(workers=f"{workers} processes" if workers != 1 else "one more"))
    on_cpu = env["device"].startswith("cpu")
    return " ".join(parts + [BF16_NOTE] * (on_cpu and any(entry["dtype"] == "bfloat16" for entry in record.cases)))


def exponent(points: Mapping[float, float]) -> tuple[float, float]:
    """Slope of log(cost) against log(size) by least squares, and its standard error; points: size -> cost.

    Raises CkdsnnError for fewer than three sizes, and for sizes and costs that are not positive.
    """
    if len(points) < 3 or min(*points, *points.values()) <= 0:
        raise CkdsnnError(f"points = {dict(points)}; expected at least three sizes and costs, all above 0")
    x, y = np.log(list(points)), np.log(list(points.values()))  # not scipy's linregress: NaN for equal costs
    x = x - x.mean()
    slope = (x @ y) / (x @ x)
    residual = y - y.mean() - slope * x
    return float(slope), float(np.sqrt(residual @ residual / (len(x) - 2) / (x @ x)))


def power(points: Mapping[float, float | None]) -> str:
    """The exponent ± its standard error; a dash where a cost is not known."""
    return DASH if None in points.values() else whole("{:.2f} ± {:.2f}".format(*exponent(points)))


def sweep_table(name: str, record: BenchRecord) -> Table:
    """One row an axis: the sizes, the step's time and memory at each, and the exponents of both."""
    header = ["Against", "Values", "Step (ms)", "Exponent", "Memory (MB)", "Exponent"]
    rows = []
    for axis in dict.fromkeys(entry["axis"] for entry in record.sweep):
        along = {entry["value"]: entry for entry in record.sweep if entry["axis"] == axis}
        seconds = {value: step_seconds(entry) for value, entry in along.items()}
        memory = {value: entry["peak_memory_bytes"] for value, entry in along.items()}
        rows.append([axis, slashed(along), slashed(digits(1e3 * s) for s in seconds.values()), power(seconds)])
        rows[-1] += [slashed(map(megabytes, memory.values())), power(memory)]
    caption = f"Cost of our own step on {record.env['device']} against its size, ResNet-20; exponent ± standard error."
    return Table(name, caption, header, rows)


def slashed(values: Iterable[object]) -> str:
    return " / ".join(map(str, values))
