"""What a rented GPU is to do, most valuable first, prepared beforehand and worked off by one command.

    python tools/gpu_day.py prepare DATA gpu-day    here: what has to be carried there, into a folder
    python tools/gpu_day.py go --dry_run            the plan, with estimated times; anywhere
    python tools/gpu_day.py go --rehearse           all of it in small, in a minute or two; anywhere
    python tools/gpu_day.py go --minutes 15         there: the tests that need CUDA, all ways of computing a step, then
                                                    trainings until the time is over
    python tools/gpu_day.py go --minutes 9 --only train    another time: what is not trained yet

Everything lies in one folder (gpu-day): `data`, carried in parts; `results`, new records beside those of the
repository; `results.tar.gz`, or its parts, to be carried back.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ckdsnn.engine import Engine, using, wait_asleep  # noqa: E402
from ckdsnn.errors import CkdsnnError  # noqa: E402
from tools.luggage import join, pack, split, wheels  # noqa: E402

DATA_SET = "cifar100"
TESTS = ("tests/analysis/test_graph.py", "tests/data/test_augment.py", "tests/models")
GRAPH_TESTS = "tests/training/test_recorded.py"  # before trainings whose fastest step is one
TEST_SECONDS = 75  # at most, with the compilers beside them
MEASURED_UNTIL = 1 / 3  # of the time
PACKING = 20  # seconds at the end
LEAST = 60  # seconds in which another training may be worth its start
OVERHEAD = 1.6  # a training's time over that of its steps alone: its tests, its start, what Lightning adds
PHASES = ("test", "measure", "train")


class Trainings(NamedTuple):
    """Runs of the paper's tier by their recipes' names."""

    title: str
    recipes: tuple[str, ...]
    seeds: int
    jobs: int
    """at once, where the measurement does not tell"""


def trainings() -> tuple[Trainings, ...]:
    """What the rest of the time is for."""
    from ckdsnn.recipe.named import SHORT
    from ckdsnn.recipe.suites import EVIDENCE, PICKED

    small, large = f"{DATA_SET}-resnet20-e{SHORT}", f"{DATA_SET}-resnet19-e{SHORT}"
    methods = ("snn", "nld", "ckdsnn", PICKED, "ckdsnn-first")
    return (
        Trainings("evidence on CIFAR-100", tuple(f"{small}-{method}" for method in EVIDENCE[small]), 3, 8),
        Trainings("ResNet-19 on CIFAR-100", tuple(f"{large}-{method}" for method in methods), 2, 4),
    )


# Preparation


def prepare(data: Path, folder: Path, megabytes: int) -> None:
    """Check what the day needs, and lay it into the folder. Raises CkdsnnError for data that is not there or not it."""
    from ckdsnn.data.load import load_dataset

    load_dataset(DATA_SET, data, download=False)
    parts = split(data / f"{DATA_SET}.npz", folder / "data", megabytes * 2**20)
    print(f"data: {DATA_SET} is whole; {len(parts)} parts in {folder / 'data'}")
    (folder / "requirements.txt").write_text("\n".join(wheels()) + "\n")
    print(f"packages: {folder / 'requirements.txt'}; where that machine has no network, carry their wheels:")
    print(f"  pip download --no-deps -r {folder / 'requirements.txt'} -d {folder / 'wheels'}")
    show_plan(folder, 15)


# The plan


def gpu_minutes() -> dict[tuple, float]:
    """Minutes of an epoch, alone on a GPU, by what its cost depends on: of the newest record of each kind."""
    from ckdsnn.recipe import Recipe
    from ckdsnn.records import load_records
    from ckdsnn.training.estimate import kind

    on_gpu = [record for record in load_records(ROOT / "results") if record.env["device"].startswith("cuda")]
    return {
        kind(Recipe.of(record.recipe)): record.seconds / 60 / len(record.curve)
        for record in sorted(on_gpu, key=lambda record: record.started)
    }


def missing(wanted: Trainings, out: Path) -> list[Any]:
    """The runs without a record, and the teachers that they lack."""
    from ckdsnn.recipe.named import RECIPES
    from ckdsnn.training.plan import Run, missing_runs

    runs = [Run(RECIPES[name], seed) for seed in range(wanted.seeds) for name in wanted.recipes]
    return missing_runs(runs, out, ROOT / "results")


def show_plan(folder: Path, minutes: float) -> None:
    """Print what `go` would do in so many minutes."""
    from ckdsnn.training.estimate import kind

    known, measured = gpu_minutes(), minutes * MEASURED_UNTIL
    print(f"{0:5.1f} min  the tests that need CUDA; beside them, torch compiles every step: {TEST_SECONDS} s at most")
    print(f"{TEST_SECONDS / 60:5.1f} min  all ways of computing a step, ResNet-19 and ResNet-20, T = 1 and 4")
    print(f"{measured:5.1f} min  trainings, several at once; minutes of each alone on a GPU, by the records:")
    for wanted in trainings():
        runs = missing(wanted, folder / "results")
        costs = [known.get(kind(run.recipe), 0) * run.recipe.epochs for run in runs]
        print(f"           {wanted.title}: {len(runs)} runs without a record, {sum(costs):.0f} minutes one by one")
        for run, cost in zip(runs, costs, strict=True):
            print(f"             {run.id:50} {f'{cost:.1f}' if cost else 'unknown'}")
    print(f"{minutes:5.1f} min  new records packed into {folder / 'results.tar.gz'}")


# The day


def python(*words: str) -> list[str]:
    return [sys.executable, *words]


def within(command: list[str], seconds: float, words: str | None = None) -> bool:
    """Run a command that is given these words, and end it after so many seconds; whatever becomes of it, the day goes
    on. Returns whether it went well."""
    name = " ".join(Path(word).name for word in command[:4])
    try:
        status = subprocess.run(command, cwd=ROOT, input=words, text=True, timeout=max(1.0, seconds)).returncode
        print(f"status {status}: {name}", flush=True)
        return status == 0
    except subprocess.TimeoutExpired:
        print(f"ended after {seconds:.0f} s: {name}", flush=True)
        return False


@contextmanager
def shared_gpu() -> Iterator[None]:
    """NVIDIA's Multi-Process Service inside the block, so that processes compute at once; without it they take turns.

    It is given up where a process cannot use the GPU under it.
    """
    control = shutil.which("nvidia-cuda-mps-control")
    if not control:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mps", ignore_cleanup_errors=True) as folder:
        places = dict.fromkeys(("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"), folder)
        os.environ.update(places)
        trial = python("-c", "import torch; torch.zeros(1, device='cuda').item()")
        works = within([control, "-d"], 30) and within(trial, 90)
        try:
            if not works:
                stop(control, places)
            yield
        finally:
            if works:
                stop(control, places)


def stop(control: str, places: dict[str, str]) -> None:
    """End the service, and let later processes know nothing of it."""
    within([control], 30, "quit\n")
    for place in places:
        os.environ.pop(place, None)


def run_tests(folder: Path, seconds: float) -> None:
    """The tests that need CUDA; beside them, where there is CUDA, processes that compile the steps ahead of time."""
    import torch

    end = time.monotonic() + seconds
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "compiled")
    cases = [(model, t) for model in ("resnet19", "resnet20") for t in ("1", "4")] if torch.cuda.is_available() else []
    compilers = [subprocess.Popen(python(__file__, "compile", model, t), cwd=ROOT) for model, t in cases]
    within(python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "cuda", *TESTS), seconds)
    for compiler in compilers:
        try:
            compiler.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            compiler.kill()
            compiler.wait()


def compile_step(model: str, timesteps: str) -> None:
    """What `run_tests` starts."""
    from ckdsnn.bench.cases import find_cases
    from ckdsnn.bench.search import compile_ahead, default_device

    for case in find_cases(model, timesteps, 128, default_device()):
        compile_ahead(case)


def measure(folder: Path, seconds: float, rehearse: bool) -> None:
    """All ways of computing a step, in a process of its own, and what was found."""
    words = ["--seconds", str(int(seconds)), *(["--rehearse"] if rehearse else [])]
    within(python(__file__, "search", str(folder / "results"), *words), seconds + LEAST)
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
        entry = next(e for e in own if e["implementation"] == fastest(own))
        rate = median(entry["images_per_second"])
        share = 100 * max(entry["floor"].values()) * rate / entry["batch"]
        lines.append(
            f"{model}, T = {timesteps}: {entry['implementation']}: {rate:,.0f} images/s, {share:.0f} % of floor"
        )
    return lines


def jobs_for(record: Any, images: float, seconds: float) -> int | None:
    """How many trainings of so many images, at once, end most of them in the time; None where nothing was measured."""
    crowds = [c for c in record.crowds if c["implementation"] == "ours-fp32" and c["timesteps"] == 1] if record else []
    ended = {
        len(crowd["images_per_second"]): len(crowd["images_per_second"])
        * (seconds // (OVERHEAD * images / min(crowd["images_per_second"])))
        for crowd in crowds
    }
    return max(ended, key=lambda size: (ended[size], size)) if ended else None


def way_for(record: Any, recipe: Any) -> Engine:
    """The fastest way of the recipe's step in precision auto of those that every process need not compile; the usual
    one where nothing was measured."""
    from ckdsnn.bench.cases import engine_of, switches_of
    from ckdsnn.bench.search import fastest

    own = [
        entry
        for entry in (record.cases if record else [])
        if (entry["model"], entry["timesteps"]) == (recipe.model, recipe.timesteps)
        and entry["implementation"].split(", ")[0] == "ours"
        and "compile" not in switches_of(entry["implementation"])
    ]
    return engine_of(fastest(own)) if own else Engine()


def tested(ways: list[Engine]) -> list[Engine]:
    """The same, without graphs where trainings with them do not pass their tests on this GPU."""
    test = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "cuda", GRAPH_TESTS)
    if not any(way.graph for way in ways) or within(test, TEST_SECONDS):
        return ways
    print("no graphs: trainings compute launch by launch", flush=True)
    return [replace(way, graph=False) for way in ways]


def train(folder: Path, deadline: float, rehearse: bool) -> None:
    """The trainings, one group after the other, until `deadline`, a time of `time.monotonic()`."""
    from ckdsnn.recipe.named import RECIPES
    from ckdsnn.recipe.suites import SEEDS, SUITES
    from ckdsnn.training import run_suite

    groups = (Trainings("in small", ("digits-snn",), 1, 1),) if rehearse else trainings()
    changes = {"epochs": 1, "train_images": 64} if rehearse else {}
    record = newest_bench(folder)
    ways = tested([way_for(record, RECIPES[wanted.recipes[0]]) for wanted in groups])
    for wanted, way in zip(groups, ways, strict=True):
        left = deadline - time.monotonic()
        if left < LEAST and not rehearse:
            break
        first = RECIPES[wanted.recipes[0]]
        images = first.epochs * (50_000 - first.validation_images)
        jobs = (jobs_for(record, images, left) if first.model == "resnet20" else None) or wanted.jobs
        print(f"{wanted.title}: {jobs} at once, {left / 60:.1f} minutes are left", flush=True)
        SUITES["day"], SEEDS["day"] = {first.tier: list(wanted.recipes)}, wanted.seeds
        carried = folder / "data" if (folder / "data" / f"{DATA_SET}.npz").exists() else None
        places = {"out": folder / "results", "data": carried, "results": ROOT / "results"}
        with using(way):
            run_suite("day", first.tier, left, jobs, **places, workers=0, **changes)


def go(options: argparse.Namespace) -> None:
    """The whole day, or the phases that were asked for."""
    start, folder = time.monotonic(), options.folder.resolve()  # children work in another folder
    end = start + 60 * options.minutes - PACKING
    measured = start + 60 * options.minutes * (MEASURED_UNTIL if "train" in options.only else 1)
    (folder / "results").mkdir(parents=True, exist_ok=True)
    known = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(known)  # trainings need not find the package installed
    join(folder / "data", f"{DATA_SET}.npz")
    try:
        with shared_gpu():
            if "test" in options.only:
                run_tests(folder, min(TEST_SECONDS, measured - time.monotonic()))
            if "measure" in options.only:
                measure(folder, measured - time.monotonic(), options.rehearse)
            if "train" in options.only:
                train(folder, end, options.rehearse)
    finally:
        pack(folder, options.part_mb)


def reader() -> argparse.ArgumentParser:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    parts = argparse.ArgumentParser(add_help=False)
    parts.add_argument(
        "--part_mb", type=int, default=40, help="MiB of a part at most, where files are carried in parts"
    )
    first = commands.add_parser("prepare", parents=[parts], help="lay out what has to be carried there")
    first.add_argument("data", type=Path, help=f"folder with {DATA_SET}.npz")
    first.add_argument("folder", type=Path, nargs="?", default=Path("gpu-day"))
    day = commands.add_parser("go", parents=[parts], help="work it off")
    day.add_argument("folder", type=Path, nargs="?", default=Path("gpu-day"))
    day.add_argument("--minutes", type=float, default=15, help="for everything")
    day.add_argument("--only", nargs="+", choices=PHASES, default=PHASES, help="these phases alone")
    day.add_argument("--dry_run", action="store_true", help="print the plan only")
    day.add_argument("--rehearse", action="store_true", help="everything in small")
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
