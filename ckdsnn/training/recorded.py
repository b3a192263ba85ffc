"""The training step as CUDA graphs: see `Engine.graph`, and `analysis.graph` for what a graph asks for.

Two of them: the teacher's, whose answers all students side by side are given, and the student's with everything that
changes its weights. What a graph takes for granted is no number of Python's here: the learning rate is an input, and
the noise is drawn by one generator that is seeded anew in place. The optimiser keeps the rate as a number, for the
schedule and the checkpoint, which therefore are those of a training without graphs.
"""

from typing import TYPE_CHECKING

import torch

from ckdsnn.analysis.graph import CudaGraph, Replayed, Tensors
from ckdsnn.distill.batch import ask
from ckdsnn.models.features import Features

if TYPE_CHECKING:
    from ckdsnn.training.module import Classifier


class RecordedStep:
    """A classifier's step, to be made once its weights and its optimiser's state are the ones that it begins with.

    Raises CkdsnnError on another device than CUDA's, and later for a step that cannot be recorded.
    """

    def __init__(self, classifier: "Classifier"):
        self.classifier, device = classifier, classifier.device
        self.optimizer: torch.optim.Optimizer = classifier.optimizers(use_pl_optimizer=False)
        self.teacher = Replayed(self.ask_teacher, CudaGraph(device))
        self.student = Replayed(self.teach, CudaGraph(device, classifier.generator))

    def observe(self, shown: torch.Tensor) -> Features:
        """`Objective.observe`."""
        logits, *stages = self.teacher(shown)
        return Features(logits, tuple(stages))

    def learn(
        self, images: torch.Tensor, labels: torch.Tensor, shown: torch.Tensor, seen: Features | None
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """`Classifier.learn` with all that follows it: afterwards the weights have changed."""
        rate = torch.full((), self.optimizer.param_groups[0]["lr"], device=images.device)
        total, *values = self.student(rate, images, labels, shown, *flat(seen))
        return total, dict(zip(self.classifier.noted, values, strict=True))

    def ask_teacher(self, shown: torch.Tensor) -> Tensors:
        """What the first graph holds."""
        return flat(self.classifier.objective.observe(shown))

    def teach(
        self, rate: torch.Tensor, images: torch.Tensor, labels: torch.Tensor, shown: torch.Tensor, *seen: torch.Tensor
    ) -> Tensors:
        """What the second graph holds; it asks the teacher by itself, as another graph's tensors are not its own."""
        features = Features(seen[0], seen[1:]) if seen else None
        total, values = self.classifier.learn(images, labels, shown, features, ask)
        with torch.autocast(images.device.type, enabled=False):  # as it is where Lightning does this
            self.optimizer.zero_grad()
            total.backward()
            step_at(rate, self.optimizer)
        return total.detach(), *(value.detach() for value in values.values())


def flat(seen: Features | None) -> Tensors:
    """Features as the tensors that they consist of."""
    return () if seen is None else (seen.logits, *seen.stages)


def step_at(rate: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    """The optimiser's step at a rate that is read when it is replayed; its own number stays."""
    (group,) = optimizer.param_groups
    kept = dict(group)
    # Adam asks for this word while it is recorded, and warns of it while it is not
    recording = rate.is_cuda and torch.cuda.is_current_stream_capturing()
    group |= {"lr": rate, "capturable": recording}
    optimizer.step()
    group.clear()
    group |= kept
