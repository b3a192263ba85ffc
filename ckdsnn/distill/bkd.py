"""BKD: blurred features (BKDSNN, Xu et al. 2024, ECCV).

Random channels of the student's firing rates are blanked; a small trained block has to restore the teacher's feature
from the rest. The published method adds logits distillation, here the losses "kd+bkd". Its authors' code also rescales
the teacher's feature to the student's maximum; here the block learns the scale.
"""

import torch
from torch import nn

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.features import as_features, feature_distance, match_channels
from ckdsnn.distill.settings import OfStage
from ckdsnn.errors import check_share

BLANKED = 0.15  # share of an image's channels, the default of the authors' code


def restoring_block(student_channels: int, teacher_channels: int) -> nn.Module:
    """Two 3x3 convolutions around a ReLU, at the teacher's number of channels.

    >>> import torch
    >>> restoring_block(16, 64)(torch.rand(2, 16, 8, 8)).shape
    torch.Size([2, 64, 8, 8])
    """
    return nn.Sequential(
        match_channels(student_channels, teacher_channels),
        nn.Conv2d(teacher_channels, teacher_channels, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(teacher_channels, teacher_channels, 3, padding=1),
    )


def blur(features: torch.Tensor, blanked: float, generator: torch.Generator | None = None) -> torch.Tensor:
    """Features [B, C, H, W] with each channel of each image set to 0 with probability `blanked`."""
    drawn = torch.rand(*features.shape[:2], 1, 1, generator=generator, device=features.device)
    return features * (drawn >= blanked)


def bkd_loss(
    student_stage: torch.Tensor,
    teacher_stage: torch.Tensor,
    restore: nn.Module,
    blanked: float = BLANKED,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Scalar distance of the restored features from the teacher's (see `feature_distance`).

    student_stage: [T, B, C, H, W]; teacher_stage: [B, C, H, W]; restore: a `restoring_block`; generator: on the
    stages' device, for a repeatable blur.
    Raises CkdsnnError for shapes that do not fit and a `blanked` that is no share.

    >>> import torch
    >>> spikes, features = torch.ones(4, 1, 2, 1, 1), torch.ones(1, 2, 1, 1)
    >>> print(f"{bkd_loss(spikes, features, restore=torch.nn.Identity(), blanked=0):.1f}")  # nothing to restore
    0.0
    >>> bool(bkd_loss(spikes, features, restore=torch.nn.Identity(), blanked=1) > 0)  # every channel is blanked
    True
    """
    check_share("blanked", blanked)
    student, teacher = as_features(student_stage, teacher_stage)
    return feature_distance(restore(blur(student, blanked, generator)), teacher)


class BKD(OfStage):
    """The term `bkd` of an objective. stage: which stage, -1 the last (the paper)."""

    def adapter(self, student_channels: int, teacher_channels: int) -> nn.Module:
        return restoring_block(student_channels, teacher_channels)

    def __call__(self, batch: Batch) -> torch.Tensor:
        stages = batch.stages_at(self.stage)
        return bkd_loss(*stages, batch.adapter, generator=batch.generator)
