"""CAT-KD against its derivation in float64 NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckdsnn.distill import catkd_loss
from ckdsnn.errors import CkdsnnError

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((3, 4, 5, 6, 6)) < 0.3).astype(float)
TEACHER = RNG.random((4, 7, 8, 8)) * 3
HEADS = RNG.normal(size=(10, 5)), RNG.normal(size=(10, 7))


def tensors(*arrays):
    return tuple(torch.tensor(array) for array in arrays)


def scaled_maps(features, head):
    """All maps at full size, one at a time, then pooled to 2x2 and scaled."""
    maps = np.stack([[(f * w[:, None, None]).sum(0) for w in head] for f in features])
    half = maps.shape[-1] // 2
    pooled = maps.reshape(*maps.shape[:2], 2, half, 2, half).mean((3, 5))
    return pooled / np.linalg.norm(pooled, axis=(2, 3), keepdims=True)


def by_hand():
    student, teacher = scaled_maps(SPIKES.mean(0), HEADS[0]), scaled_maps(TEACHER, HEADS[1])
    return np.square(student - teacher).mean()


def test_equals_the_derivation_for_any_channels_and_sizes():
    assert catkd_loss(*tensors(SPIKES, TEACHER, *HEADS)).item() == pytest.approx(by_hand(), rel=1e-12)


@settings(deadline=None)
@given(*(st.floats(1e-3, 1e3) for _ in range(4)))
def test_positive_factors_change_nothing(a, b, c, d):
    ours = catkd_loss(*tensors(SPIKES * a, TEACHER * b, HEADS[0] * c, HEADS[1] * d))
    assert ours.item() == pytest.approx(by_hand(), rel=1e-9)


def test_gradient_reaches_the_students_head_and_never_the_teachers():
    student_head, teacher_head = (torch.tensor(head, requires_grad=True) for head in HEADS)
    catkd_loss(*tensors(SPIKES, TEACHER), student_head, teacher_head).backward()
    assert student_head.grad.any(1).all() and teacher_head.grad is None  # each class has its map


def test_autocast_does_not_coarsen_the_maps():
    arguments = [t.float() for t in tensors(SPIKES, TEACHER, *HEADS)]
    with torch.autocast("cpu", torch.bfloat16):
        assert catkd_loss(*arguments).item() == pytest.approx(by_hand(), rel=1e-5)


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ((HEADS[1], HEADS[1]), "stage has 5 channels, head_weight 7"),
        ((HEADS[0], HEADS[0]), "stage has 7 channels, head_weight 5"),
        ((HEADS[0][:3], HEADS[1]), "student_head of 3 classes, teacher_head of 10"),
        ((HEADS[0][0], HEADS[1][:5]), r"student_head of shape \[5\]: expected \[K, C\]"),
    ],
)
def test_heads_that_do_not_fit_are_refused(heads, message):
    with pytest.raises(CkdsnnError, match=message):
        catkd_loss(*tensors(SPIKES, TEACHER, *heads))
