"""The paper's neuron over its time loop as one kernel each way, which torch.compile makes for the machine at hand.

The formulas are those of `fused`, whose spikes are the same in float32 and float64; gradients differ in the last bits
of float32, as here a product is rounded before it is added. In bfloat16 a few spikes differ: the kernel computes in
float32 inside, `fused` rounds the membrane in every step.

The graph keeps the input current alone, from which the way back computes the membranes once more: forward reads and
writes each value once, backward reads two and writes one. The first call of a machine takes a C++ compiler and some
ten seconds; later processes find the kernels in torch's cache on the disk.
"""

from collections.abc import Callable
from functools import cache

import torch

from ckdsnn.errors import CkdsnnError


def membranes(current: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The membrane before it may fire, h, and the spikes s of each step, from the currents [T, N]."""
    h, s = [current[0]], []
    for t in range(len(current)):
        s.append((h[t] >= 1).to(current.dtype))
        if t + 1 < len(current):
            h.append(current[t + 1] + (h[t] - h[t] * s[t]) * 0.5)
    return h, s


def fire(current: torch.Tensor) -> torch.Tensor:
    """Spikes [T, N] of the currents [T, N]."""
    return torch.stack(membranes(current)[1])


def current_gradient(current: torch.Tensor, spike_gradient: torch.Tensor) -> torch.Tensor:
    """dL/dx [T, N] from x and dL/ds."""
    h, s = membranes(current)
    gradients: list[torch.Tensor] = []
    for t in reversed(range(len(current))):
        slope = torch.minimum(h[t], 2 - h[t]).clamp_min(0)
        if not gradients:
            gradients.append(slope * spike_gradient[t])
        else:
            kept = gradients[-1] / 2  # dL/dv[t]
            gradients.append(slope * (spike_gradient[t] - h[t] * kept) + (kept - kept * s[t]))
    return torch.stack(gradients[::-1])


@cache
def kernel(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """The function as torch.compile makes it, for any number of neurons and threads; it is made at its first call.

    Torch keeps kernels on the disk without the number of threads for which they were made: one of a single thread, or
    of so few neurons that one is enough, would serve all later trainings, whose other threads would have nothing to do.
    """
    return torch.compile(function, dynamic=True, options={"cpp.dynamic_threads": True})


def launch(function: Callable[..., torch.Tensor], *tensors: torch.Tensor) -> torch.Tensor:
    """Its kernel on tensors [T, ...], whose neurons are taken in the order in which the first has them in memory.

    Raises CkdsnnError where no kernel can be made.
    """
    order = [0, *sorted(range(1, tensors[0].dim()), key=tensors[0].stride, reverse=True)]
    ordered = [tensor.permute(order) for tensor in tensors]
    flat = [tensor.reshape(len(tensor), -1).detach() for tensor in ordered]  # else one for each form of a base
    try:
        result = kernel(function)(*flat)
    except torch._inductor.exc.InductorError as error:
        reason = str(error).splitlines()[0]
        raise CkdsnnError(f"neuron = 'compiled': no kernel can be made: {reason}; expected auto") from error
    back = sorted(range(len(order)), key=order.__getitem__)
    return result.view(ordered[0].shape).permute(back)


class CompiledLIF(torch.autograd.Function):
    """Spikes [T, ...] of the input current [T, ...], of its type and memory layout."""

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return launch(fire, x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        return launch(current_gradient, *ctx.saved_tensors, gradient)
