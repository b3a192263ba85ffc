"""A measurement small enough for a test."""

import pytest


@pytest.fixture
def quick(monkeypatch):
    """No pauses, no processes, a product and a copy of next to nothing, input in small chunks, one repetition."""
    monkeypatch.setattr("ckdsnn.bench.measure.PAUSE", 0)
    monkeypatch.setattr("ckdsnn.bench.measure.REPEATS", 1)
    monkeypatch.setattr("ckdsnn.bench.floor.SIZES", {"cpu": (16, 256)})
    monkeypatch.setattr("ckdsnn.bench.run.worker_count", lambda: 0)
    monkeypatch.setattr("ckdsnn.bench.run.IMAGES", 16)
    monkeypatch.setattr("ckdsnn.bench.data.IMAGES", 16)
