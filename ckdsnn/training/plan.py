"""What a suite has still to run, in which order, and what of it fits into a budget."""

import heapq
import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckdsnn.assemble import teacher_recipe
from ckdsnn.errors import choose
from ckdsnn.recipe import SUITES, Recipe
from ckdsnn.recipe.named import resolve
from ckdsnn.recipe.suites import SEEDS
from ckdsnn.recipe.words import changes_of
from ckdsnn.records import find_record
from ckdsnn.training.estimate import TEST_SHARE, Estimate, Estimator, Progress, read_progress
from ckdsnn.training.run import work_folder
from ckdsnn.training.teacher import locate_teacher, needs_run
from ckdsnn.training.together import shown

OVERHEAD = 15  # seconds of a run outside its epochs: imports and images before them, measurements after them
MOST_TOGETHER = 8  # more would need more memory and save next to nothing: of what is shared each bears an eighth


@dataclass(frozen=True)
class Run:
    """A recipe and a seed without a record."""

    recipe: Recipe
    seed: int
    teacher: str = ""
    """id of the run that has to end first, if there is one"""

    @property
    def id(self) -> str:
        return self.recipe.record_id(self.seed)


@dataclass(frozen=True)
class Part:
    """A run with what is left of it."""

    run: Run
    done: int
    """whole epochs in its checkpoint"""
    epoch: Estimate
    threads: int | None = None
    """CPU threads on which it has been begun"""

    @property
    def epochs(self) -> int:
        """Those that are left."""
        return self.run.recipe.epochs - self.done

    @property
    def seconds(self) -> float:
        return OVERHEAD + self.epochs * self.epoch.seconds

    @property
    def state(self) -> str:
        if self.done:
            return f"continues after epoch {self.done}"
        return "waits for its teacher" if self.run.teacher else "new"


@dataclass(frozen=True)
class Job:
    """What one process trains: a run, or several side by side."""

    parts: tuple[Part, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple(part.run for part in self.parts)

    @property
    def id(self) -> str:
        """Its first run's."""
        return self.runs[0].id

    @property
    def teachers(self) -> set[str]:
        """Ids of the runs that have to end first."""
        return {run.teacher for run in self.runs if run.teacher}

    @property
    def begun(self) -> bool:
        return any(part.done for part in self.parts)

    @property
    def threads(self) -> int | None:
        """CPU threads on which all of its runs have been begun, and go on to the numbers of one never stopped."""
        return self.parts[0].threads

    @property
    def overhead(self) -> float:
        """Seconds outside the epochs."""
        return OVERHEAD * len(self.parts)

    @property
    def epoch_seconds(self) -> float:
        """Of an epoch of every run that is not through."""
        return sum(part.epoch.seconds for part in self.parts if part.epochs)

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)


def suite_runs(name: str, tier: str, seeds: int | None, changes: dict[str, Any]) -> list[Run]:
    """All runs of a suite: one data set after the other, of each seed 0 of everything before seed 1.

    name: one suite, several joined with +, which are one queue, or all: those that have the tier. Without a tier: each
    suite's first, for most the smoke tier. seeds: how many; None for the number with which each suite was planned.
    Recipes with equal digests are one run. Raises CkdsnnError for an unknown suite or tier, and for impossible changes
    of fields.
    """
    every = [suite for suite, tiers in SUITES.items() if tier in tiers] or list(SUITES)
    runs: dict[tuple[str, int], Run] = {}
    for suite in every if name == "all" else name.split("+"):
        tiers = choose("suite", suite, SUITES)
        recipes = [resolve(recipe, changes) for recipe in choose("tier", tier or next(iter(tiers)), tiers)]
        for seed in range(seeds or SEEDS[suite]):
            for recipe in recipes:
                runs.setdefault((recipe.digest(), seed), Run(recipe, seed))
    data = list(dict.fromkeys(run.recipe.dataset for run in runs.values()))
    return sorted(runs.values(), key=lambda run: (data.index(run.recipe.dataset), run.seed))


def missing_runs(runs: list[Run], out: Path, results: Path | None) -> list[Run]:
    """Those of `runs` that have no record in `out` or `results`, and the teachers that they lack.

    A teacher comes just before the first run that needs it: where the time does not suffice for all, none is spent on
    teachers without students.
    """
    missing: dict[tuple[str, int], Run] = {}
    for run in runs:
        key = run.recipe.digest(), run.seed
        if any(find_record(*key, folder) for folder in (out, results) if folder):
            continue
        teacher = ""
        if needs_run(run.recipe) and not locate_teacher(run.recipe, out, results):
            source = Run(teacher_recipe(run.recipe), run.recipe.teacher_seed)
            teacher = missing.setdefault((source.recipe.digest(), source.seed), source).id
        missing.setdefault(key, Run(run.recipe, run.seed, teacher))
    return list(missing.values())


