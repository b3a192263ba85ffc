"""Kills trainings, suites and the preparation of data in the midst of their work, and looks for anything lost.

    python -m tests.stress.kills --count 200 --suites 10

A victim is killed at a random one of its calls, or a moment later. Then the same work is done again, to its end or to
the next kill. Of a suite the parent alone is killed, at any time.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ckdsnn import load_records, run
from ckdsnn.data import DATASETS, load_dataset
from ckdsnn.data.resident import content_digest, row_digests
from ckdsnn.data.specs import DatasetSpec
from ckdsnn.inputs import InputSpec
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.words import as_options
from ckdsnn.records import load_arrays, record_files
from ckdsnn.records.store import check_file
from ckdsnn.training import run_together
from ckdsnn.training.checkpoints import read_checkpoint
from tests.stress.report import RESULTS, Report
from tests.stress.victims import end_of, fork, never, places, striker

WHAT = (
    "Trainings and the preparation of data, killed in the midst of their work: every record that was there stays as it "
    "is, every file is whole, the same command goes on to the very numbers of one that was never killed (on a CPU, bit "
    "by bit), and unfinished files are swept."
)
WHAT_OF_SUITES = (
    "Suites whose parent is killed: no training outlives it, and the same command, given at once, goes on to the very "
    "numbers of a suite that was never killed."
)
LATEST = 0.1  # seconds after a call until the timer strikes
MOST = 3  # kills of one piece of work
ALONE = 30  # seconds in which a suite's trainings have to be gone after their parent
SMALL = {"train_images": 64, "epochs": 2, "timesteps": 1, "accelerator": "cpu"}


@dataclass(frozen=True)
class Work:
    """Something to be killed in. do: the whole of it, into a folder; told: what it has made there, but for times."""

    do: Callable[[Path], Any]
    told: Callable[[Path], Any]


def trained(out: Path) -> list[Any]:
    """Of each record all that must be equal however often it was interrupted."""
    found = []
    for record in load_records(out):
        points = [{name: value for name, value in point.items() if "seconds" not in name} for point in record.curve]
        found.append([record.id, record.weights, record.arrays, record.final, points])
    return found


def train(out: Path) -> None:
    run("digits-snn", out=out, progress=False, **SMALL)


def distil(out: Path) -> None:
    """A teacher, then two students side by side, both of which compute at once."""
    torch.set_num_threads(2)
    RECIPES["tiny-teacher"] = RECIPES["digits-teacher"].replace(name="tiny-teacher", train_images=64, epochs=1)
    run_together(["digits-kd", "digits-ckdsnn"], out=out, progress=False, teacher="tiny-teacher", **SMALL)


def pictures(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images [40, 8, 8, 3] and labels of one split."""
    rng = np.random.default_rng(train)
    return rng.integers(0, 256, (40, 8, 8, 3), np.uint8), rng.integers(0, 2, 40)


class Download:
    """Stands in for torchvision's reader of a data set: leaves files in the folder, and has arrays."""

    def __init__(self, folder: str, train: bool, download: bool):
        self.data, self.targets = pictures(train)
        for name in ("archive", "batch"):
            Path(folder, f"{name}-{train}").write_bytes(self.data.tobytes())


def prepare(root: Path) -> None:
    """A data set is downloaded, checked and put in the cache."""
    import torchvision

    torchvision.datasets.CIFAR10 = Download
    digests = tuple(content_digest(row_digests(*pictures(train))) for train in (True, False))
    inputs = InputSpec(3, 8, 8)
    DATASETS["tiny"] = DatasetSpec("tiny", ("ant", "bee"), (0.5,) * 3, (0.2,) * 3, None, digests, inputs, "CIFAR10")
    load_dataset("tiny", root)


def prepared(root: Path) -> list[str]:
    """What the cache holds."""
    with np.load(root / "tiny.npz") as arrays:
        return [f"{name} {arrays[name].tobytes().hex()}" for name in sorted(arrays)]


