"""The paper's neuron over its whole time loop as one autograd function: on a CPU several times faster than one a step.

With h[t] = v[t-1] / 2 + x[t], s[t] = [h[t] >= 1], v[t] = h[t] (1 - s[t]) and the surrogate p(h) = max(0, 1 - |h - 1|)
for ds/dh, the gradients run backward through time as

    dL/dh[t] = p(h[t]) (dL/ds[t] - h[t] dL/dv[t]) + (1 - s[t]) dL/dv[t]      dL/dv[t-1] = dL/dh[t] / 2

and dL/dx = dL/dh. The graph keeps h alone: s is kept anyway, by the convolution that it enters. On a CPU every pass
over memory counts, and a masked one (masked_fill, where) counts eight times: hence products with s instead.
"""

import torch


def unless(spikes: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """x, or 0 where there is a spike."""
    return torch.addcmul(x, x, spikes, value=-1)


def fire(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The membrane before it may fire, h, and the spikes s, from the input current x; all [T, ...] of one type.

    Of a single step, h is x itself. Spikes are written step by step also then: torch.compile loses the gradient of an
    autograd function whose output a single `out=` has filled as a whole (torch 2.11).
    """
    spikes = torch.empty_like(x)
    h = x.clone() if len(x) > 1 else x
    for t in range(len(x)):
        if t:
            h[t].add_(unless(spikes[t - 1], h[t - 1]), alpha=0.5)
        torch.ge(h[t], 1, out=spikes[t])
    return h, spikes


def current_gradient(h: torch.Tensor, spikes: torch.Tensor, spike_gradient: torch.Tensor) -> torch.Tensor:
    """dL/dx [T, ...] from h, s and dL/ds."""
    gradient, two = torch.empty_like(h), h.new_full((), 2)
    for t in reversed(range(len(h))):
        torch.add(two, h[t], alpha=-1, out=gradient[t])
        torch.minimum(h[t], gradient[t], out=gradient[t]).clamp_min_(0)  # the surrogate
        if t == len(h) - 1:
            gradient[t].mul_(spike_gradient[t])
        else:
            kept = gradient[t + 1] / 2  # dL/dv[t]
            gradient[t].mul_(torch.addcmul(spike_gradient[t], h[t], kept, value=-1))
            gradient[t].add_(unless(spikes[t], kept))
    return gradient


class FusedLIF(torch.autograd.Function):
    """Spikes [T, ...] of the input current [T, ...], of its type."""

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        h, spikes = fire(x)
        ctx.save_for_backward(h, spikes)
        return spikes

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        return current_gradient(*ctx.saved_tensors, gradient)
