"""The training objective: cross-entropy plus weighted distillation terms, around a frozen teacher."""

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill.batch import Batch, Look, ask
from ckdsnn.distill.maps import check_classes
from ckdsnn.distill.numerics import at_least_float32, expect_logits
from ckdsnn.distill.settings import TEACHER_NORMS
from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError, check_choice, check_share, shortened
from ckdsnn.models.features import Features, expect_features, has_closed_cam

Term = Callable[[Batch], torch.Tensor]
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class Objective(nn.Module):
    """L = L_CE + sum over the terms of weight x term.

    teacher: a network that returns `Features`, with a `head_weight` [K, C] where terms make maps of it. Frozen here
    for good: eval mode, no gradients. It is kept out of `parameters()`, `state_dict()` and `train()`, but moves with
    `.to(device)`. (The released code leaves it in train mode, with gradients: a defect.)
    terms: name -> (weight, term); a term maps a `Batch` to a scalar. Without terms no teacher is needed or run.
    student: the network in training, for terms that read its head; it does not become a part of the objective.
    adapters: name of a term -> the module with its own parameters, a part of the objective.
    teacher_norm: what the teacher's batch normalisation takes: its "running" statistics, or those of each "batch"
    (as the released code, whose running ones drift besides; here they stay).
    label_smoothing: the share of the labels' weight that the cross-entropy spreads evenly over all classes.
    Raises CkdsnnError for terms that are none or have no teacher, for one named "ce" or with parameters that nothing
    would train, for those that lack their adapter, adapters of no term, an unknown teacher_norm, and a label_smoothing
    that is no share.

    >>> import torch
    >>> from ckdsnn.distill import LOSSES
    >>> from ckdsnn.models import build_student, build_teacher
    >>> teacher, student = build_teacher("resnet8", width=1), build_student("resnet8", width=1, timesteps=2)
    >>> objective = Objective({"samd": (1.0, LOSSES["samd"]()), "nld": (0.5, LOSSES["nld"]())}, teacher)
    >>> images, labels = torch.rand(4, 3, 32, 32), torch.tensor([0, 1, 2, 3])
    >>> total, terms = objective(images, labels, student(images))
    >>> [*terms]
    ['ce', 'samd', 'nld']
    >>> bool(total.isclose(terms["ce"] + terms["samd"] + 0.5 * terms["nld"]))
    True
    """

    def __init__(
        self,
        terms: Mapping[str, tuple[float, Term]],
        teacher: nn.Module | None = None,
        student: nn.Module | None = None,
        adapters: Mapping[str, nn.Module] | None = None,
        teacher_norm: str = "running",
        label_smoothing: float = 0.0,
    ):
        super().__init__()
        check_terms(terms)
        check_share("label_smoothing", label_smoothing)
        if terms and teacher is None:
            raise CkdsnnError(f"the terms {', '.join(terms)} need a teacher; none was given")
        self.terms, self.label_smoothing, self.teacher_norm = dict(terms), label_smoothing, teacher_norm
        self.closed_cam = True
        self.adapters, own = nn.ModuleDict(adapters), adaptable(terms)
        if lacking := [name for name in own if name not in self.adapters]:
            raise CkdsnnError(f"the terms {', '.join(lacking)} need adapters, for the channels of teacher and student")
        if idle := [name for name in self.adapters if name not in own]:
            raise CkdsnnError(f"adapters of {', '.join(idle)}; terms that take them: {', '.join(own) or 'none'}")
        self.__dict__["teacher"] = teacher and frozen(teacher, teacher_norm)  # past nn.Module's registration
        self.__dict__["student"] = student
        self.check_norm()

    def use(self, switches: Engine) -> None:
        """Make maps, and compute the teacher, as the switches say. Raises CkdsnnError as the constructor does."""
        self.closed_cam = switches.closed_cam
        self.check_norm()
        self.adapters.to(memory_format=switches.layout)
        if self.teacher is not None:
            switches.tell(self.teacher).to(memory_format=switches.layout)
            if switches.compile:
                self.teacher.compile()

    def check_norm(self) -> None:
        """Raise CkdsnnError where a map needs Grad-CAM of a teacher that normalises by the batch."""
        closed = self.closed_cam and self.teacher is not None and has_closed_cam(self.teacher)
        if self.teacher_norm == "batch" and "samd" in self.terms and not closed:
            raise CkdsnnError("teacher_norm = 'batch' needs a closed class activation map: Grad-CAM takes running ones")

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
        """The scalar total, and every term by name, unweighted, "ce" first.

        Raises CkdsnnError for logits that are not [B, K], labels that are no class indices of the student's, and a
        teacher of other classes.
        """
        return self.compare(images, labels, student, self.observe(images), generator)

    def observe(self, images: torch.Tensor) -> Features | None:
        """What the teacher makes of the images; None where no term asks for it."""
        with torch.no_grad():
            return expect_features(self.teacher(images), self.teacher) if self.terms else None

    def compare(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        student: Features,
        teacher: Features | None,
        generator: torch.Generator | None = None,
        recall: Callable[[str, Look], tuple[torch.Tensor, ...]] = ask,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """`forward`, given what `observe` has returned. recall: as in a `Batch`.

        Raises CkdsnnError as `forward` does, and where there are terms and no Features of the teacher.
        """
        if not isinstance(student, Features):
            raise CkdsnnError(f"student: expected its Features, not a {type(student).__name__}; Tapped makes them")
        if self.terms and not isinstance(teacher, Features):
            given = f"teacher: expected its Features, not a {type(teacher).__name__}"
            raise CkdsnnError(f"{given}; the terms {', '.join(self.terms)} need what `observe` returns")
        check_targets(labels, student.logits, teacher.logits if teacher else None)
        logits = at_least_float32(student.logits)
        named = {"ce": F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)}
        total = named["ce"]
        batch = Batch(images, labels, student, teacher, self.teacher, generator, self.student, None, recall)
        batch = batch._replace(closed_cam=self.closed_cam)
        adapters = dict(self.adapters)
        for name, (weight, term) in self.terms.items():
            named[name] = term(batch._replace(adapter=adapters.get(name)))
            total = total + weight * named[name]
        return total, named


