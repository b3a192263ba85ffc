"""What all losses on features and class maps share: who learns, what is refused, what stays finite."""

import numpy as np
import pytest
import torch

from ckdsnn.distill import LOSSES, Batch, at_loss, bkd_loss, catkd_loss, e2kd_loss, kdsnn_loss
from ckdsnn.distill.bkd import restoring_block
from ckdsnn.distill.features import as_features, feature_distance, match_channels
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import build_student, build_teacher

GENERATOR = torch.Generator().manual_seed(0)
STUDENT = (torch.rand(3, 4, 6, 4, 4, generator=GENERATOR) < 0.3).double()  # spikes [T, B, C, H, W]
TEACHER = torch.rand(4, 6, 4, 4, generator=GENERATOR, dtype=torch.float64)
HEADS = torch.randn(2, 5, 6, generator=GENERATOR, dtype=torch.float64) + 0.5  # no class map is empty
CLASSES = torch.tensor([0, 3, 4, 3])
RESTORE = restoring_block(6, 6).double()


def seeded():
    return torch.Generator().manual_seed(1)


def restored(student, teacher):
    restore = RESTORE.to(torch.promote_types(student.dtype, torch.float32))
    return bkd_loss(student, teacher, restore, generator=seeded())


RIVALS = {  # name -> the loss of two stages
    "kdsnn": kdsnn_loss,
    "bkd": restored,
    "at": at_loss,
    "catkd": lambda student, teacher: catkd_loss(student, teacher, *HEADS.to(student.dtype)),
    "e2kd": lambda student, teacher: e2kd_loss(student, teacher, *HEADS.to(student.dtype), CLASSES),
}
every_rival = pytest.mark.parametrize("loss", RIVALS.values(), ids=RIVALS)


def test_firing_rates_are_means_over_time_and_the_teacher_is_constant():
    rates, features = as_features(STUDENT, TEACHER.clone().requires_grad_())
    np.testing.assert_allclose(rates, STUDENT.numpy().mean(0))
    assert torch.equal(features, TEACHER) and not features.requires_grad


