"""Several processes: the same record as one alone, whoever starts them, and no process that waits for ever."""

import os
import runpy
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from ckdsnn import load_records
from ckdsnn.assemble import build_network
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import TEACHERS
from ckdsnn.recipe import RECIPES
from ckdsnn.training.machine import Machine

SMALL = ["--epochs", "2", "--train_images", "64", "--accelerator", "cpu", "--progress", "false"]
TWO = ["--devices", "2"]
ALONE = [sys.executable, "-m", "ckdsnn"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "ckdsnn"]
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


WITHOUT_NORMS = """
from torch import nn
from ckdsnn.models import TEACHERS, ModelSpec, Tapped
from ckdsnn.recipe import RECIPES

def build(num_classes, inputs):
    body = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU())
    network = nn.Sequential(body, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(16, num_classes))
    return Tapped(network, stages=["0"], head="2")

TEACHERS["without-norms"] = ModelSpec(build)
own = {"name": "own", "model": "without-norms", "width": 8, "crop_padding": 0}
RECIPES["own"] = RECIPES["digits-teacher"].replace(**own)
"""


def test_two_processes_learn_the_weights_that_one_learns(tmp_path):
    """Without batch normalisation, which takes the statistics of each process's share, to rounding."""
    (tmp_path / "own.py").write_text(WITHOUT_NORMS)
    learned = []
    for name, more in (("one", []), ("two", TWO)):
        status, said = train(ALONE, tmp_path / name, *more, "--own", tmp_path / "own.py", recipe="own")
        assert status == 0, said
        (record,) = load_records(tmp_path / name)
        learned.append(load_file(tmp_path / name / "weights" / record.weights["file"]))
    one, two = learned
    assert all(torch.allclose(one[name], two[name], rtol=1e-4, atol=1e-6) for name in one)
    assert any((one[name] - fresh).abs().max() > 1e-3 for name, fresh in fresh_weights(tmp_path).items())


def fresh_weights(folder):
    """Those of the network before any training: it must have moved."""
    tables = dict(TEACHERS), dict(RECIPES)
    runpy.run_path(str(folder / "own.py"))
    network = build_network(RECIPES["own"], 10, 0)
    for table, known in zip((TEACHERS, RECIPES), tables, strict=True):
        table.clear()
        table.update(known)
    return network.state_dict()


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
