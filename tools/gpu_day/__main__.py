"""What a rented GPU is to do, most valuable first, prepared beforehand and worked off by one command.

    python -m tools.gpu_day prepare DATA gpu-day    here: what has to be carried there, into a folder
    python -m tools.gpu_day go --dry_run            the plan, with estimated times; anywhere
    python -m tools.gpu_day go --rehearse           all of it in small, in a minute or two; anywhere
    python -m tools.gpu_day go                      there: the tests that need CUDA, all ways of computing a step, then
                                                    trainings until the time is over
    python -m tools.gpu_day go --only train         another time: what is not trained yet

Everything lies in one folder (gpu-day): `data`, carried in parts; `results`, new records beside those of the
repository; `results.tar.gz`, or its parts, to be carried back.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from ckdsnn.engine import wait_asleep
from ckdsnn.errors import CkdsnnError
from tools.gpu_day.luggage import join, pack
from tools.gpu_day.measure import compile_step, measure, run_tests, search
from tools.gpu_day.plan import DATA_SET, MEASURED_UNTIL, MINUTES, TEST_SECONDS, prepare, show_plan
from tools.gpu_day.processes import ROOT, shared_gpu
from tools.gpu_day.train import train

PACKING = 20  # seconds at the end
PHASES = ("test", "measure", "train")


def go(options: argparse.Namespace) -> None:
    """The whole day, or the phases that were asked for."""
    start, folder = time.monotonic(), options.folder.resolve()  # children work in another folder
    end = start + 60 * options.minutes - PACKING
    measured = start + 60 * options.minutes * (MEASURED_UNTIL if "train" in options.only else 1)
    (folder / "results").mkdir(parents=True, exist_ok=True)
    known = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(known)  # trainings need not find the package installed
    join(folder / "data", f"{DATA_SET}.npz")
    graphs = None
    try:
        if "test" in options.only:  # before the GPU is shared: what ends one of its processes may end all
            graphs = run_tests(folder, min(TEST_SECONDS, measured - time.monotonic()))
        with shared_gpu():
            if "measure" in options.only:
                measure(folder, measured - time.monotonic(), options.rehearse)
            if "train" in options.only:
                train(folder, end, options.rehearse, graphs)
    finally:
        pack(folder, options.part_mb)


def reader() -> argparse.ArgumentParser:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        "python -m tools.gpu_day", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("prepare", help="lay out what has to be carried there")
    first.add_argument("data", type=Path, help=f"folder with {DATA_SET}.npz")
    first.add_argument("folder", type=Path, nargs="?", default=Path("gpu-day"))
    day = commands.add_parser("go", help="work it off")
    day.add_argument("folder", type=Path, nargs="?", default=Path("gpu-day"))
    day.add_argument("--minutes", type=float, default=MINUTES, help="for everything (%(default)s)")
    day.add_argument("--only", nargs="+", choices=PHASES, default=PHASES, help="these phases alone")
    day.add_argument("--dry_run", action="store_true", help="print the plan only")
    day.add_argument("--rehearse", action="store_true", help="everything in small")
    for one, megabytes in ((first, 40), (day, 15)):
        one.add_argument("--part_mb", type=int, default=megabytes, help="MiB of a part of what is carried")
    compiler = commands.add_parser("compile", help="compile the step of a model at T, for a later process")
    compiler.add_argument("model")
    compiler.add_argument("timesteps")
    searcher = commands.add_parser("search", help="measure all ways of computing a step")
    searcher.add_argument("out", type=Path)
    searcher.add_argument("--seconds", type=float, default=180)
    searcher.add_argument("--rehearse", action="store_true")
    return parser


def main(arguments: list[str] | None = None) -> int:
    wait_asleep()
    options = reader().parse_args(arguments)
    try:
        if options.command == "prepare":
            prepare(options.data, options.folder, options.part_mb)
        elif options.command == "go":
            show_plan(options.folder, options.minutes) if options.dry_run else go(options)
        elif options.command == "search":
            search(options.out, options.seconds, options.rehearse)
        else:
            compile_step(options.model, options.timesteps)
    except CkdsnnError as error:
        print(f"gpu_day {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
