"""The neuron against a six-line loop in float64 with a surrogate of its own."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF


class Spike(torch.autograd.Function):
    """The step at the threshold 1; its derivative is the triangle max(0, 1 - |h - 1|)."""

    @staticmethod
    def forward(ctx, h):
        ctx.save_for_backward(h)
        return (h >= 1).to(h.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (h,) = ctx.saved_tensors
        return gradient * (1 - (h - 1).abs()).clamp_min(0)


def lif_loop(x):
    """[T, ...] -> spikes [T, ...]: decay 1/2, hard reset to 0, the reset kept in the gradient."""
    v, spikes = torch.zeros_like(x[0]), []
    for current in x:
        h = v / 2 + current
        spikes.append(Spike.apply(h))
        v = h * (1 - spikes[-1])
    return torch.stack(spikes)


def value_and_gradient(neurons, x, weights):
    x = x.clone().requires_grad_()
    spikes = neurons(x)
    (spikes * weights).sum().backward()
    return spikes.detach(), x.grad


def folded(x):
    """The package's neuron on [T, ...], with the time axis folded away and back."""
    return LIF(len(x))(x.flatten(0, 1)).unflatten(0, (len(x), -1))


def currents(timesteps):
    return arrays(np.float64, (timesteps, 3), elements=st.floats(-2, 3, width=32))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 6))
def test_values_and_gradients_equal_the_loop(data, timesteps):
    x, weights = (torch.tensor(data.draw(currents(timesteps))) for _ in range(2))
    results = (value_and_gradient(neurons, x, weights) for neurons in (folded, lif_loop))
    for ours, slow in zip(*results, strict=True):
        torch.testing.assert_close(ours, slow, rtol=1e-12, atol=1e-12)


def test_a_worked_example():
    """0.75 stays below 1; 0.375 + 0.75 fires and resets; without the reset the third step would fire again."""
    x = torch.tensor([0.75, 0.75, 0.75, 1.0, 0.0]).reshape(-1, 1)
    assert LIF(5)(x).flatten().tolist() == [0, 1, 0, 1, 0]


def test_the_resets_own_gradient_is_kept():
    """dL/dx[0] passes the membrane: d(h (1-s))/dh = 1 - s - h ds/dh = 1 - 0.5 * 0.5, and its decay."""
    x = torch.tensor([[0.5], [0.25]], dtype=torch.float64, requires_grad=True)
    LIF(2)(x)[1].sum().backward()
    at_step_1 = 1 - abs(0.5 - 1)  # h[1] = 0.25 + 0.25
    assert x.grad.flatten().tolist() == [at_step_1 / 2 * (1 - 0.5 * 0.5), at_step_1]


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_kept_between_calls(training):
    lif = LIF(2).train(training)
    x = torch.full((2, 4), 0.9)
    first = lif(x)
    assert torch.equal(lif(x), first)
    lif(torch.full((6, 7), 0.9))  # another batch size and shape
    assert torch.equal(lif(x), first)
    lif.node.v = torch.full((1, 4), 0.9)  # what a call that was interrupted leaves behind
    assert torch.equal(lif(x), first)


def test_copies_after_forward_and_backward():
    lif = LIF(3)
    x = torch.rand(6, 5, requires_grad=True)
    lif(x).sum().backward()
    assert torch.equal(copy.deepcopy(lif)(x), lif(x))


@pytest.mark.parametrize(("folded", "length", "axes"), [(False, 3, "4, B"), (False, 8, "4, B"), (True, 6, r"4 \* B")])
def test_sequences_of_another_length_are_refused(folded, length, axes):
    with pytest.raises(CkdsnnError, match=rf"input of shape \[{length}, 5\]: expected \[{axes}, ...\]"):
        LIF(4, folded)(torch.rand(length, 5))


def test_images_of_a_batch_do_not_touch():
    x = torch.rand(4, 3, 5) * 2  # [T, B, N]
    alone = torch.stack([folded(x[:, b : b + 1])[:, 0] for b in range(3)], 1)
    assert torch.equal(folded(x), alone)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_spikes_keep_the_type(dtype):
    spikes = LIF(2)((torch.rand(8, 3) * 2).to(dtype))
    assert spikes.dtype == dtype and set(spikes.unique().tolist()) == {0, 1}
