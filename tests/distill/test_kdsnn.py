"""KDSNN against its derivation in float64 NumPy."""

import numpy as np
import pytest
import torch

from ckdsnn.distill import LOSSES, kdsnn_loss

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((3, 4, 5, 6, 6)) < 0.3).astype(float)
TEACHER = RNG.random((4, 7, 6, 6))


def test_equals_the_derivation_through_the_adapter():
    adapter = LOSSES["kdsnn"]().adapter(5, 7).double()
    weight, bias = (p.detach().numpy() for p in adapter.parameters())
    adapted = np.einsum("oi,bihw->bohw", weight[:, :, 0, 0], SPIKES.mean(0)) + bias[:, None, None]
    ours = kdsnn_loss(torch.tensor(SPIKES), torch.tensor(TEACHER), adapter)
    assert ours.item() == pytest.approx(np.square(adapted - TEACHER).mean(), rel=1e-12)


def test_equals_the_derivation_without_an_adapter():
    ours = kdsnn_loss(torch.tensor(SPIKES), torch.tensor(TEACHER[:, :5]))
    assert ours.item() == pytest.approx(np.square(SPIKES.mean(0) - TEACHER[:, :5]).mean(), rel=1e-12)


def test_a_student_that_fires_as_the_teacher_is_active_has_no_distance():
    assert kdsnn_loss(torch.tensor(SPIKES), torch.tensor(SPIKES.mean(0))) == 0


def test_the_adapter_learns():
    adapter = LOSSES["kdsnn"]().adapter(5, 7).double()
    kdsnn_loss(torch.tensor(SPIKES), torch.tensor(TEACHER), adapter).backward()
    assert all(p.grad.any() for p in adapter.parameters())
