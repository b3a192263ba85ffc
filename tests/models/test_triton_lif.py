"""The neuron's Triton kernels against the loop in float64: interpreted on a CPU, as they are on a GPU."""

import pytest
import torch

from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF
from tests.models.test_neurons import lif_loop, value_and_gradient

kernels = pytest.importorskip("ckdsnn.models.triton_lif")  # torch brings Triton on some platforms only
NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 0.02}


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=NEEDS_CUDA)])
def device(request, monkeypatch) -> str:
    """On a CPU, Triton's own interpreter runs the kernels, in small programs: it takes a millisecond for each line."""
    if request.param == "cpu":
        from triton.runtime.interpreter import InterpretedFunction

        for name in ("fire_kernel", "gradient_kernel"):
            monkeypatch.setattr(kernels, name, InterpretedFunction(getattr(kernels, name).fn))
        monkeypatch.setattr(kernels, "BLOCK", 64)
    return request.param


def currents(timesteps: int, dtype: torch.dtype, device: str) -> torch.Tensor:
    """Two sets [T, 3, 5, 7] around the threshold; their size fills no number of programs."""
    generator = torch.Generator().manual_seed(timesteps)
    x = 2 * torch.randn(2, timesteps, 3, 5, 7, generator=generator, dtype=torch.float64)
    return x.to(device, dtype)


@pytest.mark.parametrize("dtype", list(TOLERANCE), ids=str)
@pytest.mark.parametrize("timesteps", [1, 2, 4])
def test_equals_the_loop_in_float64(timesteps, dtype, device):
    x, weights = currents(timesteps, dtype, device)
    spikes, gradient = value_and_gradient(kernels.TritonLIF.apply, x, weights)
    expected, slow = value_and_gradient(lif_loop, x.double(), weights.double())
    assert spikes.dtype == gradient.dtype == dtype
    assert torch.equal(spikes.double(), expected)
    torch.testing.assert_close(gradient.double(), slow, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_exactly_at_the_threshold_it_fires_with_the_steepest_slope(device):
    x = torch.tensor([[1.0, 2.0, 0.0, -1.0]], device=device)
    spikes, gradient = value_and_gradient(kernels.TritonLIF.apply, x, torch.ones_like(x))
    assert spikes.tolist() == [[1, 1, 0, 0]] and gradient.tolist() == [[1, 0, 0, 0]]


@pytest.mark.parametrize("timesteps", [1, 3])
def test_the_memory_layout_passes_through_and_any_other_is_understood(timesteps, device):
    shape = timesteps, 2, 3, 4, 5
    x = torch.randn(shape, device=device, dtype=torch.float64)
    last = x.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, shape[:2])
    turned = x.transpose(0, 1).contiguous().transpose(0, 1)  # a batch whose steps lie apart in memory
    weights = torch.randn_like(x)
    expected = value_and_gradient(lif_loop, x, weights)
    for given in (x, last, turned):
        for shown in (weights, weights.flatten(0, 1).contiguous(memory_format=torch.channels_last).view_as(last)):
            torch.testing.assert_close(value_and_gradient(kernels.TritonLIF.apply, given, shown), expected)
    assert kernels.TritonLIF.apply(last).stride() == last.stride()


def test_input_and_incoming_gradient_stay_what_they_are(device):
    x, weights = currents(3, torch.float32, device)
    before = x.clone(), weights.clone()
    value_and_gradient(kernels.TritonLIF.apply, x, weights)
    assert torch.equal(x, before[0]) and torch.equal(weights, before[1])


@pytest.mark.parametrize("name", ["fire_kernel", "gradient_kernel"])
def test_the_kernels_compile_for_a_gpu(name):
    """For one of NVIDIA's of 2022, in half precision: so much is seen without it."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel = getattr(kernels, name)
    constants = {"T": 4, "BLOCK": kernels.BLOCK, "REAL": kernels.tl.float32}
    signature = {argument: "constexpr" if argument in constants else "*bf16" for argument in kernel.arg_names}
    source = ASTSource(kernel, signature | {"neurons": "i32"}, constants)
    assert triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["cubin"]


@NEEDS_CUDA
@pytest.mark.parametrize("timesteps", [1, 4])
def test_a_network_on_cuda_is_the_same_with_it(timesteps):
    x = torch.randn(timesteps * 4, 16, 8, 8, device="cuda", dtype=torch.float64)
    weights = torch.randn_like(x)
    networks = [Engine(neuron=kind).tell(LIF(timesteps)) for kind in ("triton", "fused")]
    torch.testing.assert_close(*(value_and_gradient(network, x, weights) for network in networks))


def test_on_a_cpu_it_is_refused():
    with pytest.raises(CkdsnnError, match="neuron = 'triton' needs a CUDA device, not cpu; expected auto"):
        Engine(neuron="triton").tell(LIF(2))(torch.rand(4, 3))
