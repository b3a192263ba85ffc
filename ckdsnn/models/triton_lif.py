"""The paper's neuron over its time loop as one Triton kernel each way: membranes stay in registers.

The formulas are those of `fused`. The graph keeps the input current alone, from which the way back computes the
membranes once more: forward reads and writes each value once, backward reads two and writes one, which is the least
that a kernel of its own can move. Half precision is computed in float32 inside, so that a few spikes differ from those
of `fused`, which rounds the membrane in every step.
"""

import torch
import triton
import triton.language as tl

BLOCK = 1024  # neurons of one program: eight for each of its 128 threads


@triton.jit
def fire_kernel(current, spikes, neurons, T: tl.constexpr, BLOCK: tl.constexpr, REAL: tl.constexpr):
    """Spikes [T, neurons] of the currents [T, neurons]; REAL: the type to compute in."""
    n = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = n < neurons
    v = tl.full([BLOCK], 0.0, REAL)
    for t in tl.static_range(T):
        h = v * 0.5 + tl.load(current + t * neurons + n, mask=inside, other=0.0).to(REAL)
        s = (h >= 1).to(REAL)
        tl.store(spikes + t * neurons + n, s, mask=inside)
        v = h * (1 - s)


@triton.jit
def gradient_kernel(current, above, below, neurons, T: tl.constexpr, BLOCK: tl.constexpr, REAL: tl.constexpr):
    """dL/dx (below) of dL/ds (above), all [T, neurons]; REAL: the type to compute in."""
    n = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = n < neurons
    v = tl.full([BLOCK], 0.0, REAL)
    membranes = ()
    for t in tl.static_range(T):
        h = v * 0.5 + tl.load(current + t * neurons + n, mask=inside, other=0.0).to(REAL)
        v = h * (1 - (h >= 1).to(REAL))
        membranes += (h,)
    kept = tl.full([BLOCK], 0.0, REAL)  # dL/dv[t]
    for back in tl.static_range(T):
        h = membranes[T - 1 - back]
        s = (h >= 1).to(REAL)
        slope = tl.maximum(tl.minimum(h, 2 - h), 0.0)
        spike_gradient = tl.load(above + (T - 1 - back) * neurons + n, mask=inside, other=0.0).to(REAL)
        gradient = slope * (spike_gradient - h * kept) + (1 - s) * kept
        tl.store(below + (T - 1 - back) * neurons + n, gradient, mask=inside)
        kept = gradient * 0.5


def real(x: torch.Tensor) -> tl.dtype:
    """The type in which the kernels compute for tensors like this."""
    return tl.float64 if x.dtype == torch.float64 else tl.float32


def in_steps(x: torch.Tensor) -> torch.Tensor:
    """x [T, ...] with each step in one piece of memory, after the step before it; whatever the layout inside a step."""
    whole = x[0].is_contiguous() or (x.dim() == 5 and x[0].is_contiguous(memory_format=torch.channels_last))
    return x if whole and (len(x) == 1 or x.stride(0) == x[0].numel()) else x.contiguous()


def launch(kernel: triton.runtime.JITFunction, *tensors: torch.Tensor) -> None:
    """Run a kernel on tensors [T, ...] of one layout; the last is its result."""
    neurons = tensors[0][0].numel()
    kernel[(triton.cdiv(neurons, BLOCK),)](*tensors, neurons, len(tensors[0]), BLOCK, real(tensors[0]))


class TritonLIF(torch.autograd.Function):
    """Spikes [T, ...] of the input current [T, ...], of its type and layout."""

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        x = in_steps(x)
        spikes = torch.empty_like(x)
        launch(fire_kernel, x, spikes)
        ctx.save_for_backward(x)
        return spikes

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        below = torch.empty_like(x)
        above = gradient if gradient.stride() == x.stride() else torch.empty_like(x).copy_(gradient)
        launch(gradient_kernel, x, above, below)
        return below
