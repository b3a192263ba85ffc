"""Several processes: the same record as one alone, whoever starts them, and no process that waits for ever."""

import os
import subprocess
import sys

import pytest

from ckdsnn import load_records
from ckdsnn.errors import CkdsnnError
from ckdsnn.training.machine import Machine

SMALL = ["--epochs", "2", "--train_images", "64", "--accelerator", "cpu", "--progress", "false"]
TWO = ["--devices", "2"]
ALONE = [sys.executable, "-m", "ckdsnn.cli"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "ckdsnn.cli"]
LIMIT = 240  # seconds after which processes that wait for each other are given up


def call(start, *arguments, data="."):
    """Run the command in processes of one thread; its exit status and what it has printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CKDSNN_DATA": str(data)}
    done = subprocess.run(
        [*start, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT, env=environment
    )
    return done.returncode, done.stdout + done.stderr


def train(start, out, *arguments, recipe="digits-ckdsnn"):
    return call(start, "train", recipe, "--out", out, *SMALL, *arguments)


@pytest.mark.parametrize("start", [ALONE, TORCHRUN], ids=["started by Lightning", "started by torchrun"])
def test_two_processes_train_teacher_and_student_and_write_one_record_each(start, tmp_path):
    status, said = train(start, tmp_path, *TWO, "--teacher", "digits-teacher", "--seed", "1")
    assert status == 0, said
    assert said.count("record digits-ckdsnn-s1") == 1 and said.count("training it first") == 1
    student, teacher = load_records(tmp_path)
    assert (student.devices, student.global_batch, len(student.curve)) == (2, 32, 2)
    assert teacher.devices == 2 and student.teacher["record"] == teacher.id
    assert student.final["last_accuracy"]["test_images"] == 360
    assert not list(tmp_path.rglob("*partial*"))


def test_two_processes_learn_what_one_does_up_to_batch_normalisation(tmp_path):
    """Without augmentation: losses differ by the statistics of half a batch; the images of an epoch are the same."""
    plain = ["--crop_padding", "0", "--epochs", "1", "--lr", "1e-9"]
    curves = {}
    for name, more in (("one", []), ("two", TWO)):
        status, said = train(ALONE, tmp_path / name, *more, *plain, recipe="digits-snn")
        assert status == 0, said
        (record,) = load_records(tmp_path / name)
        curves[name] = record.curve[0]
    assert curves["two"]["ce"] == pytest.approx(curves["one"]["ce"], rel=0.1)
    assert curves["two"]["test_accuracy"] == pytest.approx(curves["one"]["test_accuracy"], abs=1)


def test_an_interrupted_run_goes_on_with_another_number_of_devices(tmp_path):
    status, said = train(ALONE, tmp_path, *TWO, "--budget", "1s", recipe="digits-snn")
    assert status == 3 and "stopped after epoch 1 of 2" in said, said
    status, said = train(ALONE, tmp_path, recipe="digits-snn")
    assert status == 0 and "continuing from" in said, said
    (record,) = load_records(tmp_path)
    assert len(record.curve) == 2 and record.devices == 1


def test_an_error_at_the_end_ends_all_processes(tmp_path):
    (tmp_path / "arrays").write_text("a file where a folder should be")
    status, said = train(ALONE, tmp_path, *TWO, recipe="digits-snn")
    assert status != 0 and "arrays" in said
    assert not load_records(tmp_path)


def test_a_number_of_processes_that_does_not_fit_is_refused_before_any_work(tmp_path):
    status, said = train(TORCHRUN, tmp_path, recipe="digits-snn")
    assert status != 0 and "2 processes have been started for devices = 1, nodes = 1" in said
    assert not (tmp_path / "runs").exists()


def test_a_batch_that_cannot_be_shared_out_is_refused(tmp_path):
    status, said = train(ALONE, tmp_path, *TWO, "--batch_size", "31", recipe="digits-snn")
    assert status == 2 and "batch_size = 31 cannot be shared out among 2 devices" in said


@pytest.mark.parametrize("wrong", [{"devices": 0}, {"nodes": 0}, {"workers": -1}])
def test_impossible_machines_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(CkdsnnError, match=f"{name} = "):
        Machine(**wrong)
