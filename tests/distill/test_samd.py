"""SAMD against its derivation in float64 NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckdsnn.distill import LOSSES, Batch, kd_loss, nld_loss, samd_loss
from ckdsnn.distill.maps import class_activation_map, grad_cam, map_range, spike_activation_map
from ckdsnn.distill.settings import SCALINGS
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import build_student, build_teacher

RNG = np.random.default_rng(0)
STUDENT, TEACHER = RNG.poisson(6, (5, 4, 6)).astype(float), RNG.uniform(0, 3, (5, 4, 6))
MAPS = arrays(np.float64, (3, 3, 4), elements=st.floats(0, 50, width=32))


def log_softmax(maps, temperature):
    z = maps.reshape(len(maps), -1) / temperature
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def by_hand(student, teacher, temperature, scaling, factor):
    if scaling == "softmax":
        log_q, log_p = log_softmax(student, temperature), log_softmax(teacher, temperature)
        return (np.exp(log_p) * (log_p - log_q)).sum(1).mean() * (temperature**2 if factor else 1)
    scale = {
        "none": lambda m: m,
        "zscore": lambda m: (m - m.mean()) / m.std(),
        "l2": lambda m: m / np.linalg.norm(m),
    }[scaling]
    return np.mean([((scale(s) - scale(t)) ** 2).sum() for s, t in zip(student, teacher, strict=True)])


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("factor", [True, False])
@pytest.mark.parametrize("temperature", [0.7, 2.0])
def test_equals_the_derivation(scaling, factor, temperature):
    ours = samd_loss(torch.tensor(STUDENT), torch.tensor(TEACHER), temperature, scaling, factor)
    assert ours.item() == pytest.approx(by_hand(STUDENT, TEACHER, temperature, scaling, factor), rel=1e-10)


def test_defaults_are_the_papers():
    ours = samd_loss(torch.tensor(STUDENT), torch.tensor(TEACHER))
    assert ours.item() == pytest.approx(by_hand(STUDENT, TEACHER, 2.0, "softmax", True), rel=1e-10)


@settings(deadline=None)
@given(MAPS, MAPS, st.floats(-30, 30))
def test_softmax_loss_is_a_distance_that_ignores_a_constant(student, teacher, constant):
    student, teacher = torch.tensor(student), torch.tensor(teacher)
    loss = samd_loss(student, teacher)
    assert loss >= -1e-12
    torch.testing.assert_close(samd_loss(student + constant, teacher), loss, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(samd_loss(student, teacher - constant), loss, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_identical_maps_have_no_distance_and_no_gradient(scaling):
    maps = torch.tensor(STUDENT, requires_grad=True)
    loss = samd_loss(maps, maps.detach().clone(), scaling=scaling)
    loss.backward()
    assert loss.abs() < 1e-12 and maps.grad.abs().max() < 1e-12


@pytest.mark.parametrize("scaling", SCALINGS)
def test_gradient_reaches_the_student_only(scaling):
    student, teacher = (torch.tensor(m, requires_grad=True) for m in (STUDENT, TEACHER))
    samd_loss(student, teacher, scaling=scaling).backward()
    assert student.grad.any() and teacher.grad is None


@pytest.mark.parametrize("scaling", SCALINGS)
def test_silent_and_extreme_maps_stay_finite(scaling):
    student = torch.stack([torch.zeros(4, 6), torch.full((4, 6), 1e4), torch.eye(6)[:4] * 1e4]).requires_grad_()
    loss = samd_loss(student, torch.tensor(TEACHER[:3]).float(), scaling=scaling)
    (gradient,) = torch.autograd.grad(loss, student)
    assert loss.isfinite() and gradient.isfinite().all()


@pytest.mark.parametrize(("large", "small"), [((8, 8), (4, 4)), ((8, 12), (4, 4)), ((4, 4), (4, 4))])
def test_maps_meet_on_the_smaller_grid(large, small):
    maps, other = torch.rand(2, *large, dtype=torch.float64), torch.rand(2, *small, dtype=torch.float64)
    blocks = maps.numpy().reshape(2, small[0], large[0] // small[0], small[1], large[1] // small[1]).mean((2, 4))
    assert samd_loss(maps, other).item() == pytest.approx(by_hand(blocks, other.numpy(), 2.0, "softmax", True))
    assert samd_loss(other, maps).item() == pytest.approx(by_hand(other.numpy(), blocks, 2.0, "softmax", True))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("scaling", SCALINGS)
def test_half_precision_is_computed_in_float32(dtype, scaling):
    student, teacher = torch.tensor(STUDENT).to(dtype), torch.tensor(TEACHER).to(dtype)
    loss = samd_loss(student, teacher, scaling=scaling)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(
        by_hand(student.double().numpy(), teacher.double().numpy(), 2.0, scaling, True), rel=1e-4
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scaling": "max"}, "'max'; choose one of: softmax, none, zscore, l2"),
        *(({"temperature": t}, "temperature") for t in (0.0, -2, np.nan, np.inf)),
        ({"scaling": "l2", "temperature": 0}, "temperature"),
        ({"student_map": torch.rand(2, 3, 4, 4)}, r"student_map of shape .* expected \[B, H, W\]"),
        ({"teacher_map": torch.rand(4, 4)}, r"teacher_map of shape .* expected \[B, H, W\]"),
        ({"teacher_map": torch.rand(1, 4, 4)}, "2 images, teacher_map of 1"),
        ({"temperature": "2"}, "temperature = '2'; expected a positive number"),
        ({"student_map": torch.rand(0, 4, 4), "teacher_map": torch.rand(0, 4, 4)}, r"shape \[0, 4, 4\]"),
        *(
            ({"student_map": torch.rand(2, 1, 1), "scaling": s}, "maps of one cell")
            for s in ("softmax", "zscore", "l2")
        ),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(CkdsnnError, match=message):
        samd_loss(**{"student_map": torch.rand(2, 4, 4), "teacher_map": torch.rand(2, 4, 4)} | changes)


def test_the_losses_want_the_students_side_first():
    student, teacher = torch.rand(2, 4, 4, requires_grad=True), torch.rand(2, 4, 4)
    for loss, shape in ((samd_loss, (2, 4, 4)), (nld_loss, (4, 8)), (kd_loss, (4, 8))):
        ours, theirs = student.reshape(shape), teacher.reshape(shape)
        assert loss(ours, theirs).requires_grad and not loss(ours.detach(), theirs).requires_grad
        with pytest.raises(CkdsnnError, match="only the teacher's side requires a gradient"):
            loss(theirs, ours)


@pytest.fixture(scope="module")
def batch():
    torch.manual_seed(3)
    teacher, student = build_teacher("resnet8", 10, width=1).eval(), build_student("resnet8", 10, width=1, timesteps=2)
    teacher.requires_grad_(False)
    x, y = torch.randn(6, 3, 16, 16), torch.arange(6)
    with torch.no_grad():
        return Batch(x, y, student(x), teacher(x), teacher)


@pytest.mark.parametrize("map_class", ["label", "teacher"])
@pytest.mark.parametrize("stage", [-1, 2, 1, -3])
def test_term_compares_the_maps_of_its_stage_and_class(batch, stage, map_class):
    classes = batch.labels if map_class == "label" else batch.teacher.logits.argmax(1)
    cam = grad_cam(batch.teacher_model, batch.images, classes, stage) * (16 if stage in (-1, 2) else 1)  # cells
    sam = spike_activation_map(batch.student.stages[stage])
    term = LOSSES["samd"](stage=stage, map_class=map_class, student_range="batch", teacher_range="none")
    torch.testing.assert_close(term(batch), samd_loss(map_range(sam, "batch"), cam))


def test_rates_are_per_step_and_channel(batch):
    cam = class_activation_map(batch.teacher.stages[-1], batch.teacher_model.head_weight, batch.labels)
    sam = spike_activation_map(batch.student.stages[-1])
    term = LOSSES["samd"](student_range="rate", teacher_range="rate", scaling="none")
    torch.testing.assert_close(term(batch), samd_loss(sam / (2 * 64), cam / 64, scaling="none"))


def test_term_passes_its_settings_on(batch):
    cam = class_activation_map(batch.teacher.stages[-1], batch.teacher_model.head_weight, batch.labels)
    maps = spike_activation_map(batch.student.stages[-1]), map_range(cam, "sample")
    term = LOSSES["samd"](map_temperature=0.5, temperature_squared=False, student_range="none")
    torch.testing.assert_close(term(batch), samd_loss(*maps, 0.5, "softmax", False))


def test_by_default_both_maps_run_from_0_to_1_within_each_image(batch):
    cam = class_activation_map(batch.teacher.stages[-1], batch.teacher_model.head_weight, batch.labels).double().numpy()
    sam = batch.student.stages[-1].double().sum((0, 2)).numpy()
    scaled = [np.stack([(m - m.min()) / (np.ptp(m) or 1) for m in maps]) for maps in (sam, cam)]
    assert LOSSES["samd"]()(batch).item() == pytest.approx(by_hand(*scaled, 2.0, "softmax", True), rel=1e-4)


def test_the_students_own_map_is_the_cam_of_its_rates_for_its_prediction(batch):
    """Derived in NumPy: the last stage averaged over time, weighted by the head's row of the predicted class, ReLU."""
    torch.manual_seed(4)
    student = build_student("resnet8", 10, width=1, timesteps=2, last_activation="relu")
    features = student(batch.images)
    own = batch._replace(student=features, student_model=student)
    rates, head = features.stages[-1].detach().double().mean(0).numpy(), student.head_weight.detach().double().numpy()
    predicted = features.logits.argmax(1).numpy()
    maps = np.stack([np.maximum(np.tensordot(head[k], r, 1), 0) for k, r in zip(predicted, rates, strict=True)])
    scaled = torch.tensor((maps - maps.min()) / (maps.max() - maps.min()))
    term = LOSSES["samd"](student_map="cam", student_range="batch")
    torch.testing.assert_close(term.of_student(own, -1).detach().double(), scaled, rtol=1e-5, atol=1e-6)
    loss = term(own)
    student.zero_grad()
    loss.backward()
    assert student.stem[0].weight.grad.any() and student.head[0].weight.grad.any()
    with pytest.raises(CkdsnnError, match="student_map = 'cam' at stage 0: expected the last stage"):
        term.of_student(own, 0)
    with pytest.raises(CkdsnnError, match="reads the student's head"):
        term(batch)


