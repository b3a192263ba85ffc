"""Runs with losses that have own parameters: these train, are saved beside the student, and survive an interruption."""

import pytest
import torch
from safetensors.torch import load_file

from ckdsnn import load_records, run
from ckdsnn.analysis.evaluate import evaluate
from ckdsnn.assemble import build_network, build_objective, load_network
from ckdsnn.recipe import RECIPES
from ckdsnn.training.module import Classifier

OWN = {f"objective.adapters.bkd.{layer}.{kind}" for layer in (1, 3) for kind in ("weight", "bias")}


@pytest.fixture(scope="module")
def recipe(student):
    """A student that learns by all the rivals' losses at once, beside the tiny teacher."""
    return student.replace(name="tiny-rivals", losses="kdsnn+bkd+at+catkd+e2kd", train_images=64)


@pytest.fixture(scope="module")
def through(recipe, results, record):
    """The record of the uninterrupted run, whose teacher `record` has had trained, and its folder."""
    return run(recipe, out=results, progress=False), results


def test_own_parameters_are_saved_beside_the_students_and_have_been_trained(recipe, through):
    record, out = through
    saved = load_file(out / "weights" / record.weights["file"])
    student = build_network(recipe, 10, 0)
    assert set(saved) == OWN | set(student.state_dict())
    objective = build_objective(recipe, build_network(RECIPES["digits-teacher"], 10), student, 0)
    fresh = objective.state_dict(prefix="objective.")
    assert set(fresh) == OWN and not any(torch.equal(saved[name], fresh[name]) for name in OWN)


def test_the_student_is_loaded_without_them(through):
    record, out = through
    assert evaluate(record.id, out) == record.final["last_accuracy"]
    assert not OWN & set(load_network(record, out).state_dict())
    assert all({"kdsnn", "bkd", "at", "catkd", "e2kd"} <= set(point) for point in record.curve)


def test_resuming_equals_running_through(recipe, through, tmp_path, monkeypatch):
    record, results = through
    start_epoch = Classifier.on_train_epoch_start

    def interrupted(self):
        if self.current_epoch == 1:
            raise KeyboardInterrupt
        start_epoch(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Classifier, "on_train_epoch_start", interrupted)
        run(recipe, out=tmp_path, results=results, progress=False)
    assert [r.recipe["name"] for r in load_records(tmp_path)] == ["tiny-teacher"]
    resumed = run(recipe, out=tmp_path, results=results, progress=False)
    assert (resumed.final, resumed.weights["sha256"]) == (record.final, record.weights["sha256"])
