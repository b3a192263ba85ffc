"""The day's first part: the tests that need CUDA, and all ways of computing a step."""

import os
import subprocess
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from tools.gpu_day.processes import ROOT, SELF, python, within

TESTS = ("tests/analysis/test_graph.py", "tests/data/test_augment.py", "tests/models")
GRAPH_TESTS = ("tests/training/test_recorded.py",)  # of whole trainings
COMPILING = {"TORCHINDUCTOR_COMPILE_THREADS": "4"}  # of each of four; else each takes all cores, beside the tests
LATE = 60  # seconds that a measurement may take beyond its time


def run_tests(folder: Path, seconds: float) -> bool:
    """The tests that need CUDA; beside them, where there is CUDA, processes that compile the steps ahead of time.

    Returns whether those of trainings in graphs passed.
    """
    import torch

    end = time.monotonic() + seconds
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "compiled")
    cases = [(model, t) for model in ("resnet19", "resnet20") for t in ("1", "4")] if torch.cuda.is_available() else []
    aside = os.environ | COMPILING
    compilers = [subprocess.Popen(python(*SELF, "compile", *case), cwd=ROOT, env=aside) for case in cases]
    with ThreadPoolExecutor() as pool:
        _, passed = pool.map(lambda files: passes(files, seconds), (TESTS, GRAPH_TESTS))
    for compiler in compilers:
        try:
            compiler.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            compiler.kill()
            compiler.wait()
    return passed


def passes(files: Iterable[str], seconds: float) -> bool:
    """Whether the tests in these files that need CUDA pass; a warning of another version's is no failure there."""
    return within(
        python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "default", "-k", "cuda", *files), seconds
    )


def compile_step(model: str, timesteps: str) -> None:
    """What `run_tests` starts."""
    from ckdsnn.bench.cases import find_cases
    from ckdsnn.bench.search import compile_ahead, default_device

    for case in find_cases(model, timesteps, 128, default_device()):
        compile_ahead(case)


def measure(folder: Path, seconds: float, rehearse: bool) -> None:
    """All ways of computing a step, in a process of its own, and what was found."""
    words = ["--seconds", str(int(seconds)), *(["--rehearse"] if rehearse else [])]
    within(python(*SELF, "search", str(folder / "results"), *words), seconds + LATE)
    for line in picks(newest_bench(folder)):
        print(line, flush=True)


def search(out: Path, seconds: float, rehearse: bool) -> None:
    """What `measure` starts."""
    from ckdsnn.bench import floor
    from ckdsnn.bench.search import run_search

    if not rehearse:
        run_search(budget=seconds, out=out)
        return
    floor.SIZES = dict.fromkeys(floor.SIZES, (16, 256))
    run_search("resnet8", "1", 2, min(seconds, 20), (1,), "resnet8", block=0.01, rounds=1, out=out)


def newest_bench(folder: Path) -> Any:
    """The newest BenchRecord of the day; None where there is none."""
    from ckdsnn.records.bench import load_benches

    return max(load_benches(folder / "results"), key=lambda record: record.started, default=None)


def picks(record: Any) -> list[str]:
    """The fastest way of each case, and its share of the floor, as text."""
    from ckdsnn.bench.search import fastest

    lines, cases = [], {}
    for entry in record.cases if record else []:
        cases.setdefault((entry["model"], entry["timesteps"]), []).append(entry)
    for (model, timesteps), own in cases.items():
        for entry in own:
            if entry["implementation"] == fastest(own):
                rate = median(entry["images_per_second"])
                share = 100 * max(entry["floor"].values()) * rate / entry["batch"]
                words = f"{entry['implementation']}: {rate:,.0f} images/s, {share:.0f} % of floor"
                lines.append(f"{model}, T = {timesteps}: {words}")
    return lines
