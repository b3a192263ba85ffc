"""The neuron that torch compiles: its formulas against the loop in float64, its kernels against the fused neuron."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._dynamo.testing import CompileCounter
from torch._inductor import config
from torch._inductor.exc import InductorError
from torch._inductor.utils import run_and_get_cpp_code

from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF, compiled_lif
from ckdsnn.models.fused import FusedLIF
from tests.models.test_fused import COMPILING, spikes_and_gradient
from tests.models.test_neurons import lif_loop, value_and_gradient

LAYOUTS = [torch.contiguous_format, torch.channels_last]


@pytest.fixture
def uncompiled(monkeypatch):
    monkeypatch.setattr(compiled_lif, "kernel", lambda function: function)


@pytest.mark.usefixtures("uncompiled")
@settings(deadline=None, max_examples=40)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_formulas_are_those_of_the_loop(timesteps, seed):
    generator = torch.Generator().manual_seed(seed)
    x, weights = 2 * torch.randn(2, timesteps, 3, 4, 5, generator=generator, dtype=torch.float64)
    results = (value_and_gradient(neurons, x, weights) for neurons in (compiled_lif.CompiledLIF.apply, lif_loop))
    for ours, slow in zip(*results, strict=True):
        torch.testing.assert_close(ours, slow, rtol=1e-12, atol=1e-12)


@COMPILING
@pytest.mark.usefixtures("sure")
def test_kernels_compute_what_the_fused_neuron_does():
    timesteps = 3
    for layout in LAYOUTS:
        x, weights = torch.randn(2, timesteps * 3, 6, 4, 5)
        x = 2 * x.contiguous(memory_format=layout)
        ours, fused = (spikes_and_gradient(kind, timesteps, x, weights) for kind in ("compiled", "fused"))
        assert torch.equal(ours[0], fused[0]) and ours[1].any()
        torch.testing.assert_close(ours[1], fused[1], rtol=1e-5, atol=1e-5)


@COMPILING
@pytest.mark.usefixtures("sure")
def test_in_bfloat16_its_spikes_are_those_of_float32():
    x = (2 * torch.randn(4, 20_000, generator=torch.Generator().manual_seed(0))).bfloat16()
    ours = compiled_lif.CompiledLIF.apply(x)
    assert ours.dtype == torch.bfloat16 and torch.equal(ours.float(), FusedLIF.apply(x.float()))
    rounded = FusedLIF.apply(x)  # its membrane, in every step
    assert 0 < (ours != rounded).sum() < ours.numel() / 1000


@COMPILING
def test_a_kernel_that_one_thread_has_made_serves_many():
    compiled_lif.kernel.cache_clear()
    torch._dynamo.reset()
    with config.patch(fx_graph_cache=False):
        _, code = run_and_get_cpp_code(compiled_lif.launch, compiled_lif.fire, torch.randn(3, 9))
    assert "#pragma omp parallel\n" in code and "num_threads" not in code


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("timesteps", [1, 2])
def test_the_memory_layout_passes_through(timesteps, layout):
    x = torch.randn(4, 3, 5, 6).contiguous(memory_format=layout).requires_grad_()
    spikes = Engine(neuron="compiled").tell(LIF(timesteps))(x)
    (gradient,) = torch.autograd.grad(spikes.square().sum(), x)
    assert all(t.is_contiguous(memory_format=layout) for t in (spikes, gradient))


@pytest.mark.usefixtures("uncompiled")
def test_the_graph_keeps_the_current_alone():
    kept = []
    x = torch.randn(3, 2, 4, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        compiled_lif.CompiledLIF.apply(x)
    assert len(kept) == 1 and kept[0].data_ptr() == x.data_ptr()


def test_one_kernel_each_way_serves_all_sizes_layouts_and_trainings(monkeypatch):
    """torch compiles a function eight times at most; what comes after that would be slow, in silence."""
    torch._dynamo.reset()
    counter, made = CompileCounter(), {}

    def compiled(function):
        return made.setdefault(function, torch.compile(function, dynamic=True, backend=counter))

    monkeypatch.setattr(compiled_lif, "kernel", compiled)
    for size in [(6, 3, 4, 4), (8, 16, 4, 4), (4, 16, 16, 16), (2, 8, 8, 16), (6, 5)]:
        for layout in LAYOUTS[: len(size) - 2]:
            x = torch.randn(size).contiguous(memory_format=layout)
            neuron = Engine(neuron="compiled").tell(LIF(2))
            neuron(x)
            neuron(x.requires_grad_()).sum().backward()
    assert counter.frame_count == 2 == len(made)


def test_without_a_compiler_it_says_so(monkeypatch):
    def refuse(*_):
        raise InductorError(RuntimeError("No working compiler found\nin a long list"), None)

    monkeypatch.setattr(compiled_lif, "kernel", lambda _: refuse)
    with pytest.raises(CkdsnnError, match=r"no kernel can be made: .*No working compiler found; expected auto"):
        Engine(neuron="compiled").tell(LIF(2))(torch.randn(4, 3))
