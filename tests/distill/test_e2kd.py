"""e2KD against its derivation in float64 NumPy, and its closed form against Grad-CAM."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckdsnn.distill import LOSSES, Batch, e2kd_loss
from ckdsnn.distill.maps import grad_cam
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import build_student, build_teacher
from tests.networks import lively

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((3, 4, 5, 6, 6)) < 0.3).astype(float)
TEACHER = RNG.random((4, 7, 6, 6)) * 3
HEADS = RNG.normal(0.5, 1, (10, 5)), RNG.normal(0.5, 1, (10, 7))  # most explanations have many cells
CLASSES = torch.tensor([0, 9, 3, 3])


def tensors(*arrays):
    return tuple(torch.tensor(array) for array in arrays)


def explanations(features, head):
    return [np.maximum((f * head[k][:, None, None]).sum(0), 0) for f, k in zip(features, CLASSES, strict=True)]


def cosine(a, b):
    return (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)


def by_hand():
    pairs = zip(explanations(SPIKES.mean(0), HEADS[0]), explanations(TEACHER, HEADS[1]), strict=True)
    return 1 - np.mean([cosine(a, b) for a, b in pairs])


def test_equals_the_derivation():
    assert e2kd_loss(*tensors(SPIKES, TEACHER, *HEADS), CLASSES).item() == pytest.approx(by_hand(), rel=1e-12)


@settings(deadline=None)
@given(*(st.floats(1e-3, 1e3) for _ in range(4)))
def test_positive_factors_change_nothing(a, b, c, d):
    ours = e2kd_loss(*tensors(SPIKES * a, TEACHER * b, HEADS[0] * c, HEADS[1] * d), CLASSES)
    assert ours.item() == pytest.approx(by_hand(), rel=1e-9)


def test_an_empty_explanation_is_as_far_as_can_be_and_draws_finitely():
    student, head = torch.zeros(SPIKES.shape).requires_grad_(), torch.tensor(HEADS[0]).float()
    loss = e2kd_loss(student, torch.tensor(TEACHER).float(), head, torch.tensor(HEADS[1]).float(), CLASSES)
    (gradient,) = torch.autograd.grad(loss, student)
    assert loss == 1 and gradient.isfinite().all()


def test_gradient_reaches_the_row_of_the_class_in_the_students_head_and_never_the_teachers():
    student_head, teacher_head = (torch.tensor(head, requires_grad=True) for head in HEADS)
    e2kd_loss(*tensors(SPIKES, TEACHER), student_head, teacher_head, CLASSES).backward()
    assert set(student_head.grad.any(1).nonzero().flatten().tolist()) == set(CLASSES.tolist())
    assert teacher_head.grad is None


def test_the_terms_explanations_are_grad_cams_of_the_teachers_class():
    torch.manual_seed(0)
    x = torch.randn(6, 3, 16, 16)
    teacher = lively(build_teacher("resnet8", 10, width=1), x)
    student = lively(build_student("resnet8", 10, width=2, timesteps=2), x)
    predicted = teacher(x).logits.argmax(1)
    maps = [grad_cam(model, x, predicted).flatten(1) for model in (student, teacher)]
    assert all(m.any(1).all() for m in maps), "no map is empty"
    wrong = (predicted + 1) % 10  # the labels play no part
    ours = LOSSES["e2kd"]()(Batch(x, wrong, student(x), teacher(x), teacher, None, student))
    torch.testing.assert_close(ours, 1 - torch.cosine_similarity(*maps).mean())


def test_heads_and_classes_that_do_not_fit_are_refused():
    with pytest.raises(CkdsnnError, match="stage has 5 channels, head_weight 7"):
        e2kd_loss(*tensors(SPIKES, TEACHER, HEADS[1], HEADS[1]), CLASSES)
    with pytest.raises(CkdsnnError, match="expected 0 to 9"):
        e2kd_loss(*tensors(SPIKES, TEACHER, *HEADS), CLASSES + 5)
