"""Which way of computing our step is the fastest on a device: one question after the other, until the time is over.

Each question is asked of every case and begins where the last has led: with the switches of the fastest step so far.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import torch

from ckdsnn.analysis.speed import default_device
from ckdsnn.bench.cases import ON_CUDA, Case, base_of, build, find_cases, named, switches_of
from ckdsnn.bench.crowd import Crowd
from ckdsnn.bench.floor import measure_limits
from ckdsnn.bench.run import Bench, with_floors
from ckdsnn.engine import computes_half, precision_name
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord, bench_id, save_bench
from ckdsnn.records.provenance import code_state, environment, utc_now

ROUNDS = 3
BLOCK = 0.5  # seconds of a block of full steps: clocks and caches are warm by then, and there are many variants
LEAST = {False: 15.0, True: 30.0}  # seconds that must be left for another variant, by whether it is compiled
FOR_CROWDS = 0.3  # of the time is kept for trainings at once
AT_ONCE = 3.0  # seconds that these are measured

Switches = dict[str, bool | str]
Question = Callable[[Switches], list[str]]
TRIED = ("fused", "spikingjelly", "triton")  # neurons; a compiled one would make others wait for the compiler
COMPILED: Switches = {"neuron": "fused", "compile": True}  # the one neuron that torch can join with its neighbours

QUESTIONS: dict[str, Question] = {  # what trainings are computed by first: a day on a GPU may end before the last
    "as it is": lambda _: ["ours"],
    "which neuron, in a graph": lambda _: [named("ours", graph=True, neuron=kind) for kind in TRIED],
    "in fp32": lambda best: [named("ours-fp32", **best)],
    "which layout": lambda best: [named("ours", **best | {"channels_last": False})],
    "compiled": lambda best: [named("ours", **best | COMPILED | {"graph": True})],
    "without TF32": lambda best: [named("ours-fp32", **best | {"tf32": False})],
    "SGD in one kernel, without a graph": lambda _: [named("ours", fused_sgd=True)],
}


def possible(name: str, device: torch.device) -> str:
    """The name without switches that do nothing on the device."""
    kept = {k: v for k, v in switches_of(name).items() if device.type == "cuda" or k not in ON_CUDA}
    return named(base_of(name), **kept)


def fastest(entries: Sequence[dict[str, Any]], base: str = "ours") -> str:
    """The implementation of this base with the highest median rate; the base itself where none was measured."""
    own = [entry for entry in entries if base_of(entry["implementation"]) == base]
    return max(own, key=lambda entry: median(entry["images_per_second"]))["implementation"] if own else base


def computes(device: torch.device) -> bool:
    """Whether this process can still compute on the device: after a failed recording of a graph CUDA may refuse to draw
    random numbers, after a fault of a kernel everything."""
    try:
        return torch.rand(1, device=device).item() < 1
    except RuntimeError as error:
        print(f"  the search ends: {error}", flush=True)
        return False


class Search:
    """The entries that are found for each case. deadline: a time of `time.monotonic()`."""

    def __init__(self, bench: Bench, cases: Sequence[Case], deadline: float):
        self.bench, self.deadline = bench, deadline
        self.found: dict[Case, list[dict[str, Any]]] = {case: [] for case in cases}
        self.tried: set[tuple[Case, str]] = set()
        self.broken = False

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [entry for own in self.found.values() for entry in own]

    def run(self) -> None:
        for question, ask in QUESTIONS.items():
            print(f"{question}?", flush=True)
            for case, own in self.found.items():
                for name in ask(switches_of(fastest(own))):
                    self.attempt(case, possible(name, self.bench.device))

    def attempt(self, case: Case, name: str) -> None:
        """Measure an implementation, unless that was tried or the time is over; one that fails is named and left."""
        compiled = "compile" in switches_of(name)
        too_late = time.monotonic() + LEAST[compiled] > self.deadline
        if self.broken or (case, name) in self.tried or (too_late and self.found[case]):
            return
        self.tried.add((case, name))
        if compiled:
            torch.compiler.reset()  # torch gives up on code that it has compiled for several networks
        try:
            entries = self.bench.measure(case, [name])
        except Exception as error:  # whatever a variant runs into, the others are to be measured
            print(f"  {name}: failed, {type(error).__name__}: {error}", flush=True)
            self.broken = not computes(self.bench.device)
            return
        self.found[case] += entries
        print(f"  {name}: {median(entries[0]['images_per_second']):,.0f} images/s", flush=True)


def compile_ahead(case: Case) -> None:
    """Compile the step of a case, for torch's cache on the disk: a process that compiles it later finds it there."""
    step = build(case, named("ours", **COMPILED), default_device())
    for _ in range(2):
        step()
        step.forward()


def at_once(search: Search, crowds: Sequence[int], model: str, seconds: float, deadline: float) -> list[dict[str, Any]]:
    """Entries of the model's cases, for so many seconds each: in the fastest way, first in fp32, as trainings compute.

    What goes wrong with one ends them, and loses nothing.
    """
    found: list[dict[str, Any]] = []
    # each of the processes would have to compile for itself
    light = {
        case: [entry for entry in own if "compile" not in switches_of(entry["implementation"])]
        for case, own in search.found.items()
        if case.model == model and own
    }
    if time.monotonic() > deadline or not light:
        return found
    try:
        with Crowd(max(crowds), deadline) as crowd:
            for case, own in light.items():
                best = fastest(own)
                for name, size in product([named("ours-fp32", **switches_of(best)), best], crowds):
                    if time.monotonic() < deadline:
                        found.append(crowd.measure(case, name, size, seconds))
    except (CkdsnnError, OSError) as error:  # the latter of a process that has ended
        print(f"no more steps at once: {error}", flush=True)
    return found


def run_search(
    models: str = "resnet19,resnet20",
    timesteps: str = "1,4",
    batch: int = 128,
    budget: float = 180.0,
    crowds: Sequence[int] = (1, 4, 16),
    crowd_model: str = "resnet20",
    block: float = BLOCK,
    rounds: int = ROUNDS,
    out: str | Path = "results",
) -> BenchRecord:
    """Search the fastest way for every case, then measure many steps at once; write and return the record.

    budget: seconds for everything. crowds: numbers of trainings at once, whose steps of `crowd_model` are measured in
    the fastest way, in fp32 and in the precision that the device multiplies best. block: seconds of a block of steps.
    Raises CkdsnnError as `run_bench` does.
    """
    start, started, device = time.monotonic(), utc_now(), default_device()
    cases, code = find_cases(models, timesteps, batch, device), code_state()
    dtypes = {"float32", *(["bfloat16"] if computes_half("auto", device.type) else [])}
    limits = measure_limits(device, dtypes)  # first: what a variant breaks cannot be measured after it
    search = Search(Bench(device, rounds, 0, None, block), cases, start + budget * (1 - FOR_CROWDS))
    search.run()
    together = at_once(search, crowds, crowd_model, min(AT_ONCE, 2 * rounds * block), start + budget)
    options = dict(models=models, timesteps=timesteps, batch=batch, rounds=rounds, steps=0, sweep=False, switches=False)
    options["implementations"] = "searched"
    env = environment(device, precision_name("auto", device.type))
    name, seconds = bench_id(env["device"], started), time.monotonic() - start
    entries = with_floors(search.entries, limits)
    record = BenchRecord(name, code, env, started, seconds, options, asdict(limits), entries, [], together)
    save_bench(record, out)
    return record
