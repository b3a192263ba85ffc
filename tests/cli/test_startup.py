"""What the command loads before it answers: never torch, nor any other library that takes longer than the answer."""

import re
import subprocess
import sys

import pytest

import ckdsnn

HEAVY = {
    *("torch", "torchvision", "torchaudio", "torchmetrics", "lightning", "pytorch_lightning", "spikingjelly"),
    *("numpy", "scipy", "pandas", "sklearn", "matplotlib", "seaborn", "PIL", "jsonschema", "papermill"),
}
COMMAND = [sys.executable, "-X", "importtime", "-m", "ckdsnn"]  # every import as a line among the errors
IMPORT = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)$", re.M)


def loaded(said: str) -> set[str]:
    """The libraries whose import is among these lines."""
    found = {name.split(".")[0] for name in IMPORT.findall(said)}
    assert {"ckdsnn", "jsonargparse"} <= found, "the trace is read as it should be"
    return found


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "list",
        "cite",
        "cite cifar10-16k-ckdsnn-stage1",
        "train --help",
        "suite --help",
        "completion bash",
    ],
)
def test_an_answer_waits_for_no_heavy_library(words, tmp_path):
    done = subprocess.run([*COMMAND, *words.split()], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout, done.stderr
    assert loaded(done.stderr) & HEAVY == set()


def test_train_speaks_before_it_loads_torch(tmp_path):
    command = [*COMMAND, "train", "digits-snn", "--epochs", "3", "--seed", "2", "--out", str(tmp_path)]
    before = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            if not line.startswith("import time:"):
                break
            before.append(line)
        process.kill()
    assert line == "digits-snn, seed 2: 3 epochs on digits; loading torch\n"
    assert loaded("".join(before)) & HEAVY == set()


@pytest.mark.parametrize("rank", ["RANK", "LOCAL_RANK", "SLURM_PROCID"])
def test_of_several_processes_the_first_alone_speaks(rank, monkeypatch, capsys):
    from ckdsnn.cli import COMMANDS
    from ckdsnn.cli.train import announce

    options = COMMANDS["train"].parser().parse_args(["digits-snn"])
    monkeypatch.setenv(rank, "1")
    announce(options)
    assert capsys.readouterr().out == ""
    monkeypatch.setenv(rank, "0")
    announce(options)
    assert capsys.readouterr().out.startswith("digits-snn, seed 0: 8 epochs")


def test_the_version_is_the_packages(capsys):
    from ckdsnn.cli import main

    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out == f"ckdsnn {ckdsnn.__version__}\n"
