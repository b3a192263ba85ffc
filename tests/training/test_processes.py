"""Several processes: the same record as one alone, whoever starts them, and no process that waits for ever."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from lightning.fabric.plugins.environments.lightning import find_free_network_port
from safetensors.torch import load_file
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from ckdsnn import load_records
from ckdsnn.assemble import build_network
from ckdsnn.cli import main
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import TEACHERS
from ckdsnn.recipe import RECIPES
from ckdsnn.training.machine import Machine
from tests.forked import FORKS, LIMIT, command, fork, status_of

SMALL = ["--epochs", "2", "--train_images", "64", "--accelerator", "cpu", "--progress", "false"]
TWO = ["--devices", "2"]


def words(out, *arguments, recipe="digits-ckdsnn"):
    return ["train", recipe, "--out", str(out), *SMALL, *map(str, arguments)]


def by_lightning(words, log):
    """Start the command as a user does: Lightning starts the other process."""
    with log.open("w") as file:
        started = [sys.executable, "-m", "ckdsnn", *words]
        assert subprocess.run(started, stdout=file, stderr=file, timeout=LIMIT).returncode == 0


def by_torchrun(words, log):
    """Let torchrun's own launcher start two forks."""
    launcher = FORKS.Process(target=launch, args=(words, log))
    launcher.start()
    assert status_of(launcher) == 0


def launch(words, log):
    config = LaunchConfig(1, 1, 2, rdzv_backend="c10d", rdzv_endpoint="localhost:0", max_restarts=0)
    config.start_method = "forkserver"
    elastic_launch(config, command)(words, log, {})


def two_forks(words, log):
    """Two forks that know of each other as torchrun's do, but that nobody ends when one fails; their statuses."""
    shared = {"MASTER_ADDR": "localhost", "MASTER_PORT": str(find_free_network_port()), "TORCHELASTIC_RUN_ID": "1"}
    shared |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GROUP_RANK": "0"}
    forks = [fork([*words, *TWO], log, **shared, RANK=rank, LOCAL_RANK=rank) for rank in "01"]
    return [status_of(process) for process in forks]


OWN = """
from torch import nn
from ckdsnn.models import TEACHERS, ModelSpec, Tapped
from ckdsnn.recipe import RECIPES

def build(num_classes, inputs):
    body = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU())
    network = nn.Sequential(body, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(16, num_classes))
    return Tapped(network, stages=["0"], head="2")

TEACHERS["without-norms"] = ModelSpec(build)
own = {"name": "own", "model": "without-norms", "width": 8, "crop_padding": 0, "epochs": 2, "train_images": 64}
own["precision"] = "fp32"  # sums of halves of a batch are equal to rounding, and that of bf16 is coarse
RECIPES["own"] = RECIPES["digits-teacher"].replace(**own)
"""


@pytest.fixture
def own(tmp_path):
    """The file of one's own; what it adds in this process is taken away again."""
    path, tables = tmp_path / "own.py", (dict(TEACHERS), dict(RECIPES))
    path.write_text(OWN)
    yield path
    for table, known in zip((TEACHERS, RECIPES), tables, strict=True):
        table.clear()
        table.update(known)


@pytest.mark.parametrize("start", [by_lightning, by_torchrun])
def test_two_processes_train_teacher_and_student_and_write_one_record_each(start, own, tmp_path):
    out, log = tmp_path / "out", tmp_path / "log"
    start(words(out, *TWO, "--own", own, "--teacher", "own", "--seed", "1"), log)
    said = log.read_text()
    assert said.count("record digits-ckdsnn-s1") == 1 and said.count("training it first") == 1
    student, teacher = load_records(out)
    assert (student.devices, student.global_batch, len(student.curve)) == (2, 32, 2)
    assert teacher.devices == 2 and student.teacher["record"] == teacher.id
    assert student.final["last_accuracy"]["test_images"] == 360
    assert not list(out.rglob("*partial*"))


def test_two_processes_learn_the_weights_that_one_learns(own, tmp_path):
    """Without batch normalisation, which takes the statistics of each process's share, to rounding."""
    log = tmp_path / "log"
    assert two_forks(words(tmp_path / "two", "--own", own, recipe="own"), log) == [0, 0], log.read_text()
    assert main(words(tmp_path / "one", "--own", own, recipe="own")) == 0
    learned = []
    for name in ("one", "two"):
        (record,) = load_records(tmp_path / name)
        learned.append(load_file(tmp_path / name / "weights" / record.weights["file"]))
    one, two = learned
    assert all(torch.allclose(one[name], two[name], rtol=1e-4, atol=1e-6) for name in one)
    fresh = build_network(RECIPES["own"], 10, 0).state_dict()
    assert any((one[name] - fresh[name]).abs().max() > 1e-3 for name in fresh), "nothing was learned"


def test_an_interrupted_run_goes_on_with_another_number_of_devices(tmp_path, capsys):
    own, log = tmp_path / "own.py", tmp_path / "log"
    own.write_text(
        "import ckdsnn.training\nckdsnn.training.parse_duration = lambda _: 1e-3  # less than an epoch takes"
    )
    assert two_forks(words(tmp_path, "--own", own, "--budget", "1s", recipe="digits-snn"), log) == [3, 3]
    assert "stopped after epoch 1 of 2" in log.read_text()
    assert main(words(tmp_path, recipe="digits-snn")) == 0
    assert "continuing from" in capsys.readouterr().out
    (record,) = load_records(tmp_path)
    assert len(record.curve) == 2 and record.devices == 1


def test_an_error_at_the_end_ends_all_processes(tmp_path):
    (tmp_path / "arrays").write_text("a file where a folder should be")
    log = tmp_path / "log"
    assert two_forks(words(tmp_path, recipe="digits-snn"), log) == [2, 2]
    assert "arrays" in log.read_text()
    assert not load_records(tmp_path)


@pytest.fixture
def unstarted(monkeypatch):
    """No process is started."""
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))


@pytest.mark.usefixtures("unstarted")
def test_a_number_of_processes_that_does_not_fit_is_refused_before_any_work(tmp_path, monkeypatch, capsys):
    """As torchrun has told each of two processes of the other."""
    for name in ("RANK", "LOCAL_RANK", "GROUP_RANK"):
        monkeypatch.setenv(name, "0")
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(name, "2")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    assert main(words(tmp_path, recipe="digits-snn")) == 2
    assert "2 processes have been started for devices = 1, nodes = 1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("unstarted")
def test_a_batch_that_cannot_be_shared_out_is_refused_before_any_work(tmp_path, capsys):
    assert main(words(tmp_path, *TWO, "--batch_size", "31", recipe="digits-snn")) == 2
    assert "batch_size = 31 cannot be shared out among 2 devices" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpys_make_the_same_machine():
    machine = Machine(devices=np.int64(1), nodes=np.int64(1), workers=np.int64(2))
    assert [type(number) for number in (machine.devices, machine.nodes, machine.workers)] == [int] * 3


@pytest.mark.parametrize("wrong", [{"devices": 0}, {"nodes": 0}, {"workers": -1}])
def test_impossible_machines_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(CkdsnnError, match=f"{name} = "):
        Machine(**wrong)
