"""What `theory` proves, checked on the trained networks of a record: the numbers of one table and two figures."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import pandas as pd
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
POSSIBLE, REACHED, UNIFORM = "bounds of all maps", "reached by maps of 0 and 1", "uniform maps"

NOISES: dict[str, dict[str, Any]] = {
    "λ = 0.1 (paper)": {"noise_weight": 0.1},
    "λ = 0.3": {"noise_weight": 0.3},
    "λ = 1": {"noise_weight": 1.0},
    "λ = 0.1 (released)": {"noise_weight": 0.1, "noise_scale": "variance", "noise_mix": "probabilities"},
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


def noise_effects(logits: Mapping[str, torch.Tensor], draws: int) -> pd.DataFrame:
    """How noise changes the entropies of softened predictions; logits: source -> [N, K].

    One row a source, noise, draw and image: logits, noise, draw, image, change (nat).
    """
    parts = [
        pd.DataFrame(entropy_changes(z, draws, **nld).numpy())
        .melt(var_name="image", value_name="change", ignore_index=False)
        .rename_axis("draw")
        .reset_index()
        .assign(logits=source, noise=noise)
        for source, z in logits.items()
        for noise, nld in NOISES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def gaussian_like(logits: torch.Tensor) -> torch.Tensor:
    """Gaussian logits with each image's own deviation over the classes."""
    standard = torch.randn(logits.shape, dtype=logits.dtype, generator=torch.Generator().manual_seed(0))
    return standard * logits.std(1, keepdim=True)


def random_maps(maps: torch.Tensor) -> Maps:
    """Two sets of maps of this shape, each cell drawn from 0 to 1."""
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.rand(maps.shape, dtype=maps.dtype, generator=generator) for _ in range(2))


def against_bounds(pairs: Mapping[str, Maps], temperatures: Sequence[float]) -> pd.DataFrame:
    """What is possible for maps from 0 to 1, and what these pairs, student's and teacher's, have.

    One row for each of POSSIBLE, REACHED, UNIFORM and the pairs, and temperature: temperature, maps; least, largest:
    share of a cell; kl, without SAMD's factor; limit: of T_s^2 KL at high temperature. NaN: not known.
    """
    cells = next(iter(pairs.values()))[0][0].numel()
    rows = []
    for temperature in temperatures:
        least, largest = cell_bounds(cells, temperature)
        at_heat = [
            {"maps": POSSIBLE, "least": least, "largest": largest, "kl": loss_bound(temperature)},
            {"maps": REACHED, "kl": loss_reached(temperature)},
            {"maps": UNIFORM, "least": 1 / cells, "largest": 1 / cells},
            *({"maps": label} | measured(*maps, temperature) for label, maps in pairs.items()),
        ]
        rows += [{"temperature": temperature} | row for row in at_heat]
    return pd.DataFrame(rows)


def measured(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> dict[str, float]:
    """The columns of `against_bounds` for these maps."""
    shares = scale_saliency(torch.cat([student, teacher]), "softmax", temperature)
    return {
        "least": shares.min().item(),
        "largest": shares.max().item(),
        "kl": samd_loss(student, teacher, temperature, temperature_squared=False).item(),
        "limit": loss_limit(student, teacher).mean().item(),
    }
