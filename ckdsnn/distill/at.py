"""AT: attention transfer (Zagoruyko & Komodakis 2017, ICLR), the form that needs activations alone.

A cell's attention is the sum of its squared features over the channels, those of the student being its firing rates.
At T = 1 the student's is its spike activation map.
"""

import torch
from torch.nn import functional as F

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.features import as_features
from ckdsnn.distill.maps import on_one_grid, scale_saliency
from ckdsnn.distill.settings import OfStage


def at_loss(student_stage: torch.Tensor, teacher_stage: torch.Tensor) -> torch.Tensor:
    """The squared difference of both attention maps, each over its Euclidean norm; a mean over images and cells.

    student_stage: [T, B, C, H, W]; teacher_stage: [B, C, H, W], of any C. The mean is the convention of the authors'
    code, whose weight is 1000. Raises CkdsnnError for shapes that do not fit.

    >>> import torch
    >>> spikes = torch.tensor([0.0, 1.0]).expand(4, 1, 3, 1, 2)  # [T, B, C, H, W]: in the second cell alone
    >>> here, there = torch.tensor([1.0, 0.0]).expand(1, 5, 1, 2), torch.tensor([0.0, 9.0]).expand(1, 5, 1, 2)
    >>> print(f"{at_loss(spikes, there):.1f} {at_loss(spikes, here):.1f}")  # the length plays no part, the place does
    0.0 1.0
    """
    maps = (features.square().sum(1) for features in as_features(student_stage, teacher_stage))
    student, teacher = (scale_saliency(m, "l2") for m in on_one_grid(*maps))
    return F.mse_loss(student, teacher)


class AT(OfStage):
    """The term `at` of an objective. stage: which stage, -1 the last; the paper sums over several."""

    def __call__(self, batch: Batch) -> torch.Tensor:
        return at_loss(*batch.stages_at(self.stage))
