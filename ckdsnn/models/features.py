"""What every model returns, and what every map and loss reads: logits and the output of each stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from ckdsnn.errors import CkdsnnError, check_count


class Features(NamedTuple):
    """One forward pass.

    logits: [B, K]; a student's are the mean over its time steps.
    stages: one tensor a stage, first to last; teacher [B, C, H, W], student [T, B, C, H, W].

    >>> import torch
    >>> found = Features(torch.zeros(2, 10), (torch.zeros(2, 16, 8, 8), torch.zeros(2, 32, 4, 4)))
    >>> found.logits.shape, len(found.stages)
    (torch.Size([2, 10]), 2)
    """

    logits: torch.Tensor
    stages: tuple[torch.Tensor, ...]


def expect_features(seen: Any, model: nn.Module) -> Features:
    """What a model has returned. Raises CkdsnnError where that is nothing of the kind."""
    if not isinstance(seen, Features):
        given = f"{type(model).__name__} returns a {type(seen).__name__}"
        raise CkdsnnError(f"{given}: expected Features; Tapped makes them of any network")
    return seen


@contextmanager
def uncompiled(model: nn.Module) -> Iterator[nn.Module]:
    """Runs a model as it is written inside the block, whether `model.compile()` or `torch.compile(model)` was used.

    >>> model = nn.Linear(2, 2)
    >>> model.compile()
    >>> with uncompiled(torch.compile(model)) as written:
    ...     print(written is model, model._compiled_call_impl)
    True None
    >>> model._compiled_call_impl is None
    False
    """
    written = getattr(model, "_orig_mod", model)  # torch.compile wraps it
    compiled = {part: part._compiled_call_impl for part in written.modules()}
    for part in compiled:
        part._compiled_call_impl = None
    try:
        yield written
    finally:
        for part, call in compiled.items():
            part._compiled_call_impl = call


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Eval mode inside the block, each module's former mode after it (a part may be frozen in eval mode).

    >>> model = nn.Sequential(nn.BatchNorm1d(1).eval(), nn.Dropout())
    >>> with evaluating(model):
    ...     print([part.training for part in model])
    [False, False]
    >>> [part.training for part in model]
    [False, True]
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield model
    finally:
        for module, training in modes.items():
            module.training = training


def has_closed_cam(model: nn.Module) -> bool:
    """Whether a model's head reads the mean of its last stage over the cells, as a class activation map wants it.

    Every model is taken to that does not say otherwise by an attribute `closed_cam`.
    """
    return getattr(model, "closed_cam", None) is not False


def stage_pairs(student: int, teacher: int) -> tuple[tuple[int, int], ...]:
    """For each of so many stages of a student, from the first: (its index, that of the teacher's stage that it meets).

    They meet at the same share of their depths, the last with the last: of four stages and three, the third and the
    fourth both meet the third. Raises CkdsnnError for a number below 1.

    >>> stage_pairs(student=4, teacher=3)
    ((0, 0), (1, 1), (2, 2), (3, 2))
    """
    check_count("student stages", student)
    check_count("teacher stages", teacher)
    return tuple((stage, -(-(stage + 1) * teacher // student) - 1) for stage in range(student))
