"""KD: plain logits distillation (Hinton et al. 2015), the baseline that NLD smooths."""

import torch

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.numerics import at_least_float32, check_logits, check_temperature, kl_of_logs
from ckdsnn.distill.settings import OfLogits


def kd_loss(student_logits: torch.Tensor, teacher_logits: torch.Tensor, temperature: float = 2.0) -> torch.Tensor:
    """tau^2 KL(softmax(z_te / tau) || softmax(z_st / tau)); logits [B, K], mean over B of the sum over K.

    Logits are those before the softmax, a spiking student's averaged over its time steps.
    Raises CkdsnnError for shapes that differ and a temperature that is not positive.

    >>> import torch
    >>> student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    >>> print(f"{kd_loss(student, teacher):.3f}")
    1.311
    >>> kd_loss(teacher, teacher).abs().item() < 1e-6
    True
    """
    check_logits(student_logits, teacher_logits)
    check_temperature(temperature)
    log_student = (at_least_float32(student_logits) / temperature).log_softmax(1)
    return kl_of_logs(log_student, teacher_logits, temperature)


class KD(OfLogits):
    """The term `kd` of an objective."""

    def __call__(self, batch: Batch) -> torch.Tensor:
        return kd_loss(batch.student.logits, batch.teacher.logits, self.logit_temperature)
