"""A short version of the fuzzing, and that it would notice what must not happen."""

import json
import random
import subprocess
import sys

import pytest

from ckdsnn.errors import CkdsnnError
from tests.stress import fuzz
from tests.stress.mutate import altered, damaged, hostile_json, varied, words
from tests.stress.readers import READERS

EACH = 11  # inputs for every reader


@pytest.mark.filterwarnings("ignore")  # of libraries, on what they read all the same
@pytest.mark.parametrize("part", READERS)
def test_damaged_inputs_are_read_or_refused(part, tmp_path):
    parts = list(READERS)
    for number in range(parts.index(part), EACH * len(parts), len(parts)):
        assert fuzz.given(number, 20, tmp_path) == (part, ""), f"python -m tests.stress.fuzz --seed 20 --only {number}"


def without_memory():
    try:
        raise MemoryError("1 TB")
    except MemoryError as error:
        raise CkdsnnError("cannot read this") from error


FAULTS = {
    "KeyError: 'x'": lambda: {}["x"],
    "RecursionError: too deep": lambda: exec("raise RecursionError('too deep')"),
    "too much memory: 1 TB": without_memory,
    "exit status 1": lambda: sys.exit(1),
}


@pytest.mark.parametrize("said", FAULTS)
def test_what_must_not_happen_is_noticed(said, tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "READERS", {"faulty": lambda rng, folder: FAULTS[said]()})
    assert fuzz.given(0, 0, tmp_path) == ("faulty", said)


@pytest.mark.parametrize("fault", ["while True: pass", "bytearray(3 * 2**30)", "os._exit(7)"])
def test_the_limits_hold(fault):
    """A worker whose second input, not the one that warms up, is faulty."""
    code = f"""
import os, sys
from types import SimpleNamespace
for name in ("readers", "report"):  # whose packages take seconds to load
    sys.modules[f"tests.stress.{{name}}"] = SimpleNamespace(READERS={{}}, RESULTS="", Report=None)
from tests.stress import fuzz
fuzz.SECONDS, seen = 0.3, []
def faulty(rng, folder):
    seen.append(1)
    if len(seen) > 1:
        exec({fault!r})
fuzz.READERS = {{"faulty": faulty}}
fuzz.work(0, 1, 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=fuzz.ROOT)
    begun, *ended = map(json.loads, done.stdout.splitlines())
    if fault.startswith("bytearray"):
        assert (begun, ended) == (0, [["faulty", "MemoryError: "]])
    else:
        assert (begun, ended) == (0, [])
        assert fuzz.ending(done.returncode) == ("10 seconds of a core" if fault.startswith("while") else "status 7")


def test_inputs_follow_from_their_numbers_and_are_damaged():
    text = json.dumps({"a": [1, 2.5, "x"], "b": {"c": True}})
    for make, good in (
        (damaged, text.encode()),
        (altered, json.loads(text)),
        (varied, json.loads(text)),
        (hostile_json, text),
        (words, ["train", "--lr=0.1"]),
    ):
        first, second = ([repr(make(good, random.Random(n))) for n in range(50)] for _ in range(2))
        assert first == second and len({*first}) > 25 and first.count(repr(good)) < 10
