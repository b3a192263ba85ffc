"""e2KD: explanations beside logits (Parchami-Araghi et al. 2024, ECCV).

1 - the cosine similarity of both networks' explanations of the class that the teacher predicts. The published method
adds logits distillation, here the losses "kd+e2kd". The paper's explanation of such networks is Grad-CAM. Inside a loss
that takes a derivative of the derivative, and a surrogate gradient has none that means anything; for these heads the
closed-form CAM is the same map up to a factor, which the cosine ignores. The student's is made of its firing rates.
"""

import torch

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.features import as_features, check_heads
from ckdsnn.distill.maps import class_activation_map, on_one_grid, scale_saliency
from ckdsnn.distill.settings import OfLastStage


def e2kd_loss(
    student_stage: torch.Tensor,
    teacher_stage: torch.Tensor,
    student_head: torch.Tensor,
    teacher_head: torch.Tensor,
    classes: torch.Tensor,
) -> torch.Tensor:
    """1 - cosine of the two maps of `classes` [B], a mean over images; 1 for an image with an empty map.

    student_stage: the last, [T, B, C, H, W]; teacher_stage: the last, [B, C, H, W]; heads: [K, C]. The gradient reaches
    the student's head, too. Raises CkdsnnError for shapes and classes that do not fit.

    >>> import torch
    >>> spikes, head = torch.tensor([0.0, 1.0]).expand(4, 1, 1, 1, 2), torch.ones(3, 1)
    >>> classes = torch.tensor([0])
    >>> same = e2kd_loss(spikes, 7 * spikes[0], head, head, classes)
    >>> apart = e2kd_loss(spikes, 1 - spikes[0], head, head, classes)
    >>> print(f"{same.abs():.1f} {apart:.1f}")  # 1 - cosine
    0.0 1.0
    """
    check_heads(student_head, teacher_head)
    student, teacher = as_features(student_stage, teacher_stage)
    own = class_activation_map(student, student_head, classes)
    target = class_activation_map(teacher, teacher_head.detach(), classes)
    student, teacher = (scale_saliency(m, "l2") for m in on_one_grid(own, target))
    return 1 - (student * teacher).sum((1, 2)).mean()


class E2KD(OfLastStage):
    """The term `e2kd` of an objective, always at the last stage: a CAM exists nowhere else."""

    def __call__(self, batch: Batch) -> torch.Tensor:
        stages, classes = (batch.student.stages[-1], batch.teacher.stages[-1]), batch.teacher.logits.argmax(1)
        return e2kd_loss(*stages, *batch.heads(), classes)
