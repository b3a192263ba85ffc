"""What `theory` proves, checked on the trained networks of a record: the numbers of one table and two figures."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill.maps import cam, map_range, scale_saliency, spike_activation_map
from ckdsnn.distill.samd import samd_loss
from ckdsnn.studies.subject import Subject
from ckdsnn.studies.theory.predictions import (
    cam_difference,
    cell_bounds,
    entropy_changes,
    loss_bound,
    loss_limit,
    loss_reached,
    map_gradient,
    mean_effect,
)

MEAN = 100.0  # what the noise's mean is moved by, some dozen times the logits' deviation
TEMPERATURE = 2.0

NOISES: dict[str, dict[str, Any]] = {
    "λ = 0.1\n(paper)": {"noise_weight": 0.1},
    "λ = 0.3": {"noise_weight": 0.3},
    "λ = 1": {"noise_weight": 1.0},
    "λ = 0.1\n(released)": {"noise_weight": 0.1, "noise_scale": "variance", "noise_mix": "probabilities"},
}

Maps = tuple[torch.Tensor, torch.Tensor]


def identities(subject: Subject) -> dict[str, float]:
    """Statement -> the largest deviation from it on the gallery's images, in double precision."""
    images, labels = subject.gallery()
    x, student, teacher = images.double(), *(deepcopy(n).double() for n in (subject.network, subject.teacher))
    with torch.no_grad():
        logits, (*_, spikes) = student(x)
    maps = spike_activation_map(spikes), map_range(cam(teacher, x, labels), "sample")
    found = {
        f"The mean of NLD's noise does nothing: moved by {MEAN:g}, a softened probability changes by": mean_effect(
            logits, MEAN
        ),
        "The CAM is H W times Grad-CAM: largest difference, over the largest cell": cam_difference(teacher, x, labels),
    }
    for how, words in (("none", "a count"), ("sample", "from 0 to 1"), ("batch", "from 0 to 1 over the batch")):
        name = f"SAMD's gradient, student's map {words}, is the closed form: largest difference, over the largest"
        found[name] = gradient_difference(*maps, how)
    name = "A step along SAMD's gradient leaves the logits: their change, over that of a step along the cross-entropy's"
    return found | {name: logits_moved(spikes, maps[1], labels, student.head)}


def gradient_difference(student: torch.Tensor, teacher: torch.Tensor, how: str) -> float:
    """The closed form of SAMD's gradient against autograd's, over the largest."""
    raw = student.clone().requires_grad_()
    loss = len(raw) * samd_loss(map_range(raw, how), teacher, TEMPERATURE)
    (gradient,) = torch.autograd.grad(loss, raw)
    closed = map_gradient(student, teacher, how, TEMPERATURE)
    return ((gradient - closed).abs().max() / closed.abs().max()).item()


def logits_moved(spikes: torch.Tensor, teacher_map: torch.Tensor, labels: torch.Tensor, head: nn.Module) -> float:
    """How much the logits move when the last stage's [T, B, C, h, w] follow SAMD's gradient, against cross-entropy's.

    Both steps are as long, one spike at the value that moves most. SAMD's gradient is the same for all channels and
    steps of a cell and its sum over the cells is zero; the pooled features, which the head reads, are left alone.
    """

    def logits(stage: torch.Tensor) -> torch.Tensor:
        return head(stage.mean((0, -2, -1)))

    stage = spikes.clone().requires_grad_()
    maps = map_range(spike_activation_map(stage), "sample")
    moved = []
    for loss in (samd_loss(maps, teacher_map, TEMPERATURE), F.cross_entropy(logits(stage), labels)):
        (gradient,) = torch.autograd.grad(loss, stage)
        step = gradient / gradient.abs().max()
        moved.append((logits(spikes - step) - logits(spikes)).abs().max().item())
    return moved[0] / moved[1]


def noise_effects(logits: Mapping[str, torch.Tensor], draws: int) -> dict[str, dict[str, torch.Tensor]]:
    """Source of logits [N, K] -> noise -> changes of the softened predictions' entropies, [draws, N]."""
    return {
        source: {noise: entropy_changes(z, draws, **nld) for noise, nld in NOISES.items()}
        for source, z in logits.items()
    }


def gaussian_like(logits: torch.Tensor) -> torch.Tensor:
    """Gaussian logits with each image's own deviation over the classes."""
    standard = torch.randn(logits.shape, dtype=logits.dtype, generator=torch.Generator().manual_seed(0))
    return standard * logits.std(1, keepdim=True)


def random_maps(maps: torch.Tensor) -> Maps:
    """Two sets of maps of this shape, each cell drawn from 0 to 1."""
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.rand(maps.shape, dtype=maps.dtype, generator=generator) for _ in range(2))


def against_bounds(pairs: Mapping[str, Maps], temperatures: Sequence[float]) -> dict[str, Any]:
    """Bounds and measured values of maps from 0 to 1, student's and teacher's, at each temperature.

    cells: [least, largest] share that is possible; bound, reached: of the KL; measured: label -> the extreme shares
    that occur, the KL without SAMD's factor, and the limit of T_s^2 KL at high temperature.
    """
    cells = next(iter(pairs.values()))[0][0].numel()
    return {
        "temperatures": list(temperatures),
        "uniform": 1 / cells,
        "cells": [cell_bounds(cells, temperature) for temperature in temperatures],
        "bound": [loss_bound(temperature) for temperature in temperatures],
        "reached": [loss_reached(temperature) for temperature in temperatures],
        "measured": {label: measured(*maps, temperatures) for label, maps in pairs.items()},
    }


def measured(student: torch.Tensor, teacher: torch.Tensor, temperatures: Sequence[float]) -> dict[str, Any]:
    shares = [scale_saliency(torch.cat([student, teacher]), "softmax", temperature) for temperature in temperatures]
    losses = [samd_loss(student, teacher, temperature, temperature_squared=False) for temperature in temperatures]
    return {
        "cells": [(s.min().item(), s.max().item()) for s in shares],
        "kl": [loss.item() for loss in losses],
        "limit": loss_limit(student, teacher).mean().item(),
    }
