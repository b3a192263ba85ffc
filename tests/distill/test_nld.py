"""NLD and KD against their derivation in float64 NumPy with the same drawn noise."""

import math

import numpy as np
import pytest
import torch

from ckdsnn.distill import LOSSES, Batch, kd_loss, nld_loss
from ckdsnn.distill.nld import draw_noise
from ckdsnn.distill.settings import NOISE_MIXES, NOISE_SCALES
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import Features

STUDENT, TEACHER = (
    torch.randn(6, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(i)) * (1 + 2 * i) for i in (1, 2)
)


def seeded(seed=5):
    return torch.Generator().manual_seed(seed)


def log_softmax(z):
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def divergence(log_q, teacher, temperature):
    log_p = log_softmax(teacher.numpy() / temperature)
    return temperature**2 * (np.exp(log_p) * (log_p - log_q)).sum(1).mean()


def by_hand(noise_weight, temperature, noise, noise_scale, noise_mix, with_mean=True):
    """The loss of STUDENT and TEACHER with the noise of `seeded()`."""
    z, standard = STUDENT.numpy(), torch.randn(STUDENT.shape, dtype=STUDENT.dtype, generator=seeded()).numpy()
    centre, power = z.mean(1, keepdims=True), 1 if noise_scale == "std" else 2
    deviation = np.sqrt(((z - centre) ** 2).sum(1, keepdims=True) / (z.shape[1] - 1)) ** power  # ddof 1
    eps = centre * with_mean + deviation * standard if noise == "adaptive" else noise * standard
    if noise_mix == "logits":
        return divergence(log_softmax((z + noise_weight * eps) / temperature), TEACHER, temperature)
    clean, noisy = np.exp(log_softmax(z / temperature)), np.exp(log_softmax(eps / temperature))
    return divergence(np.log((1 - noise_weight) * clean + noise_weight * noisy), TEACHER, temperature)


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
@pytest.mark.parametrize("noise_scale", NOISE_SCALES)
@pytest.mark.parametrize("noise", ["adaptive", 0.5, 2, 0.0])
@pytest.mark.parametrize(("noise_weight", "temperature"), [(0.1, 2.0), (0.6, 1.0), (1, 4.0)])
def test_equals_the_derivation(noise_weight, temperature, noise, noise_scale, noise_mix):
    switches = (noise_weight, temperature, noise, noise_scale, noise_mix)
    ours = nld_loss(STUDENT, TEACHER, *switches, generator=seeded())
    assert ours.item() == pytest.approx(by_hand(*switches), rel=1e-9)
    assert ours.item() == pytest.approx(by_hand(*switches, with_mean=False), rel=1e-9), "the mean cancels"


def test_defaults_are_the_papers():
    ours = nld_loss(STUDENT, TEACHER, generator=seeded())
    assert ours.item() == pytest.approx(by_hand(0.1, 2.0, "adaptive", "std", "logits"), rel=1e-9)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_kd_is_the_softened_divergence(temperature):
    expected = divergence(log_softmax(STUDENT.numpy() / temperature), TEACHER, temperature)
    assert kd_loss(STUDENT, TEACHER, temperature).item() == pytest.approx(expected, rel=1e-10)
    assert kd_loss(TEACHER, TEACHER).abs() < 1e-12


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
def test_without_noise_weight_it_is_kd(noise_mix):
    torch.testing.assert_close(nld_loss(STUDENT, TEACHER, 0, noise_mix=noise_mix), kd_loss(STUDENT, TEACHER))


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
def test_a_shift_of_the_logits_has_no_effect(noise_mix):
    shifted, plain = (
        nld_loss(z, TEACHER, 0.7, noise_mix=noise_mix, generator=seeded()) for z in (STUDENT + 37, STUDENT)
    )
    torch.testing.assert_close(shifted, plain)