def all_progress(runs: list[Run], out: Path) -> dict[Run, Progress]:
    """What each of them has left from before. Raises CkdsnnError for a damaged checkpoint."""
    return {run: read_progress(work_folder(run.recipe, run.seed, out)) for run in runs}


def form_groups(progress: dict[Run, Progress], jobs: int) -> list[list[Run]]:
    """The runs in groups that are to be trained side by side: such as `run_together` takes, with equal fields changed.

    What has been begun keeps apart from what has not, or on another number of threads, and comes first. Groups are
    small enough to give as many `jobs`, if there are as many runs.
    """
    most = min(MOST_TOGETHER, -(-len(progress) // jobs))
    alike: dict[tuple[Any, ...], list[Run]] = {}
    for run, found in progress.items():
        begun = not found.points, found.machine.get("threads")
        key = *begun, run.recipe.role, shown(run.recipe), run.seed, *changes_of(run.recipe).items()
        alike.setdefault(key, []).append(run)
    groups = [group for runs in alike.values() for group in even_parts(runs, most)]
    return sorted(groups, key=lambda group: not progress[group[0]].points)


def even_parts(runs: list[Run], most: int) -> list[list[Run]]:
    """The runs in order, cut into the fewest parts of at most so many."""
    size = -(-len(runs) // -(-len(runs) // most))
    return [runs[start : start + size] for start in range(0, len(runs), size)]


def make_jobs(groups: list[list[Run]], progress: dict[Run, Progress], estimator: Estimator) -> list[Job]:
    """A job for each group, in order."""

    def part(run: Run, together: int) -> Part:
        found = progress[run]
        threads = found.machine.get("threads")
        return Part(run, len(found.points), estimator.epoch(run.recipe, found, together), threads)

    return [Job(tuple(part(run, len(group)) for run in group)) for group in groups]


def may_start(job: Job, left: float, budget: float) -> bool:
    """The budget's rule, all in seconds: a job starts if it fits into what is left.

    One that is begun, or longer than the whole budget, starts if one epoch fits: it continues with the next budget.
    """
    in_part = job.begun or job.seconds > budget
    return job.seconds <= left or (in_part and job.overhead + job.epoch_seconds <= left)


def next_job(waiting: list[Job], ended: Collection[str], left: float, budget: float) -> Job | None:
    """The first job that may start now: the teachers that it waits for are among the ids that have ended well."""
    ready = (job for job in waiting if job.teachers <= set(ended))
    return next((job for job in ready if may_start(job, left, budget)), None)


def forecast(jobs: list[Job], slots: int, budget: float = math.inf) -> tuple[dict[str, str], float]:
    """What becomes of each job, by its id, within `budget` seconds, `slots` at a time, if the estimates hold.

    yes, in part, no, never where not one epoch fits into the budget, or unknown; also the seconds until the last ends.
    """
    waiting, running, ended = list(jobs), [], set()
    verdicts, now = {job.id: "no" if may_start(job, budget, budget) else "never" for job in jobs}, 0.0
    verdicts |= {job.id: "unknown" for job in jobs if math.isnan(job.seconds)}
    while True:
        while len(running) < slots and (job := next_job(waiting, ended, budget - now, budget)):
            waiting.remove(job)
            verdicts[job.id] = "yes" if now + job.seconds <= budget else "in part"
            heapq.heappush(running, (min(now + job.seconds, budget), job.id, job.runs))
        if not running:
            return verdicts, now
        now, name, runs = heapq.heappop(running)
        if verdicts[name] == "yes":
            ended.update(run.id for run in runs)


def in_words(part: Part) -> tuple[str, ...]:
    """What the table says of a run."""
    minutes = "?" if math.isnan(part.seconds) else f"{part.seconds / 60:.1f}"
    return part.state, str(part.epochs), minutes, part.epoch.source


def table(jobs: list[Job], slots: int, budget: float) -> str:
    """The plan as text, a line for each run and the total, for a screen of 120 columns; budget in seconds."""
    verdicts, _ = forecast(jobs, slots, budget)
    head = ("run", "job", "state", "epochs", "minutes", "estimate by", "fits")
    rows = [
        (part.run.id, str(number), *in_words(part), verdicts[job.id])
        for number, job in enumerate(jobs, start=1)
        for part in job.parts
    ]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    aligned = ("<", ">", "<", ">", ">", "<", "<")
    lines = ["  ".join(f"{c:{a}{w}}" for c, a, w in zip(row, aligned, widths, strict=True)) for row in (head, *rows)]
    total, unknown = forecast(jobs, slots)[1], any(math.isnan(job.seconds) for job in jobs)
    least = f"{total / 60:.1f} minutes{' and what is unknown' * unknown}"
    at_once = f"{slots} of {len(jobs)} jobs at a time, which share the machine"
    lines.append(f"total: {len(rows)} runs, {least}, {at_once}; the runs of a job go side by side;")
    lines.append(f"a run costs {OVERHEAD} s besides its epochs, a test image {TEST_SHARE:.2f} of a training image")
    return "\n".join(line.rstrip() for line in lines)
