"""Closed forms and bounds against autograd, Monte Carlo and worst cases, in double precision."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from ckdsnn.distill import samd_loss
from ckdsnn.distill.maps import class_activation_map, map_range, scale_saliency
from ckdsnn.models import build_teacher
from ckdsnn.studies.distributions.measure import entropy
from ckdsnn.studies.theory.predictions import (
    cam_difference,
    cell_bounds,
    entropy_changes,
    loss_bound,
    loss_limit,
    loss_reached,
    map_gradient,
    mean_effect,
)
from tests.networks import Logits, lively

LOGITS = 3 * torch.randn(12, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
UNIT_MAPS = arrays(np.float64, (2, 4, 5), elements=st.floats(0, 1, width=32)).map(torch.tensor)
TEMPERATURES = st.floats(0.05, 20)


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0, 1), st.floats(0.5, 8))
def test_the_noises_mean_cancels_to_rounding(mean, weight, tau):
    change = mean_effect(LOGITS, mean, weight, tau)
    assert change <= 1e-14 * (1 + weight * abs(mean) / tau), "what is left is the rounding of z + weight mean"


def test_what_is_no_mean_does_not_cancel():
    assert mean_effect(LOGITS, torch.arange(10.0), 0.1) > 0.01


def hessian_of_entropy(z):
    return torch.autograd.functional.hessian(lambda v: torch.special.entr(v.softmax(0)).sum(), z)


def gradient_of_entropy(z):
    z = z.clone().requires_grad_()
    return torch.autograd.grad(torch.special.entr(z.softmax(0)).sum(), z)[0]


def entropy_moments(logits: torch.Tensor, noise_weight: float, tau: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation over the noise of `entropy_changes` [N], to the lowest order in noise_weight.

    With p = softmax(z / tau), H its entropy and s = noise_weight std(z) / tau: the mean is s^2 / 2 times the trace of
    the Hessian of H, the deviation s times the norm of its gradient -p (log p + H). So the deviation falls with
    noise_weight, the mean with its square.
    """
    log_p = (logits / tau).log_softmax(1)
    p, step = log_p.exp(), noise_weight * logits.std(1) / tau
    surplus = log_p + entropy(p)[:, None]
    trace = -(p * ((1 - 2 * p) * surplus + 1 - p)).sum(1)
    return step.square() / 2 * trace, step * (p * surplus).norm(dim=1)


@pytest.mark.parametrize(("weight", "tau"), [(0.1, 2.0), (0.02, 1.0)])
def test_moments_of_the_change_are_those_of_its_taylor_series(weight, tau):
    steps = weight * LOGITS.std(1) / tau
    means, deviations = entropy_moments(LOGITS, weight, tau)
    for z, step, mean, deviation in zip(LOGITS / tau, steps, means, deviations, strict=True):
        assert mean.item() == pytest.approx((step**2 / 2 * hessian_of_entropy(z).trace()).item(), rel=1e-9)
        assert deviation.item() == pytest.approx((step * gradient_of_entropy(z).norm()).item(), rel=1e-9)


@pytest.mark.parametrize("weight", [0.01, 0.1])
def test_draws_have_these_moments(weight):
    draws = 20_000
    changes = entropy_changes(LOGITS, draws, noise_weight=weight)
    means, deviations = entropy_moments(LOGITS, weight)
    torch.testing.assert_close(changes.std(0), deviations, rtol=0.15, atol=1e-5)
    error = deviations / math.sqrt(draws)
    assert ((changes.mean(0) - means).abs() < 5 * error + 0.2 * means.abs()).all()


