"""BKD against its derivation in float64 NumPy with the same drawn blur."""

import numpy as np
import pytest
import torch

from ckdsnn.distill import LOSSES, bkd_loss
from ckdsnn.distill.bkd import BLANKED, blur
from ckdsnn.errors import CkdsnnError

RNG = np.random.default_rng(0)
SPIKES = (RNG.random((3, 4, 5, 6, 6)) < 0.3).astype(float)
TEACHER = RNG.random((4, 7, 6, 6))


def seeded(seed=5):
    return torch.Generator().manual_seed(seed)


def convolve(x, weight, bias):
    """A convolution that keeps the size: zeros around [B, C, H, W], then a sum over each window."""
    reach = weight.shape[-1] // 2
    padded = np.pad(x, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
    return np.einsum("bihwkl,oikl->bohw", windows, weight) + bias[:, None, None]


@pytest.mark.parametrize("blanked", [0.0, 0.15, 0.6, 1.0])
def test_equals_the_derivation(blanked):
    restore = LOSSES["bkd"]().adapter(5, 7).double()
    match, first, second = (
        [p.detach().numpy() for p in layer.parameters()] for layer in restore if list(layer.parameters())
    )
    kept = torch.rand(4, 5, 1, 1, generator=seeded()).numpy() >= blanked
    restored = convolve(np.maximum(convolve(convolve(SPIKES.mean(0) * kept, *match), *first), 0), *second)
    ours = bkd_loss(torch.tensor(SPIKES), torch.tensor(TEACHER), restore, blanked, seeded())
    assert ours.item() == pytest.approx(np.square(restored - TEACHER).mean(), rel=1e-10)


def test_blur_blanks_whole_channels_of_single_images():
    blurred = blur(torch.ones(200, 50, 2, 3), BLANKED, seeded())
    kept = blurred.mean((2, 3))
    assert set(kept.unique().tolist()) == {0.0, 1.0}
    assert kept.mean().item() == pytest.approx(1 - 0.15, abs=0.01)  # 10,000 draws: standard deviation 0.0036
    assert kept.std(0).min() > 0 and kept.std(1).max() > 0


def test_the_generator_repeats_the_blur():
    restore = LOSSES["bkd"]().adapter(5, 7).double()

    def loss(seed):
        return bkd_loss(torch.tensor(SPIKES), torch.tensor(TEACHER), restore, 0.5, seeded(seed)).item()

    state = torch.get_rng_state()
    assert loss(1) == loss(1) != loss(2)
    assert torch.equal(torch.get_rng_state(), state), "the global generator is not touched"


@pytest.mark.parametrize("channels", [5, 7])
def test_the_block_learns_and_blanked_channels_get_no_gradient(channels):
    student = torch.tensor(SPIKES).requires_grad_()
    teacher = torch.tensor(TEACHER[:, :channels])
    restore = LOSSES["bkd"]().adapter(5, channels).double()
    bkd_loss(student, teacher, restore, 0.5, seeded()).backward()
    assert all(p.grad.any() for p in restore.parameters())
    kept = torch.rand(4, 5, 1, 1, generator=seeded()) >= 0.5
    assert torch.equal(student.grad.abs().sum((0, 3, 4)) > 0, kept[:, :, 0, 0])


@pytest.mark.parametrize("blanked", [-0.1, 1.1, float("nan"), "x"])
def test_a_share_out_of_range_is_refused(blanked):
    with pytest.raises(CkdsnnError, match="from 0 to 1"):
        bkd_loss(torch.tensor(SPIKES), torch.tensor(TEACHER), torch.nn.Identity(), blanked)
