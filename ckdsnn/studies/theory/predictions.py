"""What can be proved about SAMD and NLD, as functions that a notebook shows on real networks.

Each is a closed form or a bound, or measures what a closed form or a bound is about; the tests hold the two together.
Maps [N, h, w], logits [N, K], entropies in nats.
"""

import math

import torch
from torch import nn

from ckdsnn.distill.maps import cam, grad_cam, map_range, scale_saliency
from ckdsnn.distill.nld import draw_noise, smoothed
from ckdsnn.studies.distributions.measure import entropy


def mean_effect(logits: torch.Tensor, mean: float | torch.Tensor, noise_weight: float = 0.1, tau: float = 2.0) -> float:
    """The largest change of any softened probability when the noise's mean is moved by a number: nothing.

    softmax((z + w (eps + m)) / tau) = softmax((z + w eps) / tau), because softmax(a + c) = softmax(a) for a number c.
    """
    noise = draw_noise(logits, generator=torch.Generator(logits.device).manual_seed(0))
    plain, moved = (((logits + noise_weight * (noise + by)) / tau).softmax(1) for by in (0.0, mean))
    return (moved - plain).abs().max().item()


def entropy_changes(logits: torch.Tensor, draws: int, tau: float = 2.0, seed: int = 0, **nld) -> torch.Tensor:
    """How much NLD's noise changes the entropy of each softened prediction: [draws, N].

    nld: noise_weight, noise_scale, noise_mix and noise as `nld_loss` has them.
    """
    generator = torch.Generator(logits.device).manual_seed(seed)
    noisy = smoothed(logits.repeat(draws, 1), temperature=tau, generator=generator, **nld).exp()
    return entropy(noisy).view(draws, -1) - entropy((logits / tau).softmax(1))


def cam_difference(teacher: nn.Module, x: torch.Tensor, classes: torch.Tensor) -> float:
    """The largest difference of the closed-form CAM from H W times Grad-CAM, over the largest value of the CAM."""
    closed = cam(teacher, x, classes)
    slow = closed[0].numel() * grad_cam(teacher, x, classes)
    return ((closed - slow).abs().max() / closed.max()).item()


def cell_bounds(cells: int, temperature: float) -> tuple[float, float]:
    """The least and the largest share that the softmax gives a cell of a map from 0 to 1.

    The ratio of two cells is at most r = exp(1 / T_s); a cell is smallest where it is 0 and all others are 1.
    """
    ratio = math.exp(1 / temperature)
    return 1 / (1 + (cells - 1) * ratio), ratio / (ratio + cells - 1)


def loss_bound(temperature: float) -> float:
    """No two maps from 0 to 1, of any size, have a KL above 1 / (2 T_s^2): SAMD with its factor is at most 1/2.

    Both are members of an exponential family, so KL = Var(u) / 2 for u = (x - y) / T_s under a distribution between
    them (Taylor, with the remainder by Lagrange), and by Popoviciu Var(u) is at most its range squared over 4.
    """
    return 1 / (2 * temperature**2)


def loss_reached(temperature: float) -> float:
    """The KL of the two maps that are 1 in half of the cells and 0 in the other half, and the reverse."""
    return math.tanh(1 / (2 * temperature)) / temperature


def loss_limit(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """What T_s^2 KL becomes at high temperature [N]: half the variance over the cells of the maps' difference."""
    return (student - teacher).flatten(1).var(1, correction=0) / 2


def map_gradient(student: torch.Tensor, teacher: torch.Tensor, how: str, temperature: float) -> torch.Tensor:
    """The gradient of SAMD, T_s^2 KL summed over the images, with respect to the student's raw maps.

    how: the student's range, "none", "sample" or "batch"; `teacher` is in its own range already. With x = M as it is,
    dL/dM = g = T_s (P_st - P_te). With x = (M - min) / R, R = max - min, it is g / R, and the ends of the range get
    more: the largest cell -sum(g x) / R, the smallest sum(g (x - 1)) / R, shared among cells that tie.
    """
    x = map_range(student, how)
    g = temperature * (scale_saliency(x, "softmax", temperature) - scale_saliency(teacher, "softmax", temperature))
    dims = {"none": (), "sample": (1, 2), "batch": (0, 1, 2)}[how]
    if not dims:
        return g
    spread = student.amax(dims, keepdim=True) - student.amin(dims, keepdim=True)
    spread = spread.masked_fill(spread == 0, 1)  # a constant map has no largest cell, and its x is 0
    at_ends = ((x == end).to(x.dtype) for end in (1, 0))
    top, bottom = (there / there.sum(dims, keepdim=True).clamp_min(1) for there in at_ends)
    ends = bottom * (g * (x - 1)).sum(dims, keepdim=True) - top * (g * x).sum(dims, keepdim=True)
    return (g + ends) / spread