def test_noise_has_each_samples_own_mean_and_deviation():
    z = torch.tensor([[1.0, 3.0, 5.0], [10.0, 10.0, 10.0]], dtype=torch.float64)
    standard = torch.randn(2, 3, dtype=torch.float64, generator=seeded())
    expected = torch.tensor([[3.0], [10.0]]) + torch.tensor([[2.0], [0.0]]) * standard  # ddof 1: sqrt(8 / 2)
    torch.testing.assert_close(draw_noise(z, generator=seeded()), expected)
    variances = torch.tensor([[3.0], [10.0]]) + torch.tensor([[4.0], [0.0]]) * standard
    torch.testing.assert_close(draw_noise(z, noise_scale="variance", generator=seeded()), variances)


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
def test_the_generator_repeats_the_noise(noise_mix):
    def loss(seed):
        return nld_loss(STUDENT, TEACHER, 0.5, noise_mix=noise_mix, generator=seeded(seed)).item()

    assert loss(1) == loss(1) != loss(2)
    state = torch.get_rng_state()
    loss(1)
    assert torch.equal(torch.get_rng_state(), state), "the global generator is not touched"


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
@pytest.mark.parametrize("noise", ["adaptive", 1.0])
def test_gradient_reaches_the_student_only_and_treats_the_noise_as_constant(noise_mix, noise):
    student, teacher = STUDENT.clone().requires_grad_(), TEACHER.clone().requires_grad_()
    nld_loss(student, teacher, 0.3, noise=noise, noise_mix=noise_mix, generator=seeded()).backward()
    assert teacher.grad is None
    p, eps = (TEACHER / 2).softmax(1), draw_noise(STUDENT, noise, generator=seeded())
    q = ((STUDENT + 0.3 * eps) / 2).softmax(1)
    expected = 2 * (q - p) / 6  # tau^2 * (q - p) / tau, mean over the batch
    if noise_mix == "probabilities":
        clean = (STUDENT / 2).softmax(1)
        share = p * 0.7 / (0.7 * clean + 0.3 * (eps / 2).softmax(1))
        expected = -2 * clean * (share - (share * clean).sum(1, keepdim=True)) / 6
    torch.testing.assert_close(student.grad, expected)


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
@pytest.mark.parametrize("noise_scale", NOISE_SCALES)
def test_with_noise_gradient_it_is_the_derivative_of_all_that_the_logits_decide(noise_mix, noise_scale):
    """Against central differences of the value, whose noise moves along with the logits."""

    def loss(z, **gradient):
        options = {"noise_weight": 0.3, "noise_scale": noise_scale, "noise_mix": noise_mix} | gradient
        return nld_loss(z, TEACHER, generator=seeded(), **options)

    with_noise, without = (STUDENT.clone().requires_grad_() for _ in range(2))
    loss(with_noise, noise_gradient=True).backward()
    loss(without).backward()
    step, expected = 1e-6, torch.zeros_like(STUDENT)
    for index in torch.cartesian_prod(torch.arange(2), torch.arange(10)):
        moved = torch.zeros_like(STUDENT)
        moved[tuple(index)] = step
        expected[tuple(index)] = (loss(STUDENT + moved) - loss(STUDENT - moved)) / (2 * step)
    torch.testing.assert_close(with_noise.grad[:2], expected[:2], rtol=1e-5, atol=1e-8)
    assert not torch.allclose(without.grad, with_noise.grad)
    assert loss(STUDENT, noise_gradient=True) == loss(STUDENT), "the value is the same"


@pytest.mark.parametrize("noise_mix", NOISE_MIXES)
@pytest.mark.parametrize("noise_scale", NOISE_SCALES)
@pytest.mark.parametrize("noise_weight", [0, 0.1, 1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_extreme_logits_stay_finite(noise_mix, noise_scale, noise_weight, dtype):
    student = (torch.eye(4) * 2e4 - 1e4).to(dtype).requires_grad_()
    teacher = torch.eye(4).flip(0) * 2e4
    loss = nld_loss(student, teacher, noise_weight, noise_scale=noise_scale, noise_mix=noise_mix, generator=seeded())
    loss.backward()
    assert loss.dtype == torch.float32 and loss.isfinite() and student.grad.isfinite().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise_scale": "sd"}, "'sd'; choose one of: std, variance"),
        ({"noise_mix": "sum"}, "'sum'; choose one of: logits, probabilities"),
        *(({"noise": n}, "choose 'adaptive' or") for n in ("gaussian", None, -0.1, math.nan, math.inf)),
        *(({"noise_weight": w}, "from 0 to 1") for w in (-0.1, 1.1, math.nan, "0.1")),
        *(
            ({"temperature": t, "noise_mix": mix}, "temperature")
            for t in (0, -1, math.nan, math.inf)
            for mix in NOISE_MIXES
        ),
        ({"student_logits": STUDENT[:3]}, r"\[3, 10\], teacher logits \[6, 10\]"),
        ({"student_logits": STUDENT[:0], "teacher_logits": TEACHER[:0]}, "B >= 1"),
        ({"student_logits": STUDENT[None], "teacher_logits": TEACHER[None]}, r"\[B, K\]"),
        ({"student_logits": STUDENT.detach().tolist()}, "student logits: expected a torch.Tensor, not a list"),
        ({"teacher_logits": TEACHER.detach().numpy()}, "teacher logits: expected a torch.Tensor, not a ndarray"),
        ({"student_logits": STUDENT[:, :1], "teacher_logits": TEACHER[:, :1]}, "K >= 2"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(CkdsnnError, match=message):
        nld_loss(**{"student_logits": STUDENT, "teacher_logits": TEACHER} | changes)


@pytest.mark.parametrize("logits", [STUDENT[0], STUDENT[:, :1], STUDENT[None], STUDENT[:0]])
@pytest.mark.parametrize("noise", ["adaptive", 0.5])
def test_noise_is_drawn_for_logits_alone(logits, noise):
    with pytest.raises(CkdsnnError, match=r"student logits \[.*\]: expected \[B, K\] with B >= 1 and K >= 2"):
        draw_noise(logits, noise)


def test_kd_refuses_shapes_and_temperatures():
    with pytest.raises(CkdsnnError, match=r"\[B, K\]"):
        kd_loss(STUDENT, TEACHER[:, :4])
    with pytest.raises(CkdsnnError, match="temperature"):
        kd_loss(STUDENT, TEACHER, 0)


def test_terms_pass_their_settings_on():
    batch = Batch(torch.empty(0), torch.empty(0), Features(STUDENT, ()), Features(TEACHER, ()), None, seeded())
    term = LOSSES["nld"](4.0, 0.6, "0.5", "variance", "probabilities")
    assert term(batch).item() == pytest.approx(by_hand(0.6, 4.0, 0.5, "variance", "probabilities"), rel=1e-9)
    torch.testing.assert_close(LOSSES["kd"](3.0)(batch), kd_loss(STUDENT, TEACHER, 3.0))
