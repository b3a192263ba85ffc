"""spikingjelly's plain loop computes what our step does, in values and gradients, by no part of ours that is fast."""

import pytest
import torch
from spikingjelly.activation_based import base

from ckdsnn.analysis.speed import training_step
from ckdsnn.bench.plain import PlainStep
from ckdsnn.models import LIF


@pytest.fixture(params=[1, 3])
def steps(request):
    """Ours and the plain one in float64, which share no network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = training_step("resnet8", timesteps=request.param, batch=8, num_classes=3, device=torch.device("cpu"))
        ours.network.double()
        ours.objective.double()
        ours.images = ours.images.double()
        yield ours, PlainStep(ours)


def gradients(step):
    """Loss and gradients of one step; the noise of NLD is drawn from the same state."""
    torch.manual_seed(1)
    return step(), [parameter.grad.clone() for parameter in step.network.parameters()]


def test_losses_and_gradients_are_those_of_our_step(steps):
    ours, plain = map(gradients, steps)
    torch.testing.assert_close(plain, ours)
    assert all(gradient.abs().max() > 0 for gradient in plain[1])
    # and so are those of the next step: weights were changed alike, and no membrane was kept
    torch.testing.assert_close(gradients(steps[1]), gradients(steps[0]))


def test_its_parts_are_spikingjellys_and_nothing_is_fast(steps):
    plain = steps[1]
    assert not any(isinstance(module, LIF) for module in plain.network.modules())
    assert sum(isinstance(module, base.MemoryModule) for module in plain.network.modules()) == 7
    assert plain.images.is_contiguous() and not plain.half
    assert all(parameter.is_contiguous() for parameter in plain.network.parameters())
    assert not any(parameter.requires_grad for parameter in plain.objective.teacher.parameters())


def test_a_forward_pass_needs_no_reset_by_its_caller(steps):
    plain = steps[1]
    plain.forward()
    first = plain.features.logits
    plain.forward()
    torch.testing.assert_close(plain.features.logits, first)
