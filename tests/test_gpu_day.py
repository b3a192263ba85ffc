"""A rented GPU's day: carried in parts, planned by records, and rehearsed in small without a GPU."""

import os
import subprocess
import tarfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ckdsnn.bench import floor
from ckdsnn.engine import Engine, engine
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.suites import SEEDS, SUITES
from ckdsnn.records import load_records
from ckdsnn.records.bench import load_benches
from tests.forked import fork_crowds
from tools.gpu_day import measure, processes, train
from tools.gpu_day.__main__ import main
from tools.gpu_day.luggage import LARGEST, join, pack, split, wheels
from tools.gpu_day.measure import picks
from tools.gpu_day.plan import trainings
from tools.gpu_day.processes import ROOT, SELF, python, shared_gpu, within
from tools.gpu_day.train import jobs_for, way_for


def test_a_file_is_put_together_from_its_parts_to_the_last_byte(tmp_path):
    source = tmp_path / "data.npz"
    source.write_bytes(os.urandom(2500))
    parts = split(source, tmp_path / "there", 1000)
    assert [part.stat().st_size for part in parts] == [1000, 1000, 500]
    assert join(tmp_path / "there", "data.npz").read_bytes() == source.read_bytes()
    assert not join(tmp_path / "there", "other.npz").exists()


def test_data_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["prepare", str(tmp_path / "empty"), str(tmp_path / "day")]) == 2
    assert "gpu_day prepare: no file " in capsys.readouterr().err
    assert not (tmp_path / "day").exists()


def test_the_packages_are_pinned_and_none_is_the_books():
    pins = dict(line.split("==") for line in wheels())
    assert {
        "torch",
        "spikingjelly",
        "lightning",
        "jsonargparse",
        "docstring_parser",
        "typing_extensions",
        "pytest",
        "hypothesis",
    } <= {*pins}
    assert not {"jupyter-book", "Sphinx", "papermill", "bokeh", "playwright"} & {*pins}


def test_the_plan_names_every_run_without_a_record(tmp_path, capsys):
    assert main(["go", str(tmp_path), "--dry_run", "--minutes", "9"]) == 0
    plan = capsys.readouterr().out
    known = {tuple(path.stem.rsplit("-", 2)[1:]) for path in Path("results", "runs").glob("*.json")}  # seed, digest
    runs = [(RECIPES[name], seed) for wanted in trainings() for name in wanted.recipes for seed in range(wanted.seeds)]
    assert {recipe.dataset for recipe, _ in runs} == {"cifar100"}
    for recipe, seed in runs:
        assert (recipe.record_id(seed) in plan) is ((f"s{seed}", recipe.digest()) not in known)
    assert "3.0 min  trainings" in plan and "9.0 min  new records" in plan
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seconds", "jobs"),
    [(50, 16), (39, 4), (10, 16), (130, 16)],
)
def test_so_many_trainings_at_once_as_end_most_of_them_in_the_time(seconds, jobs):
    """Of 1,000 images: one takes 16 s; four 20 s each; sixteen 40 s each. Where none ends, as many as can. In half
    precision, in which these trainings do not compute, sixteen would always be best."""
    rates = {1: 100.0, 4: 80.0, 16: 40.0}
    crowds = [
        {"implementation": f"{base}, graph=True", "timesteps": 1, "images_per_second": [rate * times] * size}
        for base, times in (("ours-fp32", 1), ("ours", 100))
        for size, rate in rates.items()
    ]
    assert jobs_for(SimpleNamespace(crowds=crowds), 1000, seconds) == jobs


def test_without_a_measurement_nothing_is_concluded():
    assert jobs_for(None, 1000, 100) is None and picks(None) == []
    assert way_for(None, RECIPES["digits-snn"]) == Engine()


