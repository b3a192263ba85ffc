"""What one training step costs."""

from collections.abc import Callable

import torch

from ckdsnn.distill import LOSSES, Objective
from ckdsnn.models import build_student, build_teacher


def training_step(
    student: str = "resnet20", width: int = 1, timesteps: int = 1, batch: int = 128, num_classes: int = 100
) -> Callable[[], torch.Tensor]:
    """One full distillation step as a callable, for measuring: teacher, student, maps, losses, backward pass, SGD.

    It works on one batch of random 32x32 images, on CUDA if there is any, in the layout and precision of real
    trainings; each call returns the loss, a scalar still on the device. The teacher has the student's architecture.
    Raises CkdsnnError for an unknown student and sizes below 1.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build_student(student, num_classes, width, timesteps).to(device, memory_format=torch.channels_last)
    teacher = build_teacher(student, num_classes, width)
    objective = Objective({name: (1.0, LOSSES[name]()) for name in ("samd", "nld")}, teacher).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    images = torch.randn(batch, 3, 32, 32, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(num_classes, (batch,), device=device)

    def step() -> torch.Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            total, _ = objective(images, labels, network(images))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        return total.detach()

    return step
