"""What a distillation term sees of one training step."""

from typing import NamedTuple

import torch
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.models.features import Features


class Batch(NamedTuple):
    """images [B, 3, H, W] or [T, B, 3, H, W], labels [B], both networks' Features, the frozen teacher itself.

    student_model: the student itself, for terms that read its head. adapter: the term's own trained module.
    """

    images: torch.Tensor
    labels: torch.Tensor
    student: Features
    teacher: Features
    teacher_model: nn.Module
    generator: torch.Generator | None = None
    student_model: nn.Module | None = None
    adapter: nn.Module | None = None

    def heads(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The student's and the teacher's head weights [K, C]. Raises CkdsnnError without a student_model."""
        if self.student_model is None:
            raise CkdsnnError("this term reads the student's head: give the objective the student")
        return self.student_model.head_weight, self.teacher_model.head_weight
