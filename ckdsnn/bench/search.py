"""Which way of computing our step is the fastest on a device: one question after the other, until the time is over.

Each question is asked of every case and begins where the last has led: with the switches of the fastest step so far.
"""

import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import torch

from ckdsnn.analysis.speed import default_device
from ckdsnn.bench.cases import ON_CUDA, Case, build, find_cases, named, switches_of
from ckdsnn.bench.crowd import Crowd
from ckdsnn.bench.run import Bench, add_floors
from ckdsnn.engine import precision_name
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord, bench_id, save_bench
from ckdsnn.records.provenance import code_state, environment, utc_now

ROUNDS = 3
BLOCK = 0.5  # seconds of a block of full steps: clocks and caches are warm by then, and there are many variants
LEAST = {False: 15.0, True: 60.0}  # seconds that must be left for another variant, by whether it is compiled
FOR_CROWDS = 0.4  # of the time is kept for trainings at once
AT_ONCE = 3.0  # seconds that these are measured

Switches = dict[str, bool | str]
Question = Callable[[Switches], list[str]]
TRIED = ("fused", "spikingjelly", "triton")  # neurons; a compiled one would make others wait for the compiler
COMPILED: Switches = {"neuron": "fused", "compile": True}  # the one neuron that torch can join with its neighbours

QUESTIONS: dict[str, Question] = {
    "as it is": lambda _: ["ours"],
    "which neuron, in a graph": lambda _: [named("ours", graph=True, neuron=kind) for kind in TRIED],
    "which layout": lambda best: [named("ours", **best | {"channels_last": False})],
    "compiled": lambda best: [named("ours", **best | COMPILED | {"graph": graph}) for graph in (False, True)],
    "in which precision": lambda best: [named("ours-fp32", **best), named("ours-fp32", **best | {"tf32": False})],
    "SGD in one kernel, without a graph": lambda _: [named("ours", fused_sgd=True)],
}


def possible(name: str, device: torch.device) -> str:
    """The name without switches that do nothing on the device."""
    kept = {k: v for k, v in switches_of(name).items() if device.type == "cuda" or k not in ON_CUDA}
    return named(name.split(", ")[0], **kept)


def fastest(entries: Sequence[dict[str, Any]], base: str = "ours") -> str:
    """The implementation of this base with the highest median rate."""
    own = [entry for entry in entries if entry["implementation"].split(", ")[0] == base]
    return max(own, key=lambda entry: median(entry["images_per_second"]))["implementation"]


class Search:
    """The entries that are found for each case. deadline: a time of `time.monotonic()`."""

    def __init__(self, bench: Bench, cases: Sequence[Case], deadline: float):
        self.bench, self.deadline = bench, deadline
        self.found: dict[Case, list[dict[str, Any]]] = {case: [] for case in cases}
        self.tried: set[tuple[Case, str]] = set()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [entry for own in self.found.values() for entry in own]

    def run(self) -> None:
        for question, ask in QUESTIONS.items():
            print(f"{question}?", flush=True)
            for case, own in self.found.items():
                best = switches_of(fastest(own)) if own else {}
                for name in ask(best):
                    self.attempt(case, possible(name, self.bench.device))

    def attempt(self, case: Case, name: str) -> None:
        """Measure an implementation, unless that was tried or the time is over; one that fails is named and left."""
        compiled = "compile" in switches_of(name)
        too_late = time.monotonic() + LEAST[compiled] > self.deadline
        if (case, name) in self.tried or (too_late and self.found[case]):
            return
        self.tried.add((case, name))
        if compiled:
            torch.compiler.reset()  # torch gives up on code that it has compiled for several networks
        try:
            entries = self.bench.measure(case, [name])
        except Exception as error:  # whatever a variant runs into, the others are to be measured
            print(f"  {name}: failed, {type(error).__name__}: {error}", flush=True)
            return
        self.found[case] += entries
        print(f"  {name}: {median(entries[0]['images_per_second']):,.0f} images/s", flush=True)


def compile_ahead(case: Case) -> None:
    """Compile the step of a case, for torch's cache on the disk: a process that compiles it later finds it there."""
    step = build(case, named("ours", **COMPILED), default_device())
    step()
    step()


def at_once(search: Search, crowds: Sequence[int], model: str, seconds: float, deadline: float) -> list[dict[str, Any]]:
    """Entries of the model's cases, for so many seconds each: in the fastest way, and in fp32 as trainings compute."""
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
        with Crowd(max(crowds)) as crowd:
            for case, own in light.items():
                for name, size in product(dict.fromkeys([fastest(own), "ours-fp32"]), crowds):
                    if time.monotonic() < deadline:
                        found.append(crowd.measure(case, name, size, seconds))
    except CkdsnnError as error:
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
    the fastest way and in fp32 as trainings compute it. block: seconds of a block of steps. Raises CkdsnnError as
    `run_bench` does.
    """
    start, started, device = time.monotonic(), utc_now(), default_device()
    cases, code = find_cases(models, timesteps, batch, device), code_state()
    search = Search(Bench(device, rounds, 0, None, block), cases, start + budget * (1 - FOR_CROWDS))
    search.run()
    entries = search.entries
    limits = add_floors(entries, device)
    together = at_once(search, crowds, crowd_model, min(AT_ONCE, 2 * rounds * block), start + budget)
    options = dict(models=models, timesteps=timesteps, batch=batch, rounds=rounds, steps=0, sweep=False, switches=False)
    options["implementations"] = "searched"
    env = environment(device, precision_name("auto", device.type))
    name, seconds = bench_id(env["device"], started), time.monotonic() - start
    record = BenchRecord(name, code, env, started, seconds, options, limits, entries, [], together)
    save_bench(record, out)
    return record
