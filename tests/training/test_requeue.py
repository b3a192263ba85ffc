"""A training that is asked to stop goes on by the same command, and ends with the record of one that never was."""

import signal

import pytest

from ckdsnn import load_records, run
from ckdsnn.cli import main
from ckdsnn.signals import ASKING
from ckdsnn.training.module import Classifier, Curve
from tests.forked import fork, status_of

CALL = ["train", "digits-snn-t1", "--epochs", "3", "--train_images", "64", "--accelerator", "cpu"]
CALL += ["--progress", "false"]
JOB = {"SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0", "SLURM_JOB_ID": "7"}
JOB |= {"SLURM_JOB_NAME": "train", "SLURM_NTASKS_PER_NODE": "1"}  # as srun sets them

# Stands in for the batch system: once there is a checkpoint, a signal in the midst of the next epoch.
SENDS = """
import os, pathlib, signal
from ckdsnn.training.module import Classifier

step = Classifier.training_step

def interrupted(self, batch):
    if self.current_epoch == 1 and os.environ.get("SLURM_RESTART_COUNT") != "1":
        assert list(pathlib.Path({out!r}).glob("work/*/last.ckpt"))
        os.kill(os.getpid(), {number})
    return step(self, batch)

Classifier.training_step = interrupted
"""


@pytest.fixture(scope="module")
def through(tmp_path_factory):
    """The record of a training that nothing has stopped."""
    out = tmp_path_factory.mktemp("through")
    return run("digits-snn-t1", out=out, epochs=3, train_images=64, accelerator="cpu", progress=False)


def told(record):
    """What a record says, but for times."""
    points = [{name: value for name, value in point.items() if "seconds" not in name} for point in record.curve]
    return record.weights, record.arrays, record.final, record.env, points


def call(tmp_path, number):
    own = tmp_path / "own.py"
    own.write_text(SENDS.format(out=str(tmp_path / "out"), number=int(number)))
    return [*CALL, "--out", str(tmp_path / "out"), "--own", str(own)]


def submit_again(arguments, tmp_path, monkeypatch):
    """What a batch system does with a job that it has stopped; returns the record."""
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert main(arguments) == 0
    (record,) = load_records(tmp_path / "out")
    return record


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Let this process, and those that it starts, be a job of SLURM's that runs in `tmp_path`."""
    monkeypatch.setattr(Classifier, "training_step", Classifier.training_step)  # which the own file replaces
    monkeypatch.chdir(tmp_path)
    for name, value in JOB.items():
        monkeypatch.setenv(name, value)


def test_a_job_that_slurm_ends_and_queues_again_gives_the_record_of_one_that_it_let_be(
    job, tmp_path, through, monkeypatch, capsys
):
    arguments = call(tmp_path, signal.SIGTERM)
    log = tmp_path / "log"
    assert status_of(fork(arguments, log, **JOB)) == 3, log.read_text()
    assert log.read_text().endswith("stopped by SIGTERM; the same command continues after the last whole epoch\n")
    assert not (tmp_path / "out" / "runs").exists()
    assert told(submit_again(arguments, tmp_path, monkeypatch)) == told(through)
    assert "continuing from" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 3), (signal.SIGUSR1, 3), (signal.SIGINT, 130)], ids=lambda value: str(value)
)
def test_other_signals_likewise(number, status, job, tmp_path, through, monkeypatch, capsys):
    """Under SLURM Lightning itself would take SIGUSR1 for a request to save in the midst of the epoch."""
    arguments = call(tmp_path, number)
    assert main(arguments) == status
    assert "the same command continues" in capsys.readouterr().err
    assert not list(tmp_path.rglob("hpc_ckpt*")) and not list(tmp_path.rglob("*.partial*"))
    assert told(submit_again(arguments, tmp_path, monkeypatch)) == told(through)


def test_a_training_in_a_program_of_ones_own_leaves_signals_to_it(job, tmp_path, monkeypatch):
    """Lightning would answer them, and ignore Ctrl-C once there was one."""
    numbers = (signal.SIGINT, *ASKING)
    before, seen = [signal.getsignal(number) for number in numbers], []

    def look(*_):
        seen.append([signal.getsignal(number) for number in numbers])

    def interrupted(*_):
        look()
        raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "training_step", interrupted)
    monkeypatch.setattr(Curve, "on_exception", look)
    with pytest.raises(KeyboardInterrupt, match="interrupted; the same command continues"):
        run("digits-snn-t1", out=tmp_path, epochs=1, train_images=64, progress=False)
    assert seen == [before, before]
    assert [signal.getsignal(number) for number in numbers] == before
