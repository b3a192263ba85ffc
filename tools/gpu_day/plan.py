"""What a GPU's day is for: the runs, what has to be carried there for them, and the plan with its times."""

from pathlib import Path
from typing import Any, NamedTuple

from tools.gpu_day.luggage import split, wheels
from tools.gpu_day.processes import ROOT

DATA_SET = "cifar100"
MINUTES = 9  # of a day unless told: on some rented machines no command may last longer than ten
TEST_SECONDS = 75  # at most, with the compilers beside them
MEASURED_UNTIL = 1 / 3  # of the time


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


def prepare(data: Path, folder: Path, megabytes: int) -> None:
    """Check what the day needs, and lay it into the folder. Raises CkdsnnError for data that is not there or not it."""
    from ckdsnn.data.load import load_dataset

    load_dataset(DATA_SET, data, download=False)
    parts = split(data / f"{DATA_SET}.npz", folder / "data", megabytes * 2**20)
    print(f"data: {DATA_SET} is whole; {len(parts)} parts in {folder / 'data'}")
    (folder / "requirements.txt").write_text("\n".join(wheels()) + "\n")
    print(f"packages: {folder / 'requirements.txt'}; where that machine has no network, carry their wheels:")
    print(f"  pip download --no-deps -r {folder / 'requirements.txt'} -d {folder / 'wheels'}")
    show_plan(folder, MINUTES)


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
