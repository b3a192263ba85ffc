"""NLD: noise-smoothed logits distillation.

eps ~ N(mean(z_st), std(z_st)^2) for each sample over its classes; z_soft = z_st + lambda eps;
L = tau^2 KL(softmax(z_te / tau) || softmax(z_soft / tau)). Source: the CKDSNN paper. The noise is a constant for the
gradient unless `noise_gradient` says otherwise. Its mean moves all logits of a sample alike and so cancels inside the
softmax.
"""

import math
from numbers import Real

import torch

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.numerics import at_least_float32, check_logits, check_temperature, expect_logits, kl_of_logs
from ckdsnn.distill.settings import NOISE_MIXES, OfNoisyLogits
from ckdsnn.errors import CkdsnnError, check_choice, check_share, choose

DEVIATION_BY = {"std": lambda z: z.std(1, keepdim=True), "variance": lambda z: z.var(1, keepdim=True)}


def draw_noise(
    student_logits: torch.Tensor,
    noise: str | float = "adaptive",
    noise_scale: str = "std",
    generator: torch.Generator | None = None,
    noise_gradient: bool = False,
) -> torch.Tensor:
    """Gaussian noise [B, K], one draw for each logit of [B, K], K of at least 2.

    "adaptive": each sample's own mean and, as standard deviation, its sample standard deviation over the classes
    (ddof 1), or with noise_scale "variance" its variance (the released code). A number: mean 0 and that deviation.
    noise_gradient: mean and deviation are functions of the logits, with a gradient (the released code), not constants.
    Raises CkdsnnError for logits of another shape, an unknown scale, and a noise that is neither.

    >>> import torch
    >>> logits = torch.full((1, 4), 3.0)  # all alike: their mean is 3, their deviation 0
    >>> draw_noise(logits).tolist()
    [[3.0, 3.0, 3.0, 3.0]]
    """
    expect_logits("student logits", student_logits)
    z = at_least_float32(student_logits if noise_gradient else student_logits.detach())
    scale_of = choose("noise scale", noise_scale, DEVIATION_BY)
    standard = torch.randn(z.shape, generator=generator, dtype=z.dtype, device=z.device)
    if noise == "adaptive":
        return z.mean(1, keepdim=True) + scale_of(z) * standard
    if not isinstance(noise, Real) or not 0 <= noise < math.inf:
        raise CkdsnnError(f"noise = {noise!r}; choose 'adaptive' or a standard deviation of at least 0")
    return noise * standard


def smoothed(
    student_logits: torch.Tensor,
    noise_weight: float = 0.1,
    temperature: float = 2.0,
    noise: str | float = "adaptive",
    noise_scale: str = "std",
    noise_mix: str = "logits",
    generator: torch.Generator | None = None,
    noise_gradient: bool = False,
) -> torch.Tensor:
    """Log-probabilities [B, K] of the softened student with its noise; arguments and errors as for `nld_loss`."""
    check_choice("noise mix", noise_mix, NOISE_MIXES)
    check_temperature(temperature)
    check_share("noise_weight", noise_weight)
    z = at_least_float32(student_logits)
    eps = draw_noise(student_logits, noise, noise_scale, generator, noise_gradient)
    if noise_mix == "logits":
        return ((z + noise_weight * eps) / temperature).log_softmax(1)
    clean, noisy = ((part / temperature).softmax(1) for part in (z, eps))
    mixed = (1 - noise_weight) * clean + noise_weight * noisy
    return mixed.clamp_min(torch.finfo(mixed.dtype).tiny).log()


def nld_loss(
    student_logits: torch.Tensor,
    teacher_logits: torch.Tensor,
    noise_weight: float = 0.1,
    temperature: float = 2.0,
    noise: str | float = "adaptive",
    noise_scale: str = "std",
    noise_mix: str = "logits",
    generator: torch.Generator | None = None,
    noise_gradient: bool = False,
) -> torch.Tensor:
    """Scalar distance of the smoothed student from the teacher; logits [B, K] before the softmax, K of at least 2.

    A spiking student's logits are those of a whole sequence: averaged over the time steps.

    noise_weight: lambda, 0 gives plain logits distillation. temperature: tau. noise, noise_scale: see `draw_noise`.
    noise_mix: "logits" adds lambda eps to the logits (the paper); "probabilities" takes
    (1 - lambda) softmax(z / tau) + lambda softmax(eps / tau) as the student (the released code).
    generator: on the logits' device, for repeatable noise. noise_gradient: see `draw_noise`.
    Raises CkdsnnError for unknown names, shapes that differ, and numbers out of range.

    >>> import torch
    >>> student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    >>> print(f"{nld_loss(student, teacher, noise_weight=0):.3f}")  # without noise: plain logits distillation
    1.311
    >>> seeded = torch.Generator().manual_seed(0)
    >>> bool(nld_loss(student, teacher, noise=0.5, generator=seeded) == nld_loss(student, teacher, noise_weight=0))
    False
    """
    check_logits(student_logits, teacher_logits)
    how = noise_weight, temperature, noise, noise_scale, noise_mix, generator, noise_gradient
    log_student = smoothed(student_logits, *how)
    return kl_of_logs(log_student, teacher_logits, temperature)


class NLD(OfNoisyLogits):
    """The term `nld` of an objective; its fields are those of `nld_loss` under the recipe's names.

    Raises CkdsnnError for a value that is no choice of its field.
    """

    def __call__(self, batch: Batch) -> torch.Tensor:
        return nld_loss(
            batch.student.logits,
            batch.teacher.logits,
            self.noise_weight,
            self.logit_temperature,
            self.noise if self.noise == "adaptive" else float(self.noise),
            self.noise_scale,
            self.noise_mix,
            batch.generator,
            self.noise_gradient,
        )
