"""The fused neuron against spikingjelly's, and against the loop of test_neurons by way of it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckdsnn.engine import Engine
from ckdsnn.models import LIF, build_student

TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 0.05}


def spikes_and_gradient(kind, timesteps, x, weights):
    neurons = Engine(neuron=kind).tell(LIF(timesteps))
    x = x.clone().requires_grad_()
    spikes = neurons(x)
    (spikes * weights).sum().backward()
    return spikes.detach(), x.grad


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 6), st.sampled_from(list(TOLERANCE)), st.integers(0, 2**32 - 1))
def test_equals_the_slow_neuron(timesteps, dtype, seed):
    generator = torch.Generator().manual_seed(seed)
    x, weights = (2 * torch.randn(2, timesteps * 3, 4, 5, generator=generator)).to(dtype)
    fast, slow = (spikes_and_gradient(kind, timesteps, x, weights) for kind in ("fused", "spikingjelly"))
    assert torch.equal(fast[0], slow[0])
    torch.testing.assert_close(fast[1], slow[1], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_exactly_at_the_threshold_it_fires_with_the_steepest_slope():
    x = torch.tensor([[1.0], [2.0], [0.0]])
    spikes, gradient = spikes_and_gradient("fused", 1, x, torch.ones(3, 1))
    assert spikes.flatten().tolist() == [1, 1, 0] and gradient.flatten().tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("kind", "timesteps", "device", "fused"),
    [
        ("auto", 1, "cpu", True),
        ("auto", 4, "cpu", True),
        ("auto", 1, "cuda", True),
        ("auto", 4, "cuda", False),
        ("fused", 4, "cuda", True),
        ("spikingjelly", 1, "cpu", False),
    ],
)
def test_which_neuron_computes(kind, timesteps, device, fused):
    assert Engine(neuron=kind).tell(LIF(timesteps)).is_fused(torch.device(device)) is fused


@pytest.mark.parametrize("timesteps", [1, 2])
def test_the_memory_layout_passes_through(timesteps):
    x = torch.randn(4, 3, 5, 6).contiguous(memory_format=torch.channels_last).requires_grad_()
    spikes = LIF(timesteps)(x)
    spikes.square().sum().backward()
    assert all(t.is_contiguous(memory_format=torch.channels_last) for t in (spikes, x.grad))


@pytest.mark.parametrize("timesteps", [1, 3])
def test_input_and_incoming_gradient_stay_what_they_are(timesteps):
    x, weights = torch.randn(2, 6, 4)
    before = x.clone(), weights.clone()
    x.requires_grad_()
    LIF(timesteps)(x).backward(weights)
    assert torch.equal(x, before[0]) and torch.equal(weights, before[1])


def test_it_keeps_the_membrane_and_the_spikes_alone():
    kept = []
    x = torch.randn(6, 4, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape) or t, lambda t: t):
        LIF(3)(x)
    assert kept == [(3, 2, 4)] * 2


# torch's compiler uses what torch deprecates, and looks at gradients of tensors that keep none
COMPILING = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:The .grad attribute:UserWarning")


@COMPILING
@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(("timesteps", "backend"), [(1, "inductor"), (1, "aot_eager"), (2, "eager"), (4, "aot_eager")])
def test_compiled_it_has_the_same_gradient(timesteps, backend):
    x, weights = torch.randn(2, timesteps * 3, 4, 5)
    neurons, slow = LIF(timesteps), spikes_and_gradient("spikingjelly", timesteps, x, weights)
    torch._dynamo.reset()
    x.requires_grad_()
    spikes = torch.compile(neurons, backend=backend)(x)
    (spikes * weights).sum().backward()
    assert torch.equal(spikes, slow[0]) and x.grad.any()
    torch.testing.assert_close(x.grad, slow[1])


@COMPILING
def test_a_compiled_network_gives_every_parameter_its_gradient():
    """With a first time step, a last, and one between; in the layout in which networks are trained."""
    torch._dynamo.reset()
    student = build_student("resnet8", width=1, timesteps=3).to(memory_format=torch.channels_last)
    images = torch.randn(2, 3, 16, 16).contiguous(memory_format=torch.channels_last)

    def gradients(network):
        student.zero_grad()
        network(images).logits.square().sum().backward()
        return [parameter.grad for parameter in student.parameters()]

    eager, compiled = gradients(student), gradients(torch.compile(student, backend="aot_eager"))
    assert all(gradient.any() for gradient in compiled)
    torch.testing.assert_close(compiled, eager, rtol=1e-3, atol=1e-5)