WORKS = {"train": Work(train, trained), "distil": Work(distil, trained), "data": Work(prepare, prepared)}


def records_of(out: Path) -> dict[str, bytes]:
    """The records that lie there, by name."""
    return {path.name: path.read_bytes() for path in record_files(out)}


def damage(out: Path, before: dict[str, bytes]) -> str:
    """What of a folder of results is lost, altered or half; empty if all is well."""
    try:
        now = records_of(out)
        if altered := [name for name, content in before.items() if now.get(name) != content]:
            return f"records lost or altered: {', '.join(altered)}"
        for record in load_records(out) if out.is_dir() else []:
            load_arrays(record, out)
            check_file(out / "weights" / record.weights["file"], record.weights["sha256"], record.id)
        for checkpoint in out.glob("work/*/last.ckpt"):
            read_checkpoint(checkpoint)
        if (out / "tiny.npz").exists():
            prepared(out)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def left_over(out: Path) -> str:
    """What killed processes have left that nobody has swept."""
    return ", ".join(str(path.relative_to(out)) for path in out.rglob(".*partial*"))


class Killer:
    """Kills until the report counts enough; places: folders, best of several file systems, to work in."""

    def __init__(self, report: Report, rng: random.Random, places: list[Path]):
        self.report, self.rng, self.places = report, rng, places
        self.through: dict[str, tuple[Any, int]] = {}

    @contextmanager
    def folder(self) -> Iterator[tuple[Path, str]]:
        """An empty folder in one of the places, and what to call that place."""
        place = self.rng.choice(self.places)
        made = Path(tempfile.mkdtemp(prefix="kills-", dir=place))
        try:
            yield made, "" if place == self.places[0] else ", on another file system than temporary files"
        finally:
            shutil.rmtree(made)

    def undisturbed(self, name: str) -> tuple[Any, int]:
        """What a work makes that nobody kills, and the number of its calls."""
        if name not in self.through:
            with self.folder() as (folder, _):
                note, root = folder / "note", folder / "out"
                if end_of(fork(WORKS[name].do, root, never, note)):
                    raise SystemExit(f"{name} fails without any kill:\n{note.read_text()}")
                self.through[name] = WORKS[name].told(root), int(note.read_text())
        return self.through[name]

    def strike(self, calls: int) -> tuple[str, Callable[[int], None]]:
        """A random kill, in words and in deed."""
        number = self.rng.randint(1, calls)
        delay = self.rng.choice((0.0, self.rng.uniform(1e-4, LATEST)))
        return f"call {number}, {delay:.4f} s after it", striker(number, delay)

    def kill(self, name: str, most: int) -> None:
        """Do a work with up to so many kills, then to its end."""
        expected, calls = self.undisturbed(name)
        with self.folder() as (folder, where):
            note, root, told, before = folder / "note", folder / "out", [], {}
            for _ in range(min(most, self.rng.randint(1, MOST))):
                words, strike = self.strike(calls)
                status = end_of(fork(WORKS[name].do, root, strike, note))
                told.append(words)
                if status > 0:
                    self.complain(name, self.about(told, note.read_text()))
                if status >= 0:  # it has ended before that call: what was done needs not be done again
                    break
                self.report.tried(name + where, self.about(told, damage(root, before)))
                before = records_of(root)
            failed = end_of(fork(WORKS[name].do, root, never, note))
            wrong = note.read_text() if failed else "other numbers" * (WORKS[name].told(root) != expected)
            self.complain(name, self.about(told, wrong or damage(root, before) or left_over(root)))

    def kill_one_of_two(self) -> None:
        """Two processes do the same at once, one of them is killed: the other ends it."""
        expected, calls = self.undisturbed("train")
        with self.folder() as (folder, where):
            root, notes = folder / "out", [folder / "first", folder / "second"]
            words, strike = self.strike(calls)
            first, second = fork(train, root, strike, notes[0]), fork(train, root, never, notes[1])
            killed, failed = end_of(first) < 0, end_of(second)
            wrong = notes[1].read_text() if failed else "other numbers" * (trained(root) != expected)
            text = self.about([words], wrong or damage(root, {}))
            self.report.tried(f"one of two{where}", text) if killed else self.complain("one of two", text)

    def kill_suite(self, most: int) -> None:
        """A suite whose parent is killed at any time, and started again: at once, or when its trainings are gone."""
        with self.folder() as (folder, _):
            (folder / "through").mkdir()
            self.suite(folder / "through").wait()
            expected, told, out = trained(folder / "through"), [], folder / "out"
            out.mkdir()
            for _ in range(most):
                parent, delay = self.suite(out), self.rng.uniform(5, 60)
                try:
                    parent.wait(delay)
                    break
                except subprocess.TimeoutExpired:
                    before = records_of(out)
                    parent.kill()
                    parent.wait()
                told.append(f"{delay:.0f} s")
                orphans = self.rng.random() < 0.5 and not gone(parent.pid)
                wrong = "trainings outlive their suite" if orphans else damage(out, before)
                self.report.tried("suite", self.about(told, wrong))
            status = self.suite(out).wait()
            wrong = f"status {status}: {(out / 'log.txt').read_text()}" if status else ""
            wrong = wrong or "other numbers" * (trained(out) != expected) or left_over(out)
            self.complain("suite", self.about(told, wrong))

    def suite(self, out: Path) -> subprocess.Popen:
        """Start a suite of small trainings, as a process group of its own."""
        words = as_options(SMALL | {"seeds": 1, "out": out})
        command = [sys.executable, "-m", "ckdsnn", "suite", "components", *words]
        with open(out / "log.txt", "ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def complain(self, part: str, failure: str) -> None:
        """Note a failure that no single kill stands for."""
        if failure:
            self.report.failures.append(f"{part}: {failure}")

    def about(self, told: list[str], failure: str) -> str:
        """A failure after these kills; empty if there was none."""
        return f"killed at {'; '.join(told)}: {failure}" if failure else ""


def gone(group: int) -> bool:
    """Whether all processes of a group have ended, or do so soon; one that nobody has waited for yet has ended."""
    end = time.monotonic() + ALONE
    while time.monotonic() < end:
        lines = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True).stdout.splitlines()
        if not any(own == str(group) and state[0] != "Z" for own, state in map(str.split, lines)):
            return True
        time.sleep(0.2)
    return False