def test_on_the_images_grid_both_maps_are_enlarged_before_their_range(batch):
    """Bilinear between the centres of the cells, written out for rows and columns."""
    size, cells = batch.images.shape[-1], batch.student.stages[-1].shape[-1]
    centres = ((np.arange(size) + 0.5) * cells / size - 0.5).clip(0, cells - 1)
    low = np.floor(centres).astype(int)
    share, high = centres - low, (low + 1).clip(max=cells - 1)
    weights = np.zeros((size, cells))
    np.add.at(weights, (np.arange(size), low), 1 - share)
    np.add.at(weights, (np.arange(size), high), share)
    cam = class_activation_map(batch.teacher.stages[-1], batch.teacher_model.head_weight, batch.labels)
    sam = spike_activation_map(batch.student.stages[-1])
    large = [np.einsum("hi,wj,bij->bhw", weights, weights, maps.double().numpy()) for maps in (sam, cam)]
    scaled = [np.stack([(m - m.min()) / (np.ptp(m) or 1) for m in maps]) for maps in large]
    ours = LOSSES["samd"](map_grid="image")(batch).item()
    assert ours == pytest.approx(by_hand(*scaled, 2.0, "softmax", True), rel=1e-4)


def test_unknown_map_class_is_refused(batch):
    with pytest.raises(CkdsnnError, match="'best'; choose one of: label, teacher"):
        LOSSES["samd"](map_class="best")(batch)
