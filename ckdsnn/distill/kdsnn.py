"""KDSNN: element-wise features (Xu et al. 2023, CVPR).

The student's firing rates are drawn to the teacher's features, value by value; a trained 1x1 convolution comes between
where the numbers of channels differ. The published method adds logits distillation, here the losses "kd+kdsnn": the
logits follow gamma, the features beta.
"""

import torch
from torch import nn

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.features import as_features, feature_distance, match_channels
from ckdsnn.distill.settings import OfStage


def kdsnn_loss(
    student_stage: torch.Tensor, teacher_stage: torch.Tensor, adapter: nn.Module | None = None
) -> torch.Tensor:
    """Scalar distance of the student's firing rates from the teacher's features (see `feature_distance`).

    student_stage: [T, B, C, H, W]; teacher_stage: [B, C, H, W]; adapter: maps the rates to the teacher's channels.
    Raises CkdsnnError for shapes that do not fit.

    >>> import torch
    >>> spikes = torch.ones(4, 1, 2, 1, 1)  # [T, B, C, H, W]: every neuron spikes in each step, its rate is 1
    >>> print(f"{kdsnn_loss(spikes, torch.ones(1, 2, 1, 1)):.1f}")
    0.0
    >>> bool(kdsnn_loss(spikes, torch.zeros(1, 2, 1, 1)) > 0)
    True
    """
    student, teacher = as_features(student_stage, teacher_stage)
    return feature_distance(adapter(student) if adapter else student, teacher)


class KDSNN(OfStage):
    """The term `kdsnn` of an objective. stage: which stage, -1 the last; one stage is our choice."""

    def adapter(self, student_channels: int, teacher_channels: int) -> nn.Module:
        return match_channels(student_channels, teacher_channels)

    def __call__(self, batch: Batch) -> torch.Tensor:
        return kdsnn_loss(*batch.stages_at(self.stage), batch.adapter)
