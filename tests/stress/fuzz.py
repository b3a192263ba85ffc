"""Every reader is given damaged and hostile inputs; it reads them, or refuses them by a CkdsnnError.

    python -m tests.stress.fuzz --count 10000          writes results/stress/fuzz.json
    python -m tests.stress.fuzz --only 123             gives the input 123 again, here, and shows what happens

An input follows from the seed and its number alone. They are given by a process of its own, which the system ends where
one takes 10 seconds of a core, or a minute without using any; beyond 2 GB no memory is to be had.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from ckdsnn.errors import CkdsnnError
from tests.stress.readers import READERS
from tests.stress.report import RESULTS, Report

SECONDS, STILL = 10, 60  # of a core, and of waiting, for an input
MEMORY = 2 * 2**30  # bytes beyond those of the readers themselves
ROOT = Path(__file__).parents[2]
WHAT = (
    "Good inputs of every reader were damaged: bits turned, parts cut out, doubled and swapped, values and keys "
    "replaced by hostile ones. Each had to be read, or refused by the package's own error (a command's line: with "
    "status 2), within 10 seconds of a core and 2 GB."
)


def given(number: int, seed: int, folder: Path) -> tuple[str, str]:
    """Give one input to its reader; returns the part and what went wrong, nothing where it held."""
    parts = list(READERS)
    part, rng = parts[number % len(parts)], random.Random(f"{seed}/{number}")
    try:
        with quiet():
            READERS[part](rng, folder)
    except CkdsnnError as error:
        return part, wanting(error)
    except SystemExit as stop:
        return part, "" if stop.code in (0, 2) else f"exit status {stop.code}"
    except Exception as error:
        return part, f"{type(error).__name__}: {str(error)[:200]}"
    return part, ""


def wanting(error: BaseException | None) -> str:
    """Whether an error goes back to memory that was asked for and not to be had."""
    while error:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            return f"too much memory: {str(error)[:200]}"
        error = error.__cause__ or error.__context__
    return ""


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing be printed inside the block."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def limit_memory() -> None:
    """Let the process have MEMORY bytes more than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def work(first: int, last: int, seed: int) -> None:
    """Give inputs one after the other, and print a line of JSON before and after each."""
    with TemporaryDirectory() as folder:
        for number in range(min(len(READERS), last)):
            given(number, seed - 1, Path(folder))  # loads what the readers need
        limit_memory()
        for number in range(first, last):
            print(json.dumps(number), flush=True)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.setitimer(signal.ITIMER_REAL, STILL)
            found = given(number, seed, Path(folder))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(json.dumps(found), flush=True)


def give_all(count: int, seed: int) -> Report:
    """Give so many inputs, by a new process where one has been ended."""
    report, parts, number = Report("fuzz", WHAT), list(READERS), 0
    while number < count:
        call = [sys.executable, "-m", "tests.stress.fuzz", "--work", str(number), "--count", str(count)]
        begun = False
        with subprocess.Popen([*call, "--seed", str(seed)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as worker:
            for line in worker.stdout:
                if (said := json.loads(line)) == number:
                    begun = True
                else:
                    part, failure = said
                    report.tried(part, failure and f"input {number} of seed {seed}: {failure}")
                    number, begun = number + 1, False
        if begun:
            why = f"input {number} of seed {seed}: ended by {ending(worker.returncode)}"
            report.tried(parts[number % len(parts)], why)
            number += 1
        elif number < count:
            raise SystemExit(f"the process ended before input {number}, with status {worker.returncode}")
    return report


def ending(status: int) -> str:
    """Why a process has ended."""
    names = {-signal.SIGPROF: f"{SECONDS} seconds of a core", -signal.SIGALRM: f"{STILL} seconds of waiting"}
    return names.get(status, f"status {status}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.stress.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder in which stress/fuzz.json is written")
    parser.add_argument("--only", type=int, help="the number of one input")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only is not None:
        parts = list(READERS)
        with TemporaryDirectory() as folder:
            part = parts[options.only % len(parts)]
            READERS[part](random.Random(f"{options.seed}/{options.only}"), Path(folder))
    elif options.work is not None:
        work(options.work, options.count, options.seed)
    else:
        report = give_all(options.count, options.seed)
        path = report.write(options.results)
        print(*report.failures, sep="\n")
        print(f"{report.parts.total()} inputs, {len(report.failures)} failures: {path}")
        sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
