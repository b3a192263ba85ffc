"""CAT-KD: class attention transfer (Guo et al. 2023, CVPR).

The class activation maps of all classes, without ReLU, are pooled to a coarse grid, scaled to norm 1 and compared. The
student's come from its firing rates. The authors scale the maps where these are all that is learned from, and leave
their values where labels are, too; here they are always scaled, because rates and ReLU features differ in range.
"""

import torch
from torch.nn import functional as F

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.features import as_features, check_heads
from ckdsnn.distill.maps import check_head, scale_saliency
from ckdsnn.distill.settings import OfLastStage

CELLS = 2  # height and width of the compared maps, the authors' setting for CIFAR


def class_maps(features: torch.Tensor, head_weight: torch.Tensor) -> torch.Tensor:
    """The maps of all K classes over their norms, [B*K, 2, 2], from features [B, C, H, W] and head [K, C].

    Pooling comes first: it commutes with the sum over channels, and costs less there.
    Raises CkdsnnError for shapes that do not fit.
    """
    check_head(head_weight, features)
    pooled = F.adaptive_avg_pool2d(features, CELLS)
    with torch.autocast(features.device.type, enabled=False):  # as for `class_activation_map`
        maps = torch.einsum("bchw,kc->bkhw", pooled, head_weight.to(pooled.dtype))
    return scale_saliency(maps.flatten(0, 1), "l2")


def catkd_loss(
    student_stage: torch.Tensor, teacher_stage: torch.Tensor, student_head: torch.Tensor, teacher_head: torch.Tensor
) -> torch.Tensor:
    """The squared difference of both networks' scaled maps; a mean over images, classes and cells.

    student_stage: the last, [T, B, C, H, W]; teacher_stage: the last, [B, C, H, W]; heads: [K, C]. The mean is the
    convention of the authors' code, whose weight for scaled maps is 50. The gradient reaches the student's head, too.
    Raises CkdsnnError for shapes that do not fit.

    >>> import torch
    >>> spikes = torch.tensor([[0.0, 1.0]]).expand(4, 1, 1, 2, 2)  # [T, B, C, H, W]
    >>> head = torch.ones(3, 1)
    >>> print(f"{catkd_loss(spikes, spikes[0], head, head):.1f} {catkd_loss(spikes, 1 - spikes[0], head, head):.1f}")
    0.0 0.5
    """
    check_heads(student_head, teacher_head)
    student, teacher = as_features(student_stage, teacher_stage)
    return F.mse_loss(class_maps(student, student_head), class_maps(teacher, teacher_head.detach()))


class CATKD(OfLastStage):
    """The term `catkd` of an objective, always at the last stage: a CAM exists nowhere else."""

    def __call__(self, batch: Batch) -> torch.Tensor:
        return catkd_loss(batch.student.stages[-1], batch.teacher.stages[-1], *batch.heads())
