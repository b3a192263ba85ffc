"""run_together(): whatever happens to the others, each record is the one of a training alone."""

import os
import signal
import time
from dataclasses import asdict

import numpy as np
import pytest
import torch

from ckdsnn import CkdsnnError, load_records, run
from ckdsnn.cli import main
from ckdsnn.distill import Objective
from ckdsnn.records import find_record
from ckdsnn.records.failure import FAILURES
from ckdsnn.training import Busy, OutOfTime, lock, run_together
from ckdsnn.training.lock import only_process
from ckdsnn.training.module import Classifier
from ckdsnn.training.run import work_folder
from ckdsnn.training.together import SHOWN
from tests.forked import fork, status_of


@pytest.fixture(scope="module")
def recipes(student):
    """A plain student, and three that ask the teacher for different things: noise and blur are drawn besides."""
    return [
        student.replace(name="plain", losses="none", timesteps=1, epochs=3),
        student.replace(name="blurred", losses="nld+bkd", gamma=0.5, timesteps=1),
        student.replace(name="both", timesteps=1),
        student.replace(name="everywhere", every_stage=True, losses="samd", timesteps=2),
    ]


@pytest.fixture(scope="module")
def alone(recipes, results, tmp_path_factory):
    """Their records, trained one after the other."""
    out = tmp_path_factory.mktemp("alone")
    return [run(recipe, out=out, results=results, progress=False) for recipe in recipes]


def result(record):
    """A record without clocks, and what tells of the machine and the repository."""
    curve = [{name: v for name, v in point.items() if not name.endswith("seconds")} for point in record.curve]
    others = ("started", "seconds", "images_per_second", "code", "env")
    return {name: value for name, value in asdict(record).items() if name not in others} | {"curve": curve}


