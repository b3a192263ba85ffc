"""Threads that wait: each way in an environment of its own, with and without a process that wants a core."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ckdsnn.bench import waiting
from ckdsnn.bench.run import run_bench
from ckdsnn.engine import wait_asleep
from ckdsnn.errors import CkdsnnError

VARIABLES = {name for way in waiting.WAYS for name in way}


def test_each_way_has_a_process_with_its_own_variables_alone(monkeypatch):
    seen = []

    def run(command, env, **_):
        seen.append({name: value for name, value in env.items() if name in VARIABLES})
        assert command[1:] == ["-m", "ckdsnn.bench.waiting", "3"] and env["PATH"] == os.environ["PATH"]
        return SimpleNamespace(returncode=0, stdout=json.dumps([{"recipe": "a"}]))

    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.setattr(subprocess, "run", run)
    entries = waiting.measure_waiting(3)
    assert seen == [*waiting.WAYS]
    assert entries == [{"variables": way, "recipe": "a"} for way in waiting.WAYS]


def test_what_commands_set_is_among_the_ways(monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # noted, so that the test's end restores it
        monkeypatch.delenv(name)
    wait_asleep()
    assert {name: os.environ[name] for name in VARIABLES & os.environ.keys()} in waiting.WAYS


def test_a_process_that_fails_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(CkdsnnError, match=r"a step with .*ACTIVE.* cannot be measured"):
        waiting.measure_waiting(1)


def test_busy_blocks_have_a_neighbour_and_idle_ones_do_not(monkeypatch):
    running, seen = [], []
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: running.append(start(*a, **k)) or running[-1])
    blocks = waiting.blocks
    monkeypatch.setattr(waiting, "blocks", lambda *a: seen.append(sum(p.poll() is None for p in running)) or blocks(*a))
    monkeypatch.setattr(waiting, "STEPS", ("digits-ckdsnn",))
    monkeypatch.setattr(waiting, "BLOCK", 0.01)
    (entry,) = waiting.measure_here(2)
    assert seen == [0, 1] and running[0].poll() is not None
    assert len(entry["idle_seconds"]) == len(entry["busy_seconds"]) == 2
    assert (entry["recipe"], entry["batch"], entry["threads"]) == ("digits-ckdsnn", 32, 1)


def test_blocks_end_when_there_is_enough(monkeypatch):
    monkeypatch.setattr(waiting, "BLOCK", 0.005)
    monkeypatch.setattr(waiting, "ENOUGH", 0)
    steps = []
    assert len(waiting.blocks(lambda: steps.append(1) or time.sleep(0.01), 5)) == 1 and len(steps) == 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not list processes so")
def test_a_neighbour_ends_with_who_started_it():
    start = f"subprocess.Popen([sys.executable, '-c', {waiting.SPIN!r}, str(os.getpid())])"
    code = f"import os, subprocess, sys; print({start}.pid)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    deadline = time.monotonic() + 20
    stat = Path("/proc", done.stdout.strip(), "stat")
    while stat.exists() and stat.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_gpu_is_not_asked_how_threads_wait(monkeypatch, tmp_path):
    monkeypatch.setattr("ckdsnn.bench.run.default_device", lambda: SimpleNamespace(type="cuda"))
    with pytest.raises(CkdsnnError, match=r"waiting = True: .* set CUDA_VISIBLE_DEVICES="):
        run_bench(models="resnet8", waiting=True, out=tmp_path)
