"""The training step as CUDA graphs: see `Engine.graph`, and `analysis.graph` for what a graph asks for.

Two of them: the teacher's, whose answers all students side by side are given, and the student's with everything that
changes its weights. Neither holds a number of Python's that changes: the learning rate is an input, and the noise is
drawn by one generator that is seeded anew in place. The optimiser keeps the rate as a number, for the schedule and the
checkpoint, which therefore are those of a training without graphs.
"""

from functools import partial
from typing import TYPE_CHECKING

import torch

from ckdsnn.analysis.graph import CudaGraph, Replayed, Tensors
from ckdsnn.distill import Objective
from ckdsnn.distill.batch import ask
from ckdsnn.models import Features

if TYPE_CHECKING:
    from ckdsnn.training.module import Classifier


class RecordedStep:
    """A classifier's step, to be made once its weights and its optimiser's state are the ones that it begins with.

    Raises CkdsnnError on another device than CUDA's, and later for a step that cannot be recorded.
    """

    def __init__(self, classifier: "Classifier"):
        self.optimizer: torch.optim.Optimizer = classifier.optimizers(use_pl_optimizer=False)
        self.noted, device = classifier.noted, classifier.device
        self.teacher = Replayed(partial(ask_teacher, classifier.objective), CudaGraph(device))
        teach_student = partial(teach, classifier, self.optimizer)
        self.student = Replayed(teach_student, CudaGraph(device, classifier.generator))

    def observe(self, shown: torch.Tensor) -> Features:
        """`Objective.observe`."""
        logits, *stages = self.teacher(shown)
        return Features(logits, tuple(stages))

    def learn(
        self, images: torch.Tensor, labels: torch.Tensor, shown: torch.Tensor, seen: Features | None
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """`Classifier.learn` and all that follows it: afterwards the weights have changed."""
        rate = torch.full((), self.optimizer.param_groups[0]["lr"], device=images.device)
        total, *values = self.student(rate, images, labels, shown, *flat(seen))
        return total, dict(zip(self.noted, values, strict=True))


def ask_teacher(objective: Objective, shown: torch.Tensor) -> Tensors:
    """What the first graph holds."""
    return flat(objective.observe(shown))


def teach(
    classifier: "Classifier",
    optimizer: torch.optim.Optimizer,
    rate: torch.Tensor,
    images: torch.Tensor,
    labels: torch.Tensor,
    shown: torch.Tensor,
    *seen: torch.Tensor,
) -> Tensors:
    """What the second graph holds: a step of the student's; the loss, and what is noted."""
    features = Features(seen[0], seen[1:]) if seen else None
    # what another graph has asked the teacher is none of this one's tensors
    total, values = classifier.learn(images, labels, shown, features, recall=ask)
    with torch.autocast(images.device.type, enabled=False):  # which Lightning has left when it comes to this
        optimizer.zero_grad()
        total.backward()
        step_at(rate, optimizer)
    return total.detach(), *(value.detach() for value in values.values())


def flat(seen: Features | None) -> Tensors:
    """Features as the tensors that they consist of."""
    return () if seen is None else (seen.logits, *seen.stages)


def step_at(rate: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    """The optimiser's step at a rate that is read when it is replayed; its own number stays."""
    (group,) = optimizer.param_groups
    kept = dict(group)
    recording = rate.is_cuda and torch.cuda.is_current_stream_capturing()
    group |= {"lr": rate, "capturable": recording}  # which Adam asks for then, and warns of at any other time
    optimizer.step()
    group.clear()
    group |= kept
