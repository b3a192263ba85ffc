"""What a distillation term sees of one training step."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import nn

from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.models.features import Features, has_closed_cam, stage_pairs

T = TypeVar("T")
Look = Callable[[], tuple[torch.Tensor, ...]]  # asks the teacher for tensors


def ask(name: str, look: Look) -> tuple[torch.Tensor, ...]:
    """The answer of a question to the teacher, which bears a name by which a `recall` may know it already."""
    return look()


def at_stage(stage: int, student: Sequence[T], teacher: Sequence[T]) -> tuple[T, T]:
    """What both have at a stage of the student's, -1 the last: the teacher's is the one that it meets.

    Raises CkdsnnError for a stage that the student does not have.
    """
    check_count("stage", stage, -len(student), len(student) - 1)
    own, other = stage_pairs(len(student), len(teacher))[stage]
    return student[own], teacher[other]


class Batch(NamedTuple):
    """images [B, C, H, W] or [T, B, C, H, W] as the teacher sees them, labels [B], both networks' Features, the
    frozen teacher itself.

    student_model: the student itself, for terms that read its head. adapter: the term's own trained module.
    recall: how a term asks the teacher for more than its Features, by the question's name: once a step for each.
    closed_cam: whether maps may be made in closed form, see `Engine.closed_cam`.

    >>> import torch
    >>> from ckdsnn.models import Features
    >>> student = Features(torch.zeros(1, 2), (torch.zeros(4, 1, 8, 2, 2), torch.ones(4, 1, 16, 1, 1)))
    >>> teacher = Features(torch.zeros(1, 2), (torch.ones(1, 64, 1, 1),))
    >>> batch = Batch(torch.zeros(1, 3, 4, 4), torch.tensor([0]), student, teacher, torch.nn.Identity())
    >>> [tuple(stage.shape) for stage in batch.stages_at(-1)]
    [(4, 1, 16, 1, 1), (1, 64, 1, 1)]
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
    closed_cam: bool = True

    def stages_at(self, stage: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The student's stage, -1 the last, and the teacher's that it meets. Raises CkdsnnError for one beyond them."""
        return at_stage(stage, self.student.stages, self.teacher.stages)

    def heads(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The student's and the teacher's head weights [K, C], for class activation maps of both.

        Raises CkdsnnError without a student_model, and for a network whose head reads something else than the mean of
        its last stage.
        """
        if self.student_model is None:
            raise CkdsnnError("this term reads the student's head: give the objective the student")
        if not (has_closed_cam(self.student_model) and has_closed_cam(self.teacher_model)):
            raise CkdsnnError(
                "this term makes class activation maps in closed form; expected heads that read the mean of the last "
                "stage. SAMD takes Grad-CAM of a teacher that has none"
            )
        return self.student_model.head_weight, self.teacher_model.head_weight
