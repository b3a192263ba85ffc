"""KD: plain logits distillation (Hinton et al. 2015), the baseline that NLD smooths."""

from dataclasses import dataclass

import torch

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.numerics import check_logits, softened_kl


def kd_loss(student_logits: torch.Tensor, teacher_logits: torch.Tensor, temperature: float = 2.0) -> torch.Tensor:
    """tau^2 KL(softmax(z_te / tau) || softmax(z_st / tau)); logits [B, K], mean over B of the sum over K.

    Raises CkdsnnError for shapes that differ and a temperature that is not positive.
    """
    check_logits(student_logits, teacher_logits)
    return softened_kl(student_logits, teacher_logits, temperature)


@dataclass(frozen=True)
class KD:
    """The term `kd` of an objective."""

    weight = "gamma"
    logit_temperature: float = 2.0

    def __call__(self, batch: Batch) -> torch.Tensor:
        return kd_loss(batch.student.logits, batch.teacher.logits, self.logit_temperature)