def kill_works(count: int, seed: int) -> Report:
    """So many kills of forks."""
    torch.set_num_threads(1)  # no threads before a fork
    killer = Killer(Report("kills", WHAT), random.Random(seed), places())
    while (left := count - killer.report.parts.total()) > 0:
        kind = killer.rng.choice(("train", "train", "distil", "distil", "data", "one of two"))
        killer.kill_one_of_two() if kind == "one of two" else killer.kill(kind, left)
        print(f"{killer.report.parts.total()} of {count} kills, {len(killer.report.failures)} failures", flush=True)
    return killer.report


def kill_suites(count: int, seed: int) -> Report:
    """So many kills of suites' parents."""
    killer = Killer(Report("suites", WHAT_OF_SUITES), random.Random(seed), places())
    while (left := count - killer.report.parts.total()) > 0:
        killer.kill_suite(left)
    return killer.report


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=200, help="kills of trainings and of the preparation of data")
    parser.add_argument("--suites", type=int, default=10, help="kills of a suite's parent")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed, and where")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder of results, for stress/kills.json, suites.json"
    )
    options = parser.parse_args(arguments)
    import_module("sklearn.datasets")  # has the digits: loaded once for all forks
    failed = 0
    for kill, count in ((kill_works, options.count), (kill_suites, options.suites)):
        if count:
            report = kill(count, options.seed)
            print(*report.failures, report.write(options.results), sep="\n")
            failed += len(report.failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
