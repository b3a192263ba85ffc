"""The study `surrogate`: how much of a Grad-CAM through an SNN is the choice of the surrogate gradient?

A spike has no useful derivative; what a backward pass takes for it is a bump of some shape and width (Neftci et al.
2019). A network is trained with one bump, but its outputs depend on none: afterwards another is as good. What changes
in a map with the bump is not about the network.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import torch
from spikingjelly.activation_based import surrogate as bumps
from spikingjelly.activation_based.neuron import BaseNode
from torch import nn

from ckdsnn.analysis.agreement import map_agreement
from ckdsnn.distill.maps import expect_shape, grad_cam, spike_activation_map
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.measures.energy import stepping
from ckdsnn.models import LIF, Features
from ckdsnn.studies.subject import Subject

IMAGES = {"smoke": 20, "reduced": 100, "paper": 100}  # tier -> the first test images: half a minute of a CPU core
WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # full width at half height; networks are trained with the triangle of width 1

# shape -> (spikingjelly's function, its alpha times its full width at half height); every bump has the area 1
SHAPES: dict[str, tuple[Callable[..., nn.Module], float]] = {
    "triangle": (bumps.PiecewiseQuadratic, 1.0),
    "rectangle": (bumps.Rect, 1.0),
    "sigmoid": (bumps.Sigmoid, 2 * math.log(3 + 2 * math.sqrt(2))),
    "arctangent": (bumps.ATan, 4 / math.pi),
}
FAR = ("rectangle", 0.25)  # a bump that has little in common with the trained one


def make_surrogate(shape: str, width: float) -> nn.Module:
    """The bump of this shape and full width at half height, in units of the threshold.

    Raises CkdsnnError for an unknown shape.
    """
    function, alpha_times_width = choose("surrogate", shape, SHAPES)
    return function(alpha=alpha_times_width / width)


def spiking_neurons(network: nn.Module) -> list[nn.Module]:
    """All `LIF` and neurons of spikingjelly's in a network, those inside a `LIF` left out.

    Raises CkdsnnError for a network that has none.
    """
    inside = {module.node for module in network.modules() if isinstance(module, LIF)}
    found = [module for module in network.modules() if isinstance(module, LIF | BaseNode) and module not in inside]
    if not found:
        raise CkdsnnError(f"{type(network).__name__} has no spiking neurons; expected LIF or spikingjelly's")
    return found


@contextmanager
def differentiated_by(model: nn.Module, surrogate: nn.Module) -> Iterator[None]:
    """Inside the block backward passes take `surrogate` for the derivative of a spike; outputs stay equal.

    Raises CkdsnnError for a model without spiking neurons.
    """
    nodes = [neurons.node if isinstance(neurons, LIF) else neurons for neurons in spiking_neurons(model)]
    trained = {node: node.surrogate_function for node in nodes}
    try:
        with stepping(model):  # fused neurons know no other surrogate than the trained one
            for node in trained:
                node.surrogate_function = surrogate
            yield
    finally:
        for node, function in trained.items():
            node.surrogate_function = function


class BeforeSpikes(nn.Module):
    """An SNN whose only stage is the input current of its last spiking neurons [T, B, C, H, W].

    Grad-CAM is often taken there, at the last layer of weights: one surrogate then lies between it and the logits.
    Raises CkdsnnError for a network without spiking neurons, and where the last ones read another shape: tokens, or a
    single time step.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.neurons = spiking_neurons(network)[-1]

    def forward(self, x: torch.Tensor) -> Features:
        seen = []

        def note(neurons: nn.Module, inputs: tuple[torch.Tensor]) -> torch.Tensor:
            """What is noted then lies on the path to the logits, as Grad-CAM needs it."""
            current = neurons.sequence(inputs[0]) if isinstance(neurons, LIF) else inputs[0]
            expect_shape("the current into the last spiking neurons", current, "TBCHW")
            seen.append(current)
            return current.flatten(0, 1) if isinstance(neurons, LIF) and neurons.folded else current

        with self.neurons.register_forward_pre_hook(note):
            logits = self.network(x).logits
        return Features(logits, tuple(seen))


def places_of(network: nn.Module, stages: int) -> dict[str, tuple[nn.Module, int]]:
    """Where maps are made, first to last: name -> model and stage, as `grad_cam` takes them."""
    *earlier, last = ((f"stage{stage + 1}", (network, stage)) for stage in range(stages))
    return dict([*earlier, ("current", (BeforeSpikes(network), 0)), last])


def likeness(maps: torch.Tensor, trained: torch.Tensor) -> list[float]:
    """Mean correlation of maps [N, h, w] with those by the trained surrogate, its standard error, and the mean over
    shuffled pairs. Images whose trained map is blank are left out: nothing can correlate with it. NaN where fewer than
    two are not."""
    told = ~blank(trained)
    if told.sum() < 2:
        return [math.nan] * 3
    return map_agreement(maps[told].numpy(), trained[told].numpy()).summary()


def blank(maps: torch.Tensor) -> torch.Tensor:
    """Which of the maps [N, h, w] say nothing, being constant."""
    return maps.amax((1, 2)) == maps.amin((1, 2))


def look(network: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """All that is compared and needs no gradient: the logits, and the SAM of each stage."""
    with torch.no_grad():
        logits, stages = network(x)
    return [logits, *map(spike_activation_map, stages)]


def surrogate(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """SHAPE.PLACE [widths, 3]: `likeness` of Grad-CAM for the predicted class. PLACE.blank: share of images left out.

    difference: the largest that any surrogate makes to the logits and to the SAMs of all stages.
    """
    network, (x, _) = subject.network, subject.test_images(IMAGES[subject.record.tier])
    logits, *sams = seen = look(network, x)
    places, classes = places_of(network, len(sams)), logits.argmax(1)
    trained = {place: grad_cam(model, x, classes, stage) for place, (model, stage) in places.items()}
    values: dict[str, Any] = {f"{shape}.{place}": [] for shape, place in product(SHAPES, places)}
    differences = []
    for shape, width in product(SHAPES, WIDTHS):
        with differentiated_by(network, make_surrogate(shape, width)):
            differences += [(a - b).abs().max() for a, b in zip(look(network, x), seen, strict=True)]
            for place, (model, stage) in places.items():
                values[f"{shape}.{place}"].append(likeness(grad_cam(model, x, classes, stage), trained[place]))
    values |= {f"{place}.blank": blank(maps).float().mean() for place, maps in trained.items()}
    return {"images": len(x), "widths": list(WIDTHS)}, values | {"difference": max(differences)}