@pytest.mark.parametrize(("size", "other"), [(4, 4), (4, 2), (2, 4)])
def test_distance_is_the_mean_square_on_the_smaller_grid(size, other):
    a, b = (torch.rand(2, 3, n, n, generator=GENERATOR, dtype=torch.float64) for n in (size, other))
    small = min(size, other)
    blocks = (
        f.numpy().reshape(2, 3, small, n // small, small, n // small).mean((3, 5)) for f, n in ((a, size), (b, other))
    )
    assert feature_distance(a, b).item() == pytest.approx(np.square(np.subtract(*blocks)).mean(), rel=1e-12)


def test_channels_are_matched_only_where_they_differ():
    x = torch.rand(2, 3, 4, 4)
    assert torch.equal(match_channels(3, 3)(x), x)
    convolution = match_channels(3, 5)
    by_hand = torch.einsum("oi,bihw->bohw", convolution.weight[:, :, 0, 0], x) + convolution.bias[:, None, None]
    torch.testing.assert_close(convolution(x), by_hand)


@every_rival
def test_gradient_reaches_the_student_and_never_the_teacher(loss):
    student, teacher = STUDENT.clone().requires_grad_(), TEACHER.clone().requires_grad_()
    loss(student, teacher).backward()
    assert student.grad.abs().sum((0, 2, 3, 4)).min() > 0, "every image counts"
    assert teacher.grad is None


@every_rival
def test_it_depends_on_the_mean_over_time_alone(loss):
    torch.testing.assert_close(loss(STUDENT.flip(0), TEACHER), loss(STUDENT, TEACHER))
    torch.testing.assert_close(loss(STUDENT.mean(0, keepdim=True), TEACHER), loss(STUDENT, TEACHER))


@every_rival
@pytest.mark.parametrize("value", [0.0, 1e4])
def test_silent_and_extreme_students_stay_finite(loss, value):
    student = torch.full_like(STUDENT, value).float().requires_grad_()
    result = loss(student, TEACHER.float())
    (gradient,) = torch.autograd.grad(result, student)
    assert result.isfinite() and gradient.isfinite().all() and gradient.abs().max() < 1e6


@every_rival
def test_half_precision_is_compared_in_float32(loss):
    result = loss(STUDENT.bfloat16(), TEACHER.bfloat16())
    assert result.dtype == torch.float32
    assert result.item() == pytest.approx(loss(STUDENT, TEACHER).item(), rel=0.02)


@every_rival
@pytest.mark.parametrize(
    ("student", "teacher", "message"),
    [
        (STUDENT[0], TEACHER, r"student_stage of shape .* expected \[T, B, C, H, W\]"),
        (STUDENT, TEACHER[0], r"teacher_stage of shape .* expected \[B, C, H, W\]"),
        (STUDENT[:, :1], TEACHER, "student_stage of 1 images, teacher_stage of 4"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(loss, student, teacher, message):
    with pytest.raises(CkdsnnError, match=message):
        loss(student, teacher)


@pytest.mark.parametrize("name", [name for name in RIVALS if name != "at"])
def test_other_numbers_of_channels_are_refused(name):
    with pytest.raises(CkdsnnError, match="channels"):
        RIVALS[name](STUDENT, TEACHER[:, :5])


@pytest.mark.parametrize("name", ["catkd", "e2kd"])
@pytest.mark.parametrize("side", ["student", "teacher"])
def test_heads_that_are_none_or_of_other_classes_are_refused(name, side):
    loss = {"catkd": catkd_loss, "e2kd": lambda *tensors: e2kd_loss(*tensors, CLASSES)}[name]
    heads = {"student": HEADS[0], "teacher": HEADS[1]}
    with pytest.raises(CkdsnnError, match=f"{side}_head: expected a torch.Tensor, not a NoneType"):
        loss(STUDENT, TEACHER, *(heads | {side: None}).values())
    with pytest.raises(CkdsnnError, match=r"student_head of . classes, teacher_head of .: not equal"):
        loss(STUDENT, TEACHER, *(heads | {side: HEADS[0, :4]}).values())


@pytest.fixture(scope="module")
def batch():
    """What a student of half the teacher's width and the teacher see."""
    torch.manual_seed(3)
    teacher, student = build_teacher("resnet8", 10, width=2).eval(), build_student("resnet8", 10, width=1, timesteps=2)
    x, y = torch.randn(4, 3, 16, 16), torch.arange(4)
    with torch.no_grad():
        return Batch(x, y, student(x), teacher(x), teacher, None, student)


@pytest.mark.parametrize("stage", [-1, 0, 1])
def test_terms_compare_their_stage(batch, stage):
    pair = batch.student.stages[stage], batch.teacher.stages[stage]
    torch.testing.assert_close(LOSSES["at"](stage=stage)(batch), at_loss(*pair))
    for name, by_hand in (
        ("kdsnn", lambda adapter: kdsnn_loss(*pair, adapter)),
        ("bkd", lambda adapter: bkd_loss(*pair, adapter, generator=seeded())),
    ):
        term = LOSSES[name](stage=stage)
        adapter = term.adapter(pair[0].shape[2], pair[1].shape[1])
        result = term(batch._replace(adapter=adapter, generator=seeded()))
        torch.testing.assert_close(result, by_hand(adapter))


@pytest.mark.parametrize("stage", [3, -4, "last", True])
@pytest.mark.parametrize("name", ["samd", "at", "kdsnn", "bkd"])
def test_a_stage_that_is_not_there_is_refused(batch, name, stage):
    with pytest.raises(CkdsnnError, match=f"stage = {stage!r}; expected an integer from -3 to 2"):
        LOSSES[name](stage=stage)(batch)


def test_terms_of_class_maps_read_both_heads(batch):
    stages, heads = (batch.student.stages[-1], batch.teacher.stages[-1]), batch.heads()
    assert heads[0] is batch.student_model.head_weight and heads[1] is batch.teacher_model.head_weight
    predicted = batch.teacher.logits.argmax(1)
    torch.testing.assert_close(LOSSES["catkd"]()(batch), catkd_loss(*stages, *heads))
    torch.testing.assert_close(LOSSES["e2kd"]()(batch), e2kd_loss(*stages, *heads, predicted))


@pytest.mark.parametrize("name", ["catkd", "e2kd"])
def test_terms_of_class_maps_ask_for_the_student(batch, name):
    with pytest.raises(CkdsnnError, match="give the objective the student"):
        LOSSES[name]()(batch._replace(student_model=None))
