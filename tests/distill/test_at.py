"""AT against its derivation in float64 NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckdsnn.distill import at_loss
from ckdsnn.distill.maps import spike_activation_map

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((3, 4, 5, 6, 6)) < 0.3).astype(float)
TEACHER = RNG.random((4, 7, 6, 6)) * 3


def by_hand(rates, teacher):
    maps = [np.square(f).sum(1) for f in (rates, teacher)]
    student, target = (m / np.linalg.norm(m, axis=(1, 2), keepdims=True) for m in maps)
    return np.square(student - target).mean()


def test_equals_the_derivation_for_any_numbers_of_channels():
    ours = at_loss(torch.tensor(SPIKES), torch.tensor(TEACHER))
    assert ours.item() == pytest.approx(by_hand(SPIKES.mean(0), TEACHER), rel=1e-12)


def test_maps_meet_on_the_smaller_grid():
    teacher = np.square(TEACHER).sum(1).reshape(4, 3, 2, 3, 2).mean((2, 4))
    student = np.square(SPIKES.mean(0)[:, :, ::2, ::2])
    ours = at_loss(torch.tensor(SPIKES[..., ::2, ::2]), torch.tensor(TEACHER))
    assert ours.item() == pytest.approx(by_hand(np.sqrt(student), np.sqrt(teacher)[:, None]), rel=1e-12)


def test_at_one_time_step_the_students_map_is_its_spike_activation_map():
    spikes = torch.tensor(SPIKES[:1])
    sam = spike_activation_map(spikes)
    torch.testing.assert_close(at_loss(spikes, sam.sqrt()[:, None]), torch.zeros((), dtype=torch.float64))


@settings(deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_positive_factor_on_either_side_changes_nothing(a, b):
    ours = at_loss(torch.tensor(SPIKES) * a, torch.tensor(TEACHER) * b)
    assert ours.item() == pytest.approx(by_hand(SPIKES.mean(0), TEACHER), rel=1e-9)
