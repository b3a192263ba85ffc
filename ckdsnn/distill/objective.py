"""The training objective: cross-entropy plus weighted distillation terms, around a frozen teacher."""

from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.numerics import at_least_float32
from ckdsnn.errors import CkdsnnError
from ckdsnn.models.features import Features

Term = Callable[[Batch], torch.Tensor]


class Objective(nn.Module):
    """L = L_CE + sum over the terms of weight x term.

    teacher: frozen here for good: eval mode, no gradients. It is kept out of `parameters()`, `state_dict()` and
    `train()`, but moves with `.to(device)`. (The released code leaves it in train mode, with gradients: a defect.)
    terms: name -> (weight, term); a term maps a `Batch` to a scalar. Without terms no teacher is needed or run.
    Raises CkdsnnError for terms without a teacher.
    """

    def __init__(self, terms: Mapping[str, tuple[float, Term]], teacher: nn.Module | None = None):
        super().__init__()
        if terms and teacher is None:
            raise CkdsnnError(f"the terms {', '.join(terms)} need a teacher; none was given")
        self.terms = dict(terms)
        if teacher is not None:
            teacher = teacher.eval().requires_grad_(False)
        self.__dict__["teacher"] = teacher  # past nn.Module's registration

    def _apply(self, function, recurse=True):
        if self.teacher is not None:
            self.teacher._apply(function)
        return super()._apply(function, recurse)

    def forward(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        student: Features,
        generator: torch.Generator | None = None,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The scalar total, and every term by name, unweighted, "ce" first."""
        named = {"ce": F.cross_entropy(at_least_float32(student.logits), labels)}
        total = named["ce"]
        if self.terms:
            with torch.no_grad():
                teacher = self.teacher(images)
            batch = Batch(images, labels, student, teacher, self.teacher, generator)
            for name, (weight, term) in self.terms.items():
                named[name] = term(batch)
                total = total + weight * named[name]
        return total, named
