"""What a distillation term sees of one training step."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.models.features import Features

Look = Callable[[], tuple[torch.Tensor, ...]]  # asks the teacher for tensors


def ask(name: str, look: Look) -> tuple[torch.Tensor, ...]:
    """The answer of a question to the teacher, which bears a name by which a `recall` may know it already."""
    return look()


class Batch(NamedTuple):
    """images [B, 3, H, W] or [T, B, 3, H, W], labels [B], both networks' Features, the frozen teacher itself.

    student_model: the student itself, for terms that read its head. adapter: the term's own trained module.
    recall: how a term asks the teacher for more than its Features, by the question's name: once a step for each.
    """

    images: torch.Tensor
    labels: torch.Tensor
    student: Features
    teacher: Features
    teacher_model: nn.Module
    generator: torch.Generator | None = None
    student_model: nn.Module | None = None
    adapter: nn.Module | None = None
    recall: Callable[[str, Look], tuple[torch.Tensor, ...]] = ask

    def heads(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The student's and the teacher's head weights [K, C]. Raises CkdsnnError without a student_model."""
        if self.student_model is None:
            raise CkdsnnError("this term reads the student's head: give the objective the student")
        return self.student_model.head_weight, self.teacher_model.head_weight
