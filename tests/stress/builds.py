"""Kills builds of a small book over an older one, and looks for half a book and for anything left behind.

    python -m tests.stress.builds --count 40

A build is killed alone, at one of its calls or at any time; or with its whole process group, as by a batch system. Its
kernels, which lead groups of their own, have to end by themselves. Then the same build is started again, at once.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import nbformat

from book.build import build
from ckdsnn.files import sha256_file
from tests.stress.report import RESULTS, Report
from tests.stress.victims import end_of, fork, never, outlive, places, striker

WHAT = (
    "Builds of a small book over an older one, killed in the midst of their work: at any moment the old pages or the "
    "new ones lie there whole; the same build, given at once, makes the very bytes of one that was never killed, and "
    "leaves nothing unfinished; no process outlives its build."
)
AT_A_CALL, ALONE, ALL = "the build, at a call", "the build, at any time", "the build with its children, at any time"
PAGES = Path("_build", "html")
TOC = "format: jb-book\nroot: book/index\nchapters: [{file: notebooks/01}, {file: notebooks/02}]\n"
INDEX = "# A small book\n\nWith two notebooks, which run at the same time.\n"
MOST = 3  # kills until a build is let go to its end
SOONEST = 0.2  # seconds after its start a build is killed at the earliest: by then it leads a process group

State = dict[str, str]  # path below a folder -> digest of the file there


def state(folder: Path) -> State:
    """All files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


@dataclass(frozen=True)
class Book:
    """A small book whose sources have changed since it was built, and what a build of them is that nobody kills."""

    root: Path
    old: State
    new: State
    """the pages before and after"""
    names: set[str]
    """all that lies in _build then"""
    calls: int
    seconds: float

    @classmethod
    def of(cls, folder: Path) -> Self:
        from book.drawings import drawings  # with all that a build loads, which workers that come here need not
        from tests.book.conftest import make_project, plain_notebook

        drawings(str)  # once for all forks
        root, copy = make_project(folder / "book"), folder / "copy"
        (root / "_toc.yml").write_text(TOC)
        (root / "book" / "index.md").write_text(INDEX)
        for number in (1, 2):
            nbformat.write(plain_notebook(), root / "notebooks" / f"0{number}.ipynb")
        through(root, folder / "note")
        for name in ("constraints.txt", "book/index.md"):  # all notebooks depend on the one; the other is a page
            with open(root / name, "a") as file:
                file.write("\n# More\n")
        shutil.copytree(root, copy)
        start = time.monotonic()
        calls = through(copy, folder / "note")
        seconds = time.monotonic() - start
        return cls(root, state(root / PAGES), state(copy / PAGES), {*state(copy / "_build")}, calls, seconds)

    def half(self, root: Path) -> str:
        """What is wrong with the pages of a build that was killed; empty if they are the old or the new ones."""
        found = state(root / PAGES)
        return "" if found in (self.old, self.new) else f"{len(found)} pages, neither the old nor the new ones"

    def other(self, root: Path) -> str:
        """What a build that has come to its end has left otherwise than one that was never killed; empty if nothing."""
        if state(root / PAGES) != self.new:
            return "other pages than without a kill"
        strange = sorted({*state(root / "_build")} ^ self.names)
        return f"files that are there only with, or only without, a kill: {', '.join(strange)}" if strange else ""


def victim(root: Path) -> None:
    """Build the book at `root`, as the leader of a process group, all of whose processes work in that folder."""
    os.setpgid(0, 0)
    os.chdir(root)
    build(root)


def through(root: Path, note: Path) -> int:
    """Build to the end; return the number of its calls."""
    if end_of(fork(victim, root, never, note)):
        raise SystemExit(f"the build fails without any kill:\n{note.read_text()}")
    return int(note.read_text())


class Killer:
    """Kills builds of a book, and counts that in its report."""

    def __init__(self, book: Book, rng: random.Random):
        self.book, self.rng, self.report = book, rng, Report("builds", WHAT)

    def kill(self, root: Path, note: Path) -> tuple[str, str, int]:
        """Start a build and kill it: how, when, and the exit status, which is below 0 unless it has ended before."""
        kind = self.rng.choice((AT_A_CALL, ALONE, ALL))
        if kind == AT_A_CALL:
            call = self.rng.randint(1, self.book.calls)
            return kind, f"call {call}", end_of(fork(victim, root, striker(call, 0), note))
        moment, child = self.rng.uniform(SOONEST, self.book.seconds), fork(victim, root, never, note)
        time.sleep(moment)
        (os.kill if kind == ALONE else os.killpg)(child, signal.SIGKILL)
        return kind, f"{moment:.2f} s", end_of(child)

    def kill_and_build(self, folder: Path, most: int) -> None:
        """Kill builds of a copy of the book up to so many times, then build it to the end."""
        root, note, told = folder / "copy", folder / "note", []
        shutil.copytree(self.book.root, root)
        for _ in range(min(most, self.rng.randint(1, MOST))):
            kind, when, status = self.kill(root, note)
            if status >= 0:
                wrong = note.read_text() if status else ""
                break
            told.append(f"{kind}: {when}")
            self.report.tried(kind, self.about(told, self.book.half(root)))
        else:
            wrong = note.read_text() if end_of(fork(victim, root, never, note)) else ""
        if wrong := wrong or self.book.other(root) or outlive(root):
            self.report.failures.append(f"the build after it: {self.about(told, wrong)}")

    def about(self, told: list[str], failure: str) -> str:
        """A failure after these kills; empty if there was none."""
        return f"killed at {'; '.join(told)}: {failure}" if failure else ""


def kill_builds(count: int, seed: int, place: Path) -> Report:
    """So many kills, of books in a new folder in `place`."""
    with tempfile.TemporaryDirectory(prefix="builds-", dir=place) as folder:
        killer = Killer(Book.of(Path(folder).resolve()), random.Random(seed))
        while (left := count - killer.report.parts.total()) > 0:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                killer.kill_and_build(Path(own).resolve(), left)
            print(f"{killer.report.parts.total()} of {count} kills, {len(killer.report.failures)} failures", flush=True)
    return killer.report


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="kills")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed, and when")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of results, for stress/builds.json")
    options = parser.parse_args(arguments)
    report = kill_builds(options.count, options.seed, places()[0])
    print(*report.failures, report.write(options.results), sep="\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
