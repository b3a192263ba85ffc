"""Working off a suite: what has no record yet is trained, several runs at once, within a budget of time.

Each job is a process of its own, `ckdsnn train` with what is left of the budget: a run, or students that are shown the
same side by side. This one starts and watches them.
"""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ckdsnn.engine import reading_processes, usable_cores
from ckdsnn.errors import check_count
from ckdsnn.files import make_folder, opened
from ckdsnn.recipe.words import ONE_PRECISION, as_options, changes_of, turned_switches
from ckdsnn.records import find_record
from ckdsnn.records.failure import FAILURES
from ckdsnn.signals import PARENT, PATIENCE, stoppable
from ckdsnn.training.before import check_graph
from ckdsnn.training.budget import deadline_after
from ckdsnn.training.estimate import Estimator
from ckdsnn.training.machine import Machine
from ckdsnn.training.plan import (
    Job,
    Run,
    all_progress,
    form_groups,
    make_jobs,
    missing_runs,
    next_job,
    suite_runs,
    table,
)
from ckdsnn.training.run import work_folder
from ckdsnn.training.teacher import fetch_teacher

POLL = 0.2  # seconds between two looks at the running trainings
GRACE = 20  # seconds after the budget's end until a training that has not stopped by itself is interrupted
FATE_OF_STATUS = {  # exit statuses of `ckdsnn train`
    0: "done",
    3: "stopped",
    4: "trained elsewhere",
    130: "stopped",
    -signal.SIGINT: "stopped",  # interrupted while it was still importing
    -signal.SIGTERM: "stopped",
}
WELL = {"done", "trained elsewhere"}

Launch = Callable[[Job, float, int], subprocess.Popen]


