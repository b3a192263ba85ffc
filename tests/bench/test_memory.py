"""A peak of memory is what a known allocation makes it."""

import pytest
import torch

from ckdsnn.bench import memory
from ckdsnn.bench.memory import Memory

CPU = torch.device("cpu")
MEGABYTE = 10**6


def fill(megabytes, pieces=1):
    """Touch so much memory at once, in pieces, and free it."""
    return [torch.ones(megabytes * MEGABYTE // pieces // 4) for _ in range(pieces)] and None


def near(size, megabytes):
    """Linux counts resident pages for each core and adds them up late; a library's buffers may come on top."""
    return -2 < size / MEGABYTE - megabytes < 16


@pytest.fixture
def measured():
    found = Memory(CPU)
    if not found.known:
        pytest.skip("this system does not tell")
    return found


def test_a_peak_shows_though_it_is_over(measured):
    fill(64)
    assert near(measured.peak(), 64)


def test_only_what_is_new_counts(measured):
    kept = torch.ones(16 * MEGABYTE)
    later = Memory(CPU)
    fill(32)
    assert near(later.peak(), 32)
    assert near(measured.peak(), 96)
    assert kept.sum() > 0


def test_what_is_kept_counts_after_a_restart_and_what_is_gone_does_not(measured):
    kept = torch.ones(8 * MEGABYTE)
    fill(128)
    measured.restart()
    fill(16)
    assert near(measured.peak(), 48)
    assert kept.sum() > 0


def test_memory_that_was_freed_in_small_pieces_does_not_hide_new_tensors():
    fill(64, pieces=1024)
    found = Memory(CPU)
    fill(64, pieces=1024)
    assert found.peak() is None or near(found.peak(), 64)


def test_a_system_that_does_not_tell_is_believed(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "PROCESS", tmp_path / "nothing")
    assert Memory(CPU).peak() is None
