"""A budget of time: how it is written, when a training stops for it, and that nothing is lost by stopping."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ckdsnn import CkdsnnError, run
from ckdsnn.recipe import RECIPES
from ckdsnn.records.provenance import environment
from ckdsnn.training import OutOfTime, budget, parse_duration
from ckdsnn.training.budget import Deadline, deadline_after
from ckdsnn.training.estimate import read_progress
from ckdsnn.training.run import work_folder

SNN = RECIPES["digits-snn"].replace(name="budget-snn", train_images=64, epochs=3)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("9m", 540), ("2h", 7200), ("1h30m", 5400), ("1h0m5s", 3605), ("0h1s", 1)]
)
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "9", "m", "0s", "-9m", "9 m", "30m1h", "1.5h", "9M", "9min", "9m\n"])
def test_other_texts_are_no_durations(text):
    with pytest.raises(CkdsnnError, match=r"budget = .*; expected hours, minutes, seconds"):
        parse_duration(text)


@pytest.mark.parametrize("seconds", [0, -1, "9m", True, math.nan])
def test_a_budget_is_a_positive_number_of_seconds(seconds, tmp_path):
    with pytest.raises(CkdsnnError, match=r"budget = .*; expected a positive number"):
        run(SNN, out=tmp_path / "out", budget=seconds)
    assert not list(tmp_path.iterdir())


def test_no_budget_never_ends(monkeypatch):
    assert deadline_after(None) == math.inf
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: 100.0))
    assert deadline_after(9) == deadline_after(np.int64(9)) == 109


@pytest.mark.parametrize(
    ("end", "epochs"),
    [(5, 1), (19, 1), (20, 6), (21, 6), (22, 7), (24, 8), (math.inf, 9)],
)
def test_a_training_stops_after_the_last_epoch_that_fits(end, epochs, monkeypatch):
    """The first epoch takes 10 s, each of the others 2: the n-th ends after 8 + 2 n seconds."""
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(budget, "time", clock)
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision)
    trainer, deadline, done = SimpleNamespace(should_stop=False, strategy=strategy), Deadline(end), 0
    while not trainer.should_stop and done < 9:
        deadline.on_train_epoch_start(trainer, None)
        clock.now += 2 if done else 10
        done += 1
        deadline.on_train_epoch_end(trainer, None)
    assert done == epochs


def test_processes_stop_if_one_of_them_is_late():
    asked = []
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: asked.append((decision, all)) or True)
    trainer = SimpleNamespace(should_stop=False, strategy=strategy)
    Deadline(math.inf).on_train_epoch_end(trainer, None)
    assert trainer.should_stop and asked == [(False, False)]  # late for any is late for all


def test_stopping_for_the_budget_and_going_on_equals_running_through(tmp_path):
    through = run(SNN, out=tmp_path / "through", progress=False)
    out = tmp_path / "parts"
    for epoch in (1, 2):
        with pytest.raises(OutOfTime, match=f"budget-snn, seed 0, stopped after epoch {epoch} of 3; the same command"):
            run(SNN, out=out, progress=False, budget=1e-3)
        assert [path.name for path in out.iterdir()] == ["work"]
    resumed = run(SNN, out=out, progress=False, budget=1e-3)  # its last epoch: the record is written all the same
    assert resumed.weights["sha256"] == through.weights["sha256"]
    accuracies = [[(p["ce"], p["train_accuracy"], p["test_accuracy"]) for p in r.curve] for r in (resumed, through)]
    assert accuracies[0] == accuracies[1] and len(accuracies[0]) == 3
    assert resumed.final == through.final


def test_the_checkpoint_tells_its_machine(tmp_path):
    with pytest.raises(OutOfTime):
        run(SNN, out=tmp_path, progress=False, budget=1e-3, accelerator="cpu")
    progress = read_progress(work_folder(SNN, 0, tmp_path))
    here = environment(torch.device("cpu"), "")
    assert progress.machine == {"device": here["device"], "threads": here["threads"], "at_once": 1}
    assert [point["epoch"] for point in progress.points] == [1]


def test_a_teacher_uses_up_the_students_budget(student, tmp_path):
    with pytest.raises(OutOfTime, match="tiny-teacher, seed 0, stopped after epoch 1 of 2"):
        run(student, out=tmp_path, progress=False, budget=1e-3)
    assert not (tmp_path / "runs").exists()