@pytest.mark.parametrize("works", [True, False])
def test_trainings_take_the_fastest_way_that_need_not_be_compiled_and_works(works, tmp_path, monkeypatch):
    """A rate for each way: the group of ResNet-20, in fp32, is to take a graph, that of ResNet-19, in bf16, is not."""
    rates = {
        ("resnet20", 1): {"ours-fp32, graph=True": 4.0, "ours": 9.0, "ours-fp32, compile=True": 20.0},
        ("resnet20", 4): {"ours-fp32, neuron=triton": 30.0},
        ("resnet19", 1): {"ours": 2.0, "ours, graph=True": 1.0, "reference": 3.0},
    }
    cases = [
        {"model": model, "timesteps": timesteps, "implementation": name, "images_per_second": [rate]}
        for (model, timesteps), own in rates.items()
        for name, rate in own.items()
    ]
    asked, taken = [], []
    for table in (SUITES, SEEDS):
        monkeypatch.setitem(table, "day", None)  # to be taken out again
    monkeypatch.setattr(train, "newest_bench", lambda _: SimpleNamespace(cases=cases, crowds=[]))
    monkeypatch.setattr(measure, "within", lambda command, _: asked.append(command[-1]) or works)
    monkeypatch.setattr("ckdsnn.training.run_suite", lambda *_, **__: taken.append(engine().graph))
    train.train(tmp_path, time.monotonic() + 1000, rehearse=False)
    assert asked == ["tests/training/test_recorded.py"] and taken == [works, False]
    train.train(tmp_path, time.monotonic() + 1000, rehearse=False, graphs=works)  # tested before
    assert len(asked) == 1 and taken[2:] == taken[:2]


def test_what_runs_too_long_or_fails_does_not_end_the_day(capfd):
    assert not within(python("-c", "import time; time.sleep(60)"), 0.1)
    assert not within(python("-c", "raise SystemExit(3)"), 20)
    assert within(python("-c", "assert input() == 'quit'"), 20, "quit\n")
    told = [line.partition(":")[0] for line in capfd.readouterr().out.splitlines()]
    assert told == ["ended after 0 s", "status 3", "status 0"]


@pytest.mark.parametrize("works", [True, False])
def test_processes_share_the_gpu_only_while_the_service_works(works, tmp_path, monkeypatch):
    control = tmp_path / "nvidia-cuda-mps-control"
    control.write_text(f'#!/bin/sh\n[ "$1" = -d ] && echo start >> {tmp_path}/log || cat >> {tmp_path}/log\n')
    control.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(processes, "python", lambda *_: ["true" if works else "false"])  # the trial
    with shared_gpu():
        assert ("CUDA_MPS_PIPE_DIRECTORY" in os.environ) is works
        assert (tmp_path / "log").read_text().split() == (["start"] if works else ["start", "quit"])
    assert "CUDA_MPS_PIPE_DIRECTORY" not in os.environ
    assert (tmp_path / "log").read_text().split() == ["start", "quit"]


def test_records_and_what_has_been_begun_are_carried_back(tmp_path):
    for name in ("runs/a.json", "arrays/a.npz", "work/a/last.ckpt", "work/b/last.ckpt"):
        (tmp_path / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / name).write_bytes(os.urandom(2**19))
    (tmp_path / "results" / "large").write_bytes(bytes(LARGEST + 1))
    pack(tmp_path, 1)
    (tmp_path / "results.tar.gz").unlink()
    join(tmp_path / "back", "results.tar.gz").rename(tmp_path / "joined.tar.gz")
    with tarfile.open(tmp_path / "joined.tar.gz") as tar:
        assert tar.getnames() == ["results/arrays/a.npz", "results/runs/a.json", "results/work/b/last.ckpt"]


def test_the_rehearsal_measures_and_trains_in_small(tmp_path, monkeypatch, capfd):
    """A dozen seconds of a CPU: nothing else shows that the parts fit together before a GPU's minutes are spent.

    The search takes place in this process, and steps at once in forks, which have loaded everything; the training is
    a command as always.
    """
    for table in (SUITES, SEEDS):
        monkeypatch.setitem(table, "day", None)
    monkeypatch.setattr(floor, "SIZES", floor.SIZES)
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))  # what the day changes goes with the test
    fork_crowds(monkeypatch)
    monkeypatch.setattr(measure, "within", lambda command, _: main(command[len(python(*SELF)) :]))
    assert main(["go", str(tmp_path), "--rehearse", "--only", "measure", "train"]) == 0
    (bench,), (record,) = load_benches(tmp_path / "results"), load_records(tmp_path / "results")
    assert bench.cases[0]["implementation"] == "ours" and record.recipe["name"] == "digits-snn"
    said = capfd.readouterr().out
    assert "resnet8, T = 1: ours: " in said and "to be carried back" in said
    with tarfile.open(tmp_path / "results.tar.gz") as tar:
        assert {f"results/bench/{bench.id}.json", f"results/runs/{record.id}.json"} <= {*tar.getnames()}


def test_it_is_a_program():
    done = subprocess.run(python(*SELF, "go", "--help"), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("usage: python -m tools.gpu_day go ")
