"""A device's power is told in watts, or not at all."""

import torch

from ckdsnn.bench.power import watts

CUDA = torch.device("cuda")


def test_a_gpus_milliwatts_become_watts(monkeypatch):
    monkeypatch.setattr("torch.cuda.power_draw", lambda device: 312_500 if device == CUDA else None)
    assert watts(CUDA) == 312.5


def test_a_cpu_and_a_gpu_that_does_not_tell_have_none(monkeypatch):
    def missing(_):
        raise ModuleNotFoundError("pynvml does not seem to be installed")

    monkeypatch.setattr("torch.cuda.power_draw", missing)
    assert watts(CUDA) is None and watts(torch.device("cpu")) is None
