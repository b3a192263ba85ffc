"""Arithmetic that the losses share."""

import math
from typing import Any

import torch
from torch.nn import functional as F

from ckdsnn.errors import CkdsnnError


def at_least_float32(x: torch.Tensor) -> torch.Tensor:
    """float32 for half precision, unchanged otherwise: softmax and KL lose too much in bf16."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def expect_tensor(name: str, value: Any) -> None:
    """Raise CkdsnnError unless `value` is a tensor: no list, no tuple, no array of NumPy's."""
    if not isinstance(value, torch.Tensor):
        raise CkdsnnError(f"{name}: expected a torch.Tensor, not a {type(value).__name__}")


def expect_logits(name: str, logits: torch.Tensor) -> None:
    """Raise CkdsnnError unless these are logits [B, K] with B >= 1 and K >= 2."""
    expect_tensor(name, logits)
    if logits.dim() != 2 or not len(logits) or logits.shape[1] < 2:
        raise CkdsnnError(
            f"{name} {list(logits.shape)}: expected [B, K] with B >= 1 and K >= 2, averaged over the time steps"
        )


def check_logits(student: torch.Tensor, teacher: torch.Tensor) -> None:
    """Raise CkdsnnError unless both are [B, K] with the same B >= 1 and K >= 2, the student's first."""
    expect_logits("student logits", student)
    expect_tensor("teacher logits", teacher)
    if student.shape != teacher.shape:
        raise CkdsnnError(
            f"student logits {list(student.shape)}, teacher logits {list(teacher.shape)}: expected both [B, K], the "
            "same images and the same classes"
        )
    check_order(student, teacher)


def check_order(student: torch.Tensor, teacher: torch.Tensor) -> None:
    """Raise CkdsnnError where only the teacher's side could learn: the loss would train nothing."""
    if teacher.requires_grad and not student.requires_grad:
        raise CkdsnnError("only the teacher's side requires a gradient; expected the student's side first")


def check_temperature(temperature: float) -> None:
    """Raise CkdsnnError unless `temperature` is a positive number."""
    try:
        positive = bool(0 < temperature < math.inf)
    except TypeError:
        positive = False
    if not positive:
        raise CkdsnnError(f"temperature = {temperature!r}; expected a positive number")


def kl_of_logs(log_student: torch.Tensor, teacher_logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """tau^2 KL(softmax(z_te / tau) || student), from the student's log-probabilities [B, K].

    Sum over the classes, mean over the batch; the teacher's logits are a constant. temperature: checked already.
    """
    teacher = (at_least_float32(teacher_logits.detach()) / temperature).log_softmax(1)
    return F.kl_div(log_student, teacher, reduction="batchmean", log_target=True) * temperature**2
