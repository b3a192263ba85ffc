"""The allocator's switch."""

import subprocess
import sys

import pytest

from ckdsnn import allocator

COUNT_FAULTS = """
import resource, sys
import torch
from ckdsnn.allocator import keep_freed_memory

def use():
    torch.ones(10 * 2**20)  # 40 MB, freed at once

def faults():
    for _ in range(20):  # until the heap is as large as it needs
        use()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    use()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

plain = faults()
print(plain, faults() if keep_freed_memory() else "unknown")
"""


def test_memory_that_was_freed_is_used_again_without_page_faults():
    """In a process of its own, because it cannot be undone."""
    done = subprocess.run([sys.executable, "-c", COUNT_FAULTS], capture_output=True, text=True, check=True)
    plain, kept = done.stdout.split()
    if kept == "unknown":
        pytest.skip("this system's allocator takes no advice")
    assert 5 * int(kept) < int(plain)


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocator.sys, "platform", "darwin")
    assert allocator.keep_freed_memory() is False


def test_a_library_without_the_call_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.keep_freed_memory() is False