def run_suite(
    name: str,
    tier: str = "",
    budget: float | None = None,
    jobs: int = 1,
    seeds: int | None = None,
    out: str | Path = "results",
    data: str | Path | None = None,
    results: str | Path | None = None,
    accelerator: str = "auto",
    workers: int | None = None,
    dry_run: bool = False,
    **changes: Any,
) -> dict[str, str]:
    """Train the runs of a suite that have no record in `out` or `results`, and missing teachers.

    name: one suite, several joined with +, or all; worked off as one queue.
    tier: smoke, reduced or paper; none is each suite's first.
    seeds: how many, from 0 on; None: as many as each suite was planned with.
    budget: seconds for everything, the planning included. jobs: processes at once, each of which trains one run, or
    students of one seed and teacher side by side, see `run_together`. dry_run: print the plan only.
    changes: fields of all recipes of the suite, not of teachers. out, data, results, accelerator, workers: as `run` has
    them. Where there are several GPUs, each job has its own.
    Returns what became of each run that had no record, by id: done, trained elsewhere (by another process, now),
    stopped, not started or failed.
    Raises CkdsnnError for unknown names, impossible numbers and fields, and devices or data that cannot be had.

    >>> run_suite("noise", tier="reduced", out="results", dry_run=True)
    everything is on record
    {}
    """
    deadline = deadline_after(budget)
    jobs = check_count("jobs", jobs)
    if seeds is not None:
        seeds = check_count("seeds", seeds)
    check_graph(Machine(accelerator))
    out, results = Path(out), Path(results) if results else None
    missing = missing_runs(suite_runs(name, tier, seeds, changes), out, results)
    progress = all_progress(missing, out)
    groups = form_groups(progress, jobs)
    slots = max(1, min(jobs, len(groups)))
    threads = max(1, usable_cores() // slots)
    estimator = Estimator([folder for folder in (out, results) if folder], data, accelerator, slots, threads, dry_run)
    plan = make_jobs(groups, progress, estimator)
    print(table(plan, slots, deadline - time.monotonic()) if plan else "everything is on record", flush=True)
    if dry_run or not plan:
        return dict.fromkeys((run.id for run in missing), "not started")
    for run in missing:
        if run.recipe.loss_names:
            fetch_teacher(run.recipe, out, results)  # here, because two trainings would do it at once
    readers = reading_processes(slots) if workers is None else workers
    shared = {"out": out, "accelerator": accelerator, "data": data, "workers": readers}
    return work_off(plan, slots, deadline, launcher(shared, threads, visible_gpus(accelerator)), out)


def work_off(plan: list[Job], slots: int, deadline: float, launch: Launch, out: Path) -> dict[str, str]:
    """Let a crew do the plan, and print what became of it, also when Ctrl-C or another signal ends it."""
    crew = Crew(plan, slots, deadline, launch, out)
    try:
        with stoppable():
            crew.work()
    finally:
        print(summary(crew.fates, out), flush=True)
    return crew.fates


class Crew:
    """The trainings that run now, at most `slots` jobs; `fates` says by id what has become of each run.

    deadline: a time of `time.monotonic()`. launch: starts the process of a job, given the seconds that are left and its
    slot's number, from 0. out: where the records will be.
    """

    def __init__(self, jobs: list[Job], slots: int, deadline: float, launch: Launch, out: Path):
        self.waiting, self.slots, self.deadline, self.launch, self.out = list(jobs), slots, deadline, launch, out
        self.fates = {run.id: "not started" for job in jobs for run in job.runs}
        self.running: dict[Job, subprocess.Popen] = {}
        self.slot_of: dict[Job, int] = {}

    def work(self) -> None:
        """Start what may start until nothing runs any more; whatever happens, no process is left behind."""
        budget = self.left()
        try:
            while self.start(budget):
                time.sleep(POLL)
                self.look()
                if self.left() < -GRACE:
                    self.stop()
        finally:
            self.stop()

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def start(self, budget: float) -> bool:
        """Fill the free slots; returns whether anything runs."""
        done = {name for name, fate in self.fates.items() if fate in WELL}  # a student waits for one elsewhere itself
        while len(self.running) < self.slots and (job := next_job(self.waiting, done, self.left(), budget)):
            self.waiting.remove(job)
            slot = min(set(range(self.slots)) - {self.slot_of[other] for other in self.running})
            self.running[job] = self.launch(job, self.left(), slot)
            self.slot_of[job] = slot
            say("started", *job.runs)
        return bool(self.running)

    def look(self) -> None:
        """Note what has ended."""
        for job, process in list(self.running.items()):
            if process.poll() is not None:
                del self.running[job]
                for run in job.runs:
                    self.fates[run.id] = self.fate(run, process.returncode)
                    say(self.fates[run.id], run)

    def fate(self, run: Run, status: int) -> str:
        """What became of a run whose process ended so; beside others it may have come to another end than they."""
        if find_record(run.recipe.digest(), run.seed, self.out):
            return "done"
        return "failed" if FAILURES.find(run.id, self.out) else FATE_OF_STATUS.get(status, "failed")

    def stop(self) -> None:
        """Ask what still runs to stop, and kill what does not heed it; either way its checkpoint stays."""
        for process in self.running.values():
            process.terminate()
        end = time.monotonic() + PATIENCE
        while self.running and time.monotonic() < end:
            self.look()
            time.sleep(POLL)
        for job, process in self.running.items():
            process.kill()
            process.wait()
            self.fates.update((run.id, self.fate(run, -signal.SIGTERM)) for run in job.runs)
        self.running = {}


def visible_gpus(accelerator: str) -> list[str]:
    """The names by which CUDA knows the GPUs that this process may use; none where trainings take another device."""
    if Machine(accelerator).kind not in ("cuda", "gpu"):
        return []
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    return given.split(",") if given else [str(index) for index in range(torch.cuda.device_count())]


def launcher(shared: dict[str, Any], threads: int, gpus: list[str]) -> Launch:
    """What starts a job's process on `threads` threads; its output goes to log.txt in the first run's folder.

    shared: arguments that all of them have; those that are None are left out. gpus: those to be shared out by slot.
    """
    given = {"progress": False} | ONE_PRECISION | {name: value for name, value in shared.items() if value is not None}

    def log_file(run: Run) -> Path:
        return make_folder(work_folder(run.recipe, run.seed, shared["out"])) / "log.txt"

    def launch(job: Job, left: float, slot: int) -> subprocess.Popen:
        run, *others = job.runs
        limit = {} if left == math.inf else {"budget": f"{max(1, int(left - job.overhead))}s"}
        begun = {"threads": job.threads} if job.threads and job.threads <= threads else {}
        options = as_options({"seed": run.seed} | changes_of(run.recipe) | given | begun | limit | turned_switches())
        command = [sys.executable, "-m", "ckdsnn", "train", *(run.recipe.name for run in job.runs), *options]
        own_gpu = {"CUDA_VISIBLE_DEVICES": gpus[slot % len(gpus)]} if gpus else {}
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), PARENT: str(os.getpid())} | own_gpu
        for other in others:
            with opened(log_file(other), "a") as log:
                log.write(f"trained beside {run.id}: see {log_file(run)}\n")
        with opened(log_file(run), "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    return launch


def say(what: str, *runs: Run) -> None:
    print(time.strftime("%H:%M:%S"), what, *(run.id for run in runs), flush=True)


def summary(fates: dict[str, str], out: Path) -> str:
    """What became of the runs, as text; a failed one with its log."""
    lines = []
    for fate in ("done", "trained elsewhere", "stopped", "not started", "failed"):
        names = [name for name, own in fates.items() if own == fate]
        lines.append(f"{fate}: {len(names)}")
        if fate != "done":
            lines += [f"  {name}" + (f", see {out}/work/{name}/log.txt" if fate == "failed" else "") for name in names]
    return "\n".join(lines)
