"""The allocator's switch, in processes of their own, because it cannot be undone."""

import subprocess
import sys

import pytest

from ckdsnn import allocator

COUNT_FAULTS = """
import resource, sys
import torch
from ckdsnn.allocator import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit("cannot be told")
def use(): torch.ones(10 * 2**20)  # 40 MB, freed at once
for _ in range(20): use()  # until the heap is as large as it needs
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(word: str) -> int:
    command = [sys.executable, "-c", COUNT_FAULTS, word]
    done = subprocess.run(command, capture_output=True, text=True)
    if "cannot be told" in done.stderr:
        pytest.skip("this system's allocator takes no advice")
    return int(done.stdout)


def test_memory_that_was_freed_is_used_again_without_page_faults():
    assert 5 * page_faults("keep") < page_faults("plain")


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocator.sys, "platform", "darwin")
    assert allocator.keep_freed_memory() is False


def test_a_library_without_the_call_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.keep_freed_memory() is False
