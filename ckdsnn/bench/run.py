"""The whole measurement: every case with every implementation, alternating, and its record."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from ckdsnn.analysis.speed import Step, default_device
from ckdsnn.bench.cases import OTHERS, Case, build, engine_of, find_cases, find_implementations, sweep_cases, switched
from ckdsnn.bench.clock import timed
from ckdsnn.bench.data import IMAGES, OwnInput
from ckdsnn.bench.floor import Limits, count, measure_limits
from ckdsnn.bench.groups import measure_groups
from ckdsnn.bench.measure import Contender, alternate, phase_seconds, source_seconds
from ckdsnn.bench.memory import Memory
from ckdsnn.bench.reference_data import ReferenceInput
from ckdsnn.bench.waiting import measure_waiting
from ckdsnn.engine import precision_name, usable_cores
from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.records.bench import BenchRecord, bench_id, save_bench
from ckdsnn.records.provenance import code_state, environment, utc_now

BLOCK = 2.0  # seconds that a block of full steps should take
WARM_UP = 5  # steps before a measurement; a CPU that does not compile needs one
MOST_WORKERS = 8  # of the reference's loader


@dataclass
class Bench:
    """The machine and the options that all cases share."""

    device: torch.device
    rounds: int
    steps: int
    loader: ReferenceInput | None
    """the reference's input, whose processes serve all cases"""
    block: float = BLOCK
    """seconds that a block of full steps should take, where `steps` is 0"""
    counts: dict[tuple, tuple[int, int]] = field(default_factory=dict)
    """operations and bytes, which depend on a few things alone: see `count`"""

    def measure(self, case: Case, names: Iterable[str]) -> list[dict[str, Any]]:
        """An entry of the record for each implementation of the case, but for its floor."""
        print(f"measuring {case}", flush=True)
        prepared = {name: self.prepare(case, name) for name in names}
        alternate([contender for contender, _ in prepared.values()], self.rounds)
        return [
            asdict(case) | {"implementation": name} | blocks(contender) | found
            for name, (contender, found) in prepared.items()
        ]

    def prepare(self, case: Case, name: str) -> tuple[Contender, dict[str, Any]]:
        """A warm contender, and what is measured of it alone."""
        memory = Memory(self.device)
        step, switches = build(case, name, self.device), engine_of(name)
        flops, least_bytes = self.count(case, name, step)
        for _ in range(WARM_UP if switches.compile or self.device.type == "cuda" else 1):
            step()
            step.forward()
        memory.restart()
        seconds, peak = phase_seconds(step), memory.peak()
        source, data_seconds = self.source(case, name)
        whole = timed(step, self.device) if switches.graph else sum(seconds.values())  # a graph is not its parts
        steps = self.steps or max(1, round(self.block / whole))
        found = {
            "dtype": "bfloat16" if step.half else "float32",
            "phase_seconds": {"data": data_seconds, **seconds},
            "loader_workers": source.workers,
            "peak_memory_bytes": peak,
            "flops": flops,
            "least_bytes": least_bytes,
        }
        return Contender(step, source, steps), found

    def count(self, case: Case, name: str, step: Step) -> tuple[int, int]:
        """Operations and least bytes of a step: convolutions do not depend on how the rest is computed."""
        switches = engine_of(name)
        key = case, name == "reference", step.half, name in OTHERS or switches.closed_cam
        if key not in self.counts:
            # torch would never compile what it first meets while it counts, and counts nothing in a graph
            own = switches.compile or switches.graph
            self.counts[key] = count(build(case, name, self.device, compile=False, graph=False) if own else step)
        return self.counts[key]

    def source(self, case: Case, name: str) -> tuple[ReferenceInput | OwnInput, float]:
        """The training input of an implementation, and the seconds of one process's work behind a batch."""
        if name in OTHERS:
            return self.loader, source_seconds(ReferenceInput(case.batch, self.device, 0), 1, self.device)
        own = OwnInput(case.batch, self.device, engine_of(name).layout)
        return own, source_seconds(own, max(1, IMAGES // case.batch), self.device)

    def sweep(self, batch: int) -> list[dict[str, Any]]:
        """Our own step along every axis; a case that several axes share is measured once."""
        axes = sweep_cases(batch)
        cases = dict.fromkeys(case for along in axes.values() for case in along)
        print(f"measuring {len(cases)} sizes of our own step", flush=True)
        prepared = {case: self.prepare(case, "ours") for case in cases}
        alternate([contender for contender, _ in prepared.values()], self.rounds, forward=False)
        return [point(axis, case, *prepared[case]) for axis, along in axes.items() for case in along]


def blocks(contender: Contender) -> dict[str, Any]:
    """What the blocks of a contender have shown."""
    return {
        "steps": contender.steps,
        "images_per_second": contender.full,
        "forward_images_per_second": contender.forward,
        "watts": None if None in contender.watts else contender.watts,
    }


def point(axis: str, case: Case, contender: Contender, found: dict[str, Any]) -> dict[str, Any]:
    """An entry of the record's sweep."""
    sizes, peak = asdict(case), found["peak_memory_bytes"]
    rates = {"images_per_second": contender.full, "peak_memory_bytes": peak}
    return {"axis": axis, "value": sizes[axis]} | sizes | rates


def with_floors(entries: Iterable[dict[str, Any]], limits: Limits) -> list[dict[str, Any]]:
    """The entries, each with its floor."""
    return [entry | {"floor": limits.floor(entry["flops"], entry["least_bytes"], entry["dtype"])} for entry in entries]


def worker_count() -> int:
    """How many processes the loader has here: one for each core that may be used, but not many."""
    return min(MOST_WORKERS, usable_cores())


def run_bench(
    models: str = "resnet20,resnet19",
    timesteps: str = "1,4",
    batch: int = 128,
    rounds: int = 5,
    steps: int = 0,
    implementations: str = "",
    sweep: bool = False,
    switches: bool = False,
    groups: bool = False,
    waiting: bool = False,
    out: str | Path = "results",
) -> BenchRecord:
    """Measure on CUDA if there is any, else on the CPU with the present number of threads, and write the record.

    The arguments are the options of `ckdsnn bench`. Raises CkdsnnError for options that make no sense.
    """
    clock, started, device = time.perf_counter(), utc_now(), default_device()
    cases, names = find_cases(models, timesteps, batch, device), find_implementations(implementations, device)
    batch, rounds, steps = check_count("batch", batch), check_count("rounds", rounds), check_count("steps", steps, 0)
    options = dict(models=models, timesteps=timesteps, batch=batch, rounds=rounds, steps=steps, sweep=sweep)
    options |= {"implementations": ",".join(names), "switches": switches, "groups": groups, "waiting": waiting}
    if waiting and device.type != "cpu":
        raise CkdsnnError("waiting = True: threads of a CPU are measured where it trains; set CUDA_VISIBLE_DEVICES=")
    code = code_state()
    loader = ReferenceInput(batch, device, worker_count()) if OTHERS.keys() & set(names) else None
    bench = Bench(device, rounds, steps, loader)
    turned = switched(device) if switches else []
    entries = [e for case in cases for e in bench.measure(case, names + turned * (case.model == "resnet20"))]
    points = bench.sweep(batch) if sweep else []
    grouped = measure_groups(rounds) if groups else []
    waited = measure_waiting(rounds) if waiting else []
    limits = measure_limits(device, {entry["dtype"] for entry in entries})
    entries = with_floors(entries, limits)
    env = environment(device, precision_name("auto", device.type))
    seconds = time.perf_counter() - clock
    name = bench_id(env["device"], started)
    record = BenchRecord(
        name, code, env, started, seconds, options, asdict(limits), entries, points, groups=grouped, waiting=waited
    )
    save_bench(record, out)
    return record
