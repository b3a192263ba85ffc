"""How strongly each loss term pulls at the student: its gradient beside that of the cross-entropy.

A step of SGD follows the sum of the terms' gradients. A term whose gradient is far below the cross-entropy's changes
nothing, one far above it leaves nothing else to be learned. Measured where SAMD acts, at the spikes of the last stage,
and at the weights; on one batch of training images without augmentation, in training mode as a step computes it; with
the fresh weights that the run began with and the trained ones that it ended with.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.assemble import build_network
from ckdsnn.distill.batch import Batch
from ckdsnn.distill.maps import on_one_grid, scale_saliency
from ckdsnn.distill.nld import NLD
from ckdsnn.distill.samd import SAMD
from ckdsnn.recipe import Recipe
from ckdsnn.recipe.methods import ROWS
from ckdsnn.studies.subject import Subject

IMAGES = 128  # a batch of the released configuration
TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)  # T_s; the paper's is 2

METHOD_OF_RANGE = {
    "raw": "ckdsnn-raw",
    "literal": "ckdsnn-count",
    "rate": "ckdsnn-rate",
    "sample": "ckdsnn",
    "batch": "ckdsnn-batch",
}


def ranges_of(method: str) -> dict[str, str]:
    """The ranges of both maps in a method, as SAMD takes them."""
    recipe = Recipe(method, teacher="any", **ROWS[method].fields)
    return {name: getattr(recipe, name) for name in ("teacher_range", "student_range")}


# map range, by the name that studies have for it -> how the two maps meet before the softmax
RANGES_BY_NAME = {name: ranges_of(method) for name, method in METHOD_OF_RANGE.items()}
PLACES = ("spikes", "weights")


def pull(loss: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
    """The gradient of a loss at each of PLACES, flat; the graph is kept."""
    weights = list(batch.student_model.parameters())
    spikes, *rest = torch.autograd.grad(
        loss, [batch.student.stages[-1], *weights], retain_graph=True, materialize_grads=True
    )
    return {"spikes": spikes.flatten(), "weights": torch.cat([gradient.flatten() for gradient in rest])}


def norm_and_cosine(gradient: torch.Tensor, reference: torch.Tensor) -> list[float]:
    """Euclidean norm of a gradient, and the cosine of its angle with another: 1 where they ask for the same."""
    return [gradient.norm().item(), F.cosine_similarity(gradient, reference, dim=0).item()]


def gap(term: SAMD, batch: Batch) -> float:
    """|P_st - P_te| over the cells, mean over the images: from 0 to the root of 2."""
    maps = on_one_grid(term.of_student(batch, -1), term.of_teacher(batch, -1))
    student, teacher = (scale_saliency(m, "softmax", term.map_temperature).flatten(1) for m in maps)
    return (student - teacher).norm(dim=1).mean().item()


def divisor(term: SAMD, batch: Batch) -> float:
    """What the student's map was divided by, mean over the images: spikes of its raw range over its range now."""
    ranges = [
        (maps.flatten(1).amax(1) - maps.flatten(1).amin(1)).mean()
        for maps in (SAMD(student_range="none").of_student(batch, -1), term.of_student(batch, -1))
    ]
    return (ranges[0] / ranges[1]).item()


def terms() -> Iterator[tuple[str, list[NLD | SAMD]]]:
    """NLD, then SAMD in every map range, at each of TEMPERATURES; the other settings are the paper's."""
    yield "nld", [NLD()]
    for name, ranges in RANGES_BY_NAME.items():
        yield f"samd-{name}", [SAMD(map_temperature=temperature, **ranges) for temperature in TEMPERATURES]


def pulls(batch: Batch) -> dict[str, Any]:
    """All measures of one batch: of ce and nld one list, of SAMD one for each temperature.

    "<place>-<term>": [norm, cosine with ce]; "loss-<term>": the value; "gap-<term>", "divisor-<term>": see there.
    """
    loss = F.cross_entropy(batch.student.logits, batch.labels)
    reference = pull(loss, batch)
    values = {"loss-ce": [loss.item()]}
    values |= {f"{place}-ce": [norm_and_cosine(reference[place], reference[place])] for place in PLACES}
    for name, variants in terms():
        losses = [term(batch) for term in variants]
        found = [pull(loss, batch) for loss in losses]
        values[f"loss-{name}"] = [loss.item() for loss in losses]
        for place in PLACES:
            values[f"{place}-{name}"] = [norm_and_cosine(own[place], reference[place]) for own in found]
        if name != "nld":
            values[f"gap-{name}"] = [gap(term, batch) for term in variants]
            values[f"divisor-{name}"] = divisor(variants[0], batch)
    return values


def batch_of(subject: Subject, network: nn.Module) -> Batch:
    """One training step's view of the first IMAGES training images, up to the losses; NLD's noise is fixed."""
    x, y = subject.training_images(IMAGES)
    student = deepcopy(network).train()  # its batch statistics are about to change
    with torch.no_grad():
        teacher = subject.teacher(x)
    return Batch(x, y, student(x), teacher, subject.teacher, torch.Generator().manual_seed(0), student)


def gradients(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """The study `gradients`: the values of `pulls`, with "start-" before them for fresh weights, "end-" for trained."""
    classes = len(subject.teacher.head_weight)
    fresh = build_network(subject.recipe, classes, subject.record.seed)
    values = {}
    for state, network in (("start", fresh), ("end", subject.network)):
        values |= {f"{state}-{name}": value for name, value in pulls(batch_of(subject, network)).items()}
    return {"images": len(subject.training_images(IMAGES)[1]), "temperatures": list(TEMPERATURES)}, values
