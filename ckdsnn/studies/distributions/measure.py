"""Claim C1: how differently teacher and student are distributed, and how far their answers and maps lie apart.

Source: the CKDSNN paper, Figure 1. Of both networks, on the same test images: the last stage's features, averaged over
the time steps; the maps, CAM for the label and SAM; the logits. Entropies and divergences are in nats.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.special import entr
from torch import nn
from torch.nn import functional as F

from ckdsnn.analysis.agreement import map_agreement
from ckdsnn.distill.maps import class_activation_map, map_range, on_one_grid, scale_saliency, spike_activation_map
from ckdsnn.studies.subject import Subject

IMAGES = 1000  # the first test images
BATCH = 50  # images at once: a wide ResNet-19 keeps some 25 MB of activations an image at T = 4
BINS = 40
TAIL = 0.001  # share of the values at either end that goes to the outer bins
MAP_TEMPERATURE = 2.0  # T_s of the paper's saliency scaling
TAU = 2.0  # of the paper's softened predictions


class Seen(NamedTuple):
    """What a network makes of N images."""

    logits: torch.Tensor
    """[N, K]"""
    zeros: torch.Tensor
    """[N], share of the last stage's values, at every time step, that are zero"""
    features: torch.Tensor
    """[N, C, h, w], the last stage, a student's averaged over time: its firing rates"""
    maps: torch.Tensor
    """[N, h, w], the CAM for the label or the SAM"""


def look(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Seen:
    """What `network`, teacher or student, makes of images x [N, 3, H, W] with labels y [N]."""
    parts = [look_once(network, *batch) for batch in zip(x.split(BATCH), y.split(BATCH), strict=True)]
    return Seen(*(torch.cat(part) for part in zip(*parts, strict=True)))


@torch.no_grad()
def look_once(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Seen:
    logits, stages = network(x)
    last = stages[-1]
    if last.dim() == 4:
        return Seen(logits, zero_share(last), last, class_activation_map(last, network.head_weight, y))
    return Seen(logits, zero_share(last.transpose(0, 1)), last.mean(0), spike_activation_map(last))


def zero_share(values: torch.Tensor) -> torch.Tensor:
    """Sparsity: the share of zeros in each of [N, ...]."""
    return (values == 0).flatten(1).float().mean(1)


def entropy(probabilities: torch.Tensor) -> torch.Tensor:
    """Entropy in nats of each distribution [N, n]."""
    return torch.special.entr(probabilities).sum(1)


def map_entropy(maps: torch.Tensor, how: str) -> torch.Tensor:
    """Entropy [N] of maps [N, h, w] after saliency scaling, from the range `how`; uniform: the log of the cells."""
    return entropy(scale_saliency(map_range(maps, how), "softmax", MAP_TEMPERATURE).flatten(1))


def profile(seen: Seen) -> dict[str, torch.Tensor]:
    """What is measured of each image, by name, each [N]."""
    cells = seen.maps.flatten(1)
    return {
        "zeros": seen.zeros,
        "feature": seen.features.flatten(1).mean(1),
        "map-range": cells.amax(1) - cells.amin(1),
        "map-entropy-raw": map_entropy(seen.maps, "none"),
        "map-entropy-sample": map_entropy(seen.maps, "sample"),
        "logit-sd": seen.logits.std(1),
        "entropy-1": entropy(seen.logits.softmax(1)),
        "entropy-2": entropy((seen.logits / TAU).softmax(1)),
        "largest": seen.logits.softmax(1).amax(1),
    }


def populations(seen: Seen) -> dict[str, np.ndarray]:
    """The values whose histograms are compared: features one by one, pooled as the head sees them, centred logits."""
    centred = seen.logits - seen.logits.mean(1, keepdim=True)
    found = {"features": seen.features, "pooled": seen.features.mean((2, 3)), "logits": centred}
    return {name: values.flatten().numpy() for name, values in found.items()}


def histograms(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges of common bins, and the share of each population in each bin; what lies outside counts in the last bins.

    The bins reach over all but TAIL of the values, at either end, of each population.
    """
    ends = [np.quantile(values, (TAIL, 1 - TAIL)) for values in (one, other)]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = [np.histogram(values.clip(edges[0], edges[-1]), edges)[0] / len(values) for values in (one, other)]
    return edges, *shares


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence of two distributions in nats: 0 where they are equal, log 2 where they never meet.

    Not scipy's `jensenshannon`, which is its root: no number where rounding takes nearly equal ones below 0.
    """
    return float(entr((p + q) / 2).sum() - (entr(p).sum() + entr(q).sum()) / 2)


def softened_divergence(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """KL(softmax(z_te / tau) || softmax(z_st / tau)) of each image, from logits [N, K], without the factor tau^2."""
    logs = [(logits / TAU).log_softmax(1) for logits in (student, teacher)]
    return F.kl_div(*logs, reduction="none", log_target=True).sum(1)


def distances(student: Seen, teacher: Seen) -> dict[str, Any]:
    """How far the two lie apart on the same images."""
    maps = map_agreement(*(maps.numpy() for maps in on_one_grid(student.maps, teacher.maps)))
    return {
        "kl": mean_sd(softened_divergence(student.logits, teacher.logits)),
        "same": (student.logits.argmax(1) == teacher.logits.argmax(1)).float().mean(),
        "correlation": mean_sd(torch.tensor(maps.matched)),
        "correlation-shuffled": maps.shuffled.mean(),
    }


def mean_sd(values: torch.Tensor) -> list[float]:
    """Mean and sample standard deviation over the images."""
    return [values.mean().item(), values.std().item()]


def compare_populations(student: Seen, teacher: Seen) -> dict[str, Any]:
    """Histograms on common bins, and the divergence of each pair of them."""
    values = {}
    for (name, ours), theirs in zip(populations(student).items(), populations(teacher).values(), strict=True):
        edges, p, q = histograms(ours, theirs)
        values |= {f"{name}-edges": edges, f"student-{name}": p, f"teacher-{name}": q}
        values[f"js-{name}"] = jensen_shannon(p, q)
    return values


def distributions(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """The study `distributions`: what is measured of each image as [mean, sd over the images].

    settings: `uniform-entropy` is that of a map whose cells are all equal, `classes` the number K.
    """
    x, y = subject.test_images(IMAGES)
    networks = {"student": subject.network, "teacher": subject.teacher}
    seen = {who: look(network, x, y) for who, network in networks.items()}
    values = {f"{who}-{name}": mean_sd(v) for who in seen for name, v in profile(seen[who]).items()}
    values |= distances(**seen) | compare_populations(**seen)
    settings = {"images": len(x), "bins": BINS, "tail": TAIL, "tau": TAU, "map_temperature": MAP_TEMPERATURE}
    cells = math.log(seen["student"].maps[0].numel())
    return settings | {"uniform-entropy": cells, "classes": seen["student"].logits.shape[1]}, values
