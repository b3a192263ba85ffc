"""A whole training step in the released form, with the interface and the initial weights of our own."""

import copy

import torch

from ckdsnn.analysis.speed import Step
from ckdsnn.bench.reference import ReferenceStudent, reference_loss


class ReferenceStep(Step):
    """The counterpart of a `Step`: the same weights, images and labels, computed as the released code does.

    float32, channels first, nothing compiled. Only the student is trained, but the teacher is in train mode and its
    gradients are computed and piled up. The order of the phases is `Step`'s; what they do is not shared.
    """

    half = False
    pictures = None

    def __init__(self, step: Step):
        self.device = step.device
        layout = {"memory_format": torch.contiguous_format}
        self.network = ReferenceStudent(step.network).to(**layout)
        self.teacher = copy.deepcopy(step.objective.teacher).train().requires_grad_().to(**layout)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
        self.images, self.labels = step.images.contiguous(**layout), step.labels

    def run_teacher(self) -> None:
        self.seen = self.teacher(self.images)

    def run_student(self) -> None:
        self.features = self.network(self.images)

    def run_losses(self) -> None:
        noise = torch.randn_like(self.features.logits)
        self.total = reference_loss(self.features, self.seen, self.teacher.head_weight, self.labels, noise)