def assert_same(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        assert result(one) == result(other)


@pytest.fixture
def threads():
    """Lets torch compute on so many threads; those that train alone here have one."""
    yield torch.set_num_threads
    torch.set_num_threads(1)


@pytest.mark.parametrize(("cores", "at_once"), [(1, 1), (3, 3), (7, 4)])
def test_each_record_equals_the_one_of_a_training_alone(
    cores, at_once, recipes, alone, results, tmp_path, monkeypatch, threads
):
    threads(cores)
    asked = []
    observe = Objective.observe
    monkeypatch.setattr(Objective, "observe", lambda self, images: asked.append(1) or observe(self, images))
    records = run_together(recipes, out=tmp_path, results=results, progress=False)
    assert_same(records, alone)
    assert torch.get_num_threads() == cores
    assert [record.side_by_side for record in records] == [4] * 4 and alone[0].side_by_side == 1
    assert {(r.env["at_once"], r.env["threads"]) for r in records} == {(at_once, cores // at_once)}
    assert len(asked) == 2 * 3  # once a step, of which an epoch has three
    monkeypatch.setattr(Classifier, "training_step", lambda *_: pytest.fail("trained again"))
    assert run_together([recipes[2], recipes[0], recipes[2]], out=tmp_path) == [records[2], records[0], records[2]]


def test_what_is_left_of_a_command_goes_on_with_the_threads_of_one_of_its_students(
    recipes, alone, results, tmp_path, threads
):
    """Of two students on two threads one is done: the other has one thread, as it had beside the first."""
    run(recipes[0], out=tmp_path, progress=False)
    threads(2)
    records = run_together(recipes[:2], out=tmp_path, results=results, progress=False)
    assert_same(records, alone[:2])
    assert records[1].env["threads"] == 1 and torch.get_num_threads() == 2


def test_each_student_has_as_many_threads_as_asked(recipes, results, tmp_path, threads):
    threads(4)
    small = [recipe.replace(epochs=1, train_images=32) for recipe in recipes]
    records = run_together(small, out=tmp_path, results=results, progress=False, threads=2)
    assert {(r.env["threads"], r.env["at_once"]) for r in records} == {(2, 2)}
    fresh = {record.recipe["name"]: record.env["threads"] for record in load_records(results)}
    numpys = {"threads": np.int64(2), "seed": np.int64(1)}
    run_together([small[2]], out=tmp_path / "fresh", progress=False, **numpys)
    taught = {record.recipe["name"]: record.env["threads"] for record in load_records(tmp_path / "fresh")}
    assert fresh["tiny-teacher"] == 1 and taught == {"tiny-teacher": 2, "both": 2}
    with pytest.raises(CkdsnnError, match="threads = 0; expected an integer of at least 1"):
        run_together(small, out=tmp_path, threads=0)


def test_one_that_diverges_leaves_and_the_others_go_on(recipes, alone, results, tmp_path, capsys):
    wild = recipes[2].replace(name="wild", lr=1e30)
    with pytest.raises(CkdsnnError, match=r"diverged: \w+ was not finite at step \d of epoch 1; on record in"):
        run_together([recipes[0], wild, recipes[1]], out=tmp_path, results=results, progress=False)
    assert_same([find_record(recipe.digest(), 0, tmp_path) for recipe in recipes[:2]], alone[:2])
    (failure,) = FAILURES.load_all(tmp_path)
    assert failure.id == wild.record_id(0) and not find_record(wild.digest(), 0, tmp_path)
    assert "wild is no longer trained beside the others: the training diverged" in capsys.readouterr().out


def steps_of(monkeypatch):
    """The name, epoch and step of every training step from here on, in order."""
    seen, step = [], Classifier.training_step

    def noted(self, batch):
        seen.append((self.recipe.name, self.current_epoch, self.trainer.fit_loop.batch_idx))
        return step(self, batch)

    monkeypatch.setattr(Classifier, "training_step", noted)
    return seen


def test_one_that_is_behind_catches_up(recipes, alone, results, tmp_path, monkeypatch):
    plain, blurred = recipes[:2]
    with pytest.raises(OutOfTime):
        run(plain, out=tmp_path, progress=False, budget=1e-3)  # one epoch
    seen = steps_of(monkeypatch)
    assert_same(run_together(recipes[:2], out=tmp_path, results=results, progress=False), alone[:2])
    behind = [(blurred.name, 0, step) for step in range(3)]
    in_step = [(name, 1, step) for step in range(3) for name in (plain.name, blurred.name)]
    assert seen == [*behind, *in_step, *((plain.name, 2, step) for step in range(3))]


def test_at_the_end_of_a_budget_all_stop_and_any_of_them_goes_on_alone(recipes, alone, results, tmp_path):
    with pytest.raises(OutOfTime, match=r"plain, seed 0, stopped after epoch 1 of 3.*blurred, seed 0, stopped after"):
        run_together(recipes[:2], out=tmp_path, results=results, progress=False, budget=1e-3)
    assert_same([run(recipes[1], out=tmp_path, progress=False)], [alone[1]])
    assert_same(run_together(recipes[:2], out=tmp_path, results=results, progress=False), alone[:2])


KILLED = """
import os, signal
from ckdsnn.recipe import RECIPES
from ckdsnn.training.module import Classifier
RECIPES["tiny-teacher"] = RECIPES["digits-teacher"].replace(name="tiny-teacher", train_images=96, epochs=2)
step = Classifier.training_step
def fatal(self, batch):
    if (self.recipe.name, self.current_epoch, self.trainer.fit_loop.batch_idx) == ("digits-kd", 1, 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch)
Classifier.training_step = fatal
"""


@pytest.mark.usefixtures("results")
def test_after_a_kill_the_same_command_goes_on_to_the_same_records(tmp_path, capsys):
    """A process of its own, because it is killed: that of the command, in the midst of the second epoch."""
    words = ["train", "digits-snn", "digits-kd", "--teacher", "tiny-teacher", "--train_images", "96", "--epochs", "2"]
    words += ["--timesteps", "1", "--progress", "false", "--out"]
    own, killed = tmp_path / "own.py", tmp_path / "killed"
    own.write_text(KILLED)
    assert status_of(fork([*words, str(killed), "--own", str(own)], tmp_path / "log")) == -signal.SIGKILL
    assert not [r for r in load_records(killed) if "kd" in r.id or "snn" in r.id]
    assert main([*words, str(killed)]) == main([*words, str(tmp_path / "through")]) == 0
    assert capsys.readouterr().out.count("continuing from") == 2
    assert_same(*(load_records(tmp_path / folder) for folder in ("killed", "through")))


def test_ctrl_c_stops_all_and_the_same_call_goes_on(recipes, alone, results, tmp_path, monkeypatch):
    step = Classifier.training_step

    def interrupting(self, batch):
        if (self.recipe.name, self.current_epoch) == ("blurred", 1):
            os.kill(os.getpid(), signal.SIGINT)
            while not self.beside.group.turns.stopped:
                time.sleep(0.01)
        return step(self, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="same command continues"):
        patch.setattr(Classifier, "training_step", interrupting)
        run_together(recipes[:2], out=tmp_path, results=results, progress=False)
    assert all((work_folder(recipe, 0, tmp_path) / "last.ckpt").is_file() for recipe in recipes[:2])
    assert not find_record(recipes[0].digest(), 0, tmp_path)
    assert_same(run_together(recipes[:2], out=tmp_path, progress=False), alone[:2])


def test_a_mistake_in_the_program_ends_all(recipes, results, tmp_path, monkeypatch):
    def mistaken(self, batch):
        raise ValueError("a mistake")

    monkeypatch.setattr(Classifier, "training_step", mistaken)
    with pytest.raises(ValueError, match="a mistake"):
        run_together(recipes[:3], out=tmp_path, results=results, progress=False)


def test_one_that_another_process_trains_is_left_out_and_said(recipes, alone, results, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(lock, "GRACE", 0)
    with (
        only_process(work_folder(recipes[1], 0, tmp_path)),
        pytest.raises(Busy, match=f"another process is training {recipes[1].record_id(0)}"),
    ):
        run_together(recipes[:3], out=tmp_path, results=results, progress=False)
    assert "blurred is no longer trained beside the others: another process" in capsys.readouterr().out
    found = [find_record(recipe.digest(), 0, tmp_path) for recipe in recipes[:3]]
    assert found[1] is None
    assert_same([found[0], found[2]], [alone[0], alone[2]])
    assert found[0].side_by_side == 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_a_gpu_one_that_ends_leaves_the_others_their_teacher(recipes, results, tmp_path):
    wild = recipes[2].replace(name="wild", lr=1e30)  # the first to ask
    with pytest.raises(CkdsnnError, match="diverged"):
        run_together([wild, *recipes], out=tmp_path, results=results, progress=False, accelerator="cuda")
    assert all(find_record(recipe.digest(), 0, tmp_path) for recipe in recipes)


@pytest.mark.parametrize("change", [{"erasing": 0.25}, {"batch_size": 16}, {"teacher_seed": 3}, {"precision": "fp32"}])
def test_recipes_that_show_something_else_are_refused(change, recipes, tmp_path):
    (name,) = change
    assert name in SHOWN
    with pytest.raises(CkdsnnError, match=f"plain and blurred cannot be trained side by side: {name} = .*; expected"):
        run_together([recipes[0], recipes[1].replace(**change)], out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_seed_that_is_too_large_is_refused_before_anything_is_trained(recipes, tmp_path):
    with pytest.raises(CkdsnnError, match=f"seed = {2**32}; expected an integer from 0 to {2**32 - 1}"):
        run_together(recipes[:2], seed=2**32, out=tmp_path / "none", progress=False)
    assert not (tmp_path / "none").exists()


def test_the_command_refuses_several_devices_for_several_recipes(tmp_path, capsys):
    assert main(["train", "digits-snn", "digits-kd", "--devices", "2", "--out", str(tmp_path / "none")]) == 2
    assert "devices = 2: several recipes are trained side by side on one device" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_missing_teacher_is_trained_first_and_alone(student, tmp_path, capsys):
    small = {"train_images": 64, "epochs": 1}
    run_together([student, student.replace(losses="kd")], out=tmp_path, progress=False, **small)
    assert capsys.readouterr().out.count("tiny-teacher (seed 0) is not on record: training it first") == 1
    assert {r.recipe["name"]: r.side_by_side for r in load_records(tmp_path)} == {"tiny-ckdsnn": 2, "tiny-teacher": 1}