def check_terms(terms: Any) -> None:
    """Raise CkdsnnError unless these are terms by name, each with its weight.

    None may be named "ce", as the cross-entropy is, or be a module with parameters: nothing would train these.
    """
    rows = terms.items() if isinstance(terms, Mapping) else [("terms", terms)]
    for name, row in rows:
        pair = isinstance(name, str) and isinstance(row, tuple) and len(row) == 2 and isinstance(row[0], Real)
        if not pair or isinstance(row[1], type) or not callable(row[1]):
            raise CkdsnnError(f"{name}: {shortened(row)}; expected by name (weight, term), as {{'kd': (1.0, KD())}}")
        weight, term = row
        if name == "ce":
            raise CkdsnnError("a term is named 'ce'; expected another name: this is the cross-entropy's")
        if not math.isfinite(weight):
            raise CkdsnnError(f"{name}: weight = {weight!r}; expected a finite number")
        if isinstance(term, nn.Module) and any(p.requires_grad for p in term.parameters()):
            raise CkdsnnError(
                f"{name}: the parameters of {type(term).__name__} would not be trained; expected a term with a method "
                "`adapter` that makes the module which has them"
            )


def adaptable(terms: Mapping[str, tuple[float, Term]]) -> dict[str, Term]:
    """The terms that have own parameters: those with a method `adapter`."""
    return {name: term for name, (_, term) in terms.items() if hasattr(term, "adapter")}


def check_targets(labels: torch.Tensor, student_logits: torch.Tensor, teacher_logits: torch.Tensor | None) -> None:
    """Raise CkdsnnError unless the student's logits are [B, K], as the teacher's, and the labels class indices of them.

    A teacher of other classes would otherwise be taken in silence by every term that reads no logits.
    """
    expect_logits("student logits", student_logits)
    check_classes(labels, *student_logits.shape, noun="labels")
    if teacher_logits is not None and teacher_logits.shape != student_logits.shape:
        raise CkdsnnError(
            f"teacher logits {list(teacher_logits.shape)}, student logits {list(student_logits.shape)}: expected both "
            "[B, K], the same images and the same classes"
        )


def frozen(teacher: nn.Module, norm: str = "running") -> nn.Module:
    """The teacher itself, put into eval mode without gradients.

    norm: "batch" lets batch normalisation take each batch's own statistics. Raises CkdsnnError for an unknown one.
    """
    check_choice("teacher_norm", norm, TEACHER_NORMS)
    teacher = teacher.eval().requires_grad_(False)
    for module in teacher.modules():
        if isinstance(module, BATCH_NORMS) and module.running_mean is not None:
            module.train(norm == "batch")
            module.track_running_stats = norm != "batch"  # else its running statistics would drift
    return teacher