def test_on_average_the_papers_noise_changes_gaussian_logits_by_thousandths_of_a_nat():
    for scale in (1.0, 2.0, 4.0):
        gaussian = scale * torch.randn(400, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        small, large = (entropy_changes(gaussian, 200, noise_weight=weight).mean().abs() for weight in (0.1, 1.0))
        assert small < 0.006 < 0.05 < large


def test_noise_sharpens_a_flat_prediction_and_softens_a_sure_one():
    flat, sure = torch.zeros(1, 10, dtype=torch.float64), 60 * torch.eye(10, dtype=torch.float64)[:1]
    assert (entropy_changes(flat, 100, noise_weight=1.0, noise=1.0) < 0).all()
    assert (entropy_changes(sure, 100, noise_weight=1.0, noise=1.0) > 0).any()
    assert entropy_changes(sure, 100, noise_weight=1.0, noise=1.0).mean() > 0


def test_released_noise_is_mixed_as_probabilities():
    changes = entropy_changes(LOGITS, 3, noise_weight=0.1, noise_scale="variance", noise_mix="probabilities")
    standard = torch.randn((36, 10), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    clean, noisy = ((z / 2).softmax(1) for z in (LOGITS.repeat(3, 1), LOGITS.var(1).repeat(3)[:, None] * standard))
    expected = entropy(0.9 * clean + 0.1 * noisy) - entropy(clean)
    torch.testing.assert_close(changes, expected.view(3, 12))


@pytest.fixture(scope="module")
def teacher():
    torch.manual_seed(1)
    images = torch.randn(6, 3, 16, 16, dtype=torch.float64)
    return lively(build_teacher("resnet8", 10, width=1).double(), images), images, torch.tensor([3, 0, 9, 3, 1, 2])


def test_closed_form_cam_is_grad_cam_times_the_cells_also_by_another_library(teacher):
    model, x, y = teacher
    assert cam_difference(model, x, y) < 1e-12
    closed = class_activation_map(model(x).stages[-1], model.head_weight, y).detach().numpy()
    with GradCAM(Logits(model), [model.stages[-1]]) as judge:
        theirs = judge(x, [ClassifierOutputTarget(int(label)) for label in y])
    np.testing.assert_allclose(scale_cam_image(scale_cam_image(closed, (16, 16)), (16, 16)), theirs, atol=1e-4)


@settings(deadline=None)
@given(UNIT_MAPS, TEMPERATURES)
def test_cells_of_maps_from_0_to_1_lie_inside_their_bounds(maps, temperature):
    shares = scale_saliency(maps, "softmax", temperature)
    least, largest = cell_bounds(20, temperature)
    assert least * (1 - 1e-12) <= shares.min() <= 1 / 20 + 1e-12 <= shares.max() + 2e-12
    assert shares.max() <= largest * (1 + 1e-12)
    ratio = shares.flatten(1).amax(1) / shares.flatten(1).amin(1)
    assert ratio.max() <= math.exp(1 / temperature) * (1 + 1e-9)


def test_the_bounds_are_those_of_an_8_by_8_map():
    least, largest = cell_bounds(64, 2.0)
    assert (least, largest) == pytest.approx((0.00954, 0.02550), abs=1e-5)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_the_bounds_of_a_cell_are_reached(temperature):
    one = torch.zeros(1, 4, 5, dtype=torch.float64)
    one[0, 2, 2] = 1
    shares = [scale_saliency(maps, "softmax", temperature)[0, 2, 2].item() for maps in (1 - one, one)]
    assert shares == pytest.approx(cell_bounds(20, temperature))


@settings(deadline=None, max_examples=300)
@given(UNIT_MAPS, UNIT_MAPS, TEMPERATURES)
def test_no_two_maps_from_0_to_1_exceed_the_bound(student, teacher, temperature):
    for one, other in zip(student, teacher, strict=True):
        loss = samd_loss(one[None], other[None], temperature, temperature_squared=False)
        assert loss <= loss_bound(temperature) + 1e-12
        assert samd_loss(one[None], other[None], temperature) <= 0.5 + 1e-9


@pytest.mark.parametrize("temperature", [0.1, 1.0, 2.0, 10.0])
def test_two_opposite_maps_reach_the_closed_form_which_comes_close_to_the_bound(temperature):
    board = (torch.arange(64).view(1, 8, 8) % 2).double()
    loss = samd_loss(board, 1 - board, temperature, temperature_squared=False).item()
    assert loss == pytest.approx(loss_reached(temperature)) and loss <= loss_bound(temperature)
    assert temperature < 2 or loss > 0.97 * loss_bound(temperature)


@settings(deadline=None)
@given(UNIT_MAPS, UNIT_MAPS)
def test_a_hot_softmax_leaves_half_the_variance_of_the_difference(student, teacher):
    limit = loss_limit(student, teacher).mean().item()
    slow = np.mean([np.var(one - other) for one, other in zip(student.numpy(), teacher.numpy(), strict=True)]) / 2
    assert limit == pytest.approx(slow)
    errors = [abs(samd_loss(student, teacher, temperature).item() - limit) for temperature in (10.0, 100.0)]
    assert errors[0] < 0.1 and errors[1] < 0.01


def counts(seed):
    """Spike counts of three images, with ties at both ends."""
    return torch.randint(0, 6, (3, 4, 5), generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("how", ["none", "sample", "batch"])
@pytest.mark.parametrize("temperature", [0.2, 2.0])
def test_the_gradient_is_the_closed_form_also_where_cells_tie_and_for_a_silent_map(how, temperature):
    teacher = torch.rand(4, 4, 5, dtype=torch.float64)
    student = torch.cat([counts(1), torch.full((1, 4, 5), 2.0)]).requires_grad_()
    loss = 4 * samd_loss(map_range(student, how), teacher, temperature)
    (gradient,) = torch.autograd.grad(loss, student)
    torch.testing.assert_close(map_gradient(student.detach(), teacher, how, temperature), gradient)


@pytest.mark.parametrize("how", ["none", "sample"])
def test_the_gradient_is_a_derivative_and_sums_to_zero_over_the_cells(how):
    student, teacher = torch.rand(2, 3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    gradient = map_gradient(student, teacher, how, 2.0)
    assert gradient.sum((1, 2)).abs().max() < 1e-12
    bump = torch.zeros_like(student)
    bump[1, 2, 3] = 1e-6
    ends = [3 * samd_loss(map_range(student + sign * bump, how), teacher) for sign in (1, -1)]
    assert gradient[1, 2, 3].item() == pytest.approx(((ends[0] - ends[1]) / 2e-6).item(), rel=1e-6)


def test_a_range_divides_the_gradient_but_at_its_ends():
    student, teacher = 30 * torch.rand(1, 4, 5, dtype=torch.float64), torch.rand(1, 4, 5, dtype=torch.float64)
    x, gradient = map_range(student, "sample"), map_gradient(student, teacher, "sample", 2.0)
    inner = (x > 0) & (x < 1)
    spread = student.max() - student.min()
    torch.testing.assert_close(gradient[inner], map_gradient(x, teacher, "none", 2.0)[inner] / spread)
