"""How flat the training loss is around a trained student: how it rises along random directions in weight space.

Directions are filter-normalised (Li et al. 2018, "Visualizing the loss landscape of neural nets"): Gaussian, then every
filter (the kernel of an output channel, the row of a linear layer) scaled to the length of the network's own. A step of
0.2 moves each filter by a fifth of its length, so a network is no flatter for having large weights. Biases and batch
normalisation, running statistics included, stay as they are, as in the code released with that paper.

The loss is the cross-entropy with the labels alone, in eval mode, on images without augmentation: the same function for
all methods, whatever they were trained on. It still depends on how confident a network is, so the accuracy is measured
beside it.

Why no eigenvalue of the Hessian: a spike is a step function of the weights before it. The true second derivatives are
zero almost everywhere but behind the last spikes, and those of the surrogate belong to another function.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from ckdsnn.models import evaluating
from ckdsnn.seeds import seeded
from ckdsnn.studies.subject import Subject

REACH = 0.5
"""The largest distance, half of what the figures of that paper show: at 1, ResNet-8 students on CIFAR-10 only guess."""


def steps(half: int) -> tuple[float, ...]:
    """Evenly spaced distances from -REACH to REACH, `half` of them on either side of 0."""
    return tuple(REACH * step / half for step in range(-half, half + 1))


DISTANCES = steps(5)  # along the curves

FLATNESS_AT = 0.2
"""The mean rise at this distance is the one number for flatness. ResNet-8 students lose some 10 points there."""

SEED = 0  # of the directions: the same draws for all networks of one architecture
BATCH = 64  # on a CPU, larger ones are slower


class Sizes(NamedTuple):
    """How much is measured."""

    images: int
    directions: int
    plane_images: int
    """fewer: the plane is an illustration"""
    plane_half: int
    """points of the plane's grid on either side of the middle"""


SIZES = {"smoke": Sizes(32, 5, 16, 3), "reduced": Sizes(256, 20, 64, 10), "paper": Sizes(64, 10, 16, 7)}
"""By tier. The rise differs between directions by a third to a half, while 256 images leave an error of a tenth: hence
many directions. A reduced study is 80,000 forward passes, of ResNet-8 at T = 1 about a minute of one core."""

Weights = dict[str, torch.Tensor]
Point = tuple[float, float]  # loss, accuracy in percent
Measure = Callable[[Weights], Point]


def filters_of(network: nn.Module) -> Weights:
    """The parameters that directions move, by name: those of more than one dimension, filters first."""
    return {name: weight.detach() for name, weight in network.named_parameters() if weight.dim() > 1}


def filter_norm(network: nn.Module) -> float:
    """The norm of all convolutions' weights together; batch normalisation after them hides it from the loss."""
    return torch.cat([w.detach().flatten() for w in network.parameters() if w.dim() == 4]).norm().item()


def random_direction(weights: Weights, index: int, seed: int = SEED) -> Weights:
    """The `index`-th filter-normalised Gaussian direction of a seed; zero where a filter is zero."""
    generator = seeded(seed, index)
    drawn = {name: torch.randn(weight.shape, generator=generator) for name, weight in weights.items()}
    return {name: drawn[name] * lengths(weight) / lengths(drawn[name]) for name, weight in weights.items()}


def lengths(weight: torch.Tensor) -> torch.Tensor:
    """The norm of each filter of a weight [filters, ...], in a shape that multiplies it."""
    return torch.linalg.vector_norm(weight, dim=tuple(range(1, weight.dim())), keepdim=True)


def displaced(weights: Weights, *moves: tuple[float, Weights]) -> Weights:
    """The weights after moves, each a distance along a direction."""
    return {name: w + sum(distance * direction[name] for distance, direction in moves) for name, w in weights.items()}


def loss_and_accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor, weights: Weights) -> Point:
    """Of the network with these weights in the place of its own, which are not touched."""
    with evaluating(network), torch.no_grad():
        logits = torch.cat([functional_call(network, weights, (batch,)).logits for batch in images.split(BATCH)])
    return cross_entropy(logits, labels).item(), 100 * (logits.argmax(1) == labels).float().mean().item()


def curve(measure: Measure, weights: Weights, direction: Weights, centre: Point) -> list[Point]:
    """What is measured at all DISTANCES along a direction; `centre`: what is known of distance 0."""
    return [measure(displaced(weights, (step, direction))) if step else centre for step in DISTANCES]


def plane(
    measure: Measure, weights: Weights, across: Weights, up: Weights, grid: tuple[float, ...]
) -> list[list[Point]]:
    """What is measured over a plane: rows for the grid's distances along `up`, columns for those along `across`."""
    return [[measure(displaced(weights, (x, across), (y, up))) for x in grid] for y in grid]


def rise(values: torch.Tensor, at: float = FLATNESS_AT) -> torch.Tensor:
    """The mean of `values` [..., P] over a distance `at` to either side, minus the value at the centre: [...]."""
    before, centre, after = (values[..., DISTANCES.index(step)] for step in (-at, 0, at))
    return (before + after) / 2 - centre


def landscape(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and values of the study `landscape`, of P distances, D directions and a plane of G by G points.

    loss (nat) and accuracy (%) [D, P] at the `distances` along each direction; rise (nat) and lost (points of accuracy)
    [D] at the distance `flatness_at`; plane [G, G]: the loss at the distances `grid` along the second direction (rows)
    and the first (columns).
    """
    network, sizes = subject.network, SIZES[subject.recipe.tier]
    (images, labels), few = subject.training_images(sizes.images), sizes.plane_images
    measure = partial(loss_and_accuracy, network, images, labels)
    sketch = partial(loss_and_accuracy, network, images[:few], labels[:few])
    weights, grid = filters_of(network), steps(sizes.plane_half)
    ways, centre = [random_direction(weights, index) for index in range(sizes.directions)], measure(weights)
    points = [curve(measure, weights, way, centre) for way in ways]
    loss, accuracy = torch.tensor(points, dtype=torch.float64).unbind(-1)
    counts = {"images": len(labels), "directions": len(ways), "plane_images": len(labels[:few])}
    return counts | {"seed": SEED, "flatness_at": FLATNESS_AT}, {
        "distances": DISTANCES,
        "loss": loss,
        "accuracy": accuracy,
        "rise": rise(loss),
        "lost": -rise(accuracy),
        "grid": grid,
        "plane": torch.tensor(plane(sketch, weights, *ways[:2], grid))[..., 0],
    }
