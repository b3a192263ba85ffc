"""One stage of both networks as features that can be compared: firing rates of the student, the teacher's a constant.

Shapes: student stage [T, B, C, H, W], teacher stage [B, C, H, W], features [B, C, H, W].
"""

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill.maps import expect_shape, on_one_grid
from ckdsnn.distill.numerics import at_least_float32
from ckdsnn.errors import CkdsnnError


def as_features(student_stage: torch.Tensor, teacher_stage: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The student's firing rates, its mean over the T steps, and the teacher's values without a gradient.

    Half precision becomes float32. Raises CkdsnnError for other shapes and for different numbers of images.
    """
    expect_shape("student_stage", student_stage, "TBCHW")
    expect_shape("teacher_stage", teacher_stage, "BCHW")
    if student_stage.shape[1] != len(teacher_stage):
        raise CkdsnnError(
            f"student_stage of {student_stage.shape[1]} images, teacher_stage of {len(teacher_stage)}: not equal"
        )
    return at_least_float32(student_stage).mean(0), at_least_float32(teacher_stage.detach())


def check_heads(student_head: torch.Tensor, teacher_head: torch.Tensor) -> None:
    """Raise CkdsnnError unless both are weights [K, C] of equally many classes, each with its own channels."""
    expect_shape("student_head", student_head, "KC")
    expect_shape("teacher_head", teacher_head, "KC")
    if len(student_head) != len(teacher_head):
        raise CkdsnnError(
            f"student_head of {len(student_head)} classes, teacher_head of {len(teacher_head)}: not equal"
        )


def feature_distance(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """The squared difference of two features [B, C, H, W], a mean over images, channels and cells.

    A mean, where the papers write a sum, is our choice: its weight then depends on no network's size. BKDSNN's authors
    multiply the sum by 7e-5; over the 512 x 7 x 7 values of their ResNets that is 1.8 times this mean.
    Raises CkdsnnError for different numbers of channels.
    """
    if student.shape[1] != teacher.shape[1]:
        raise CkdsnnError(
            f"student of {student.shape[1]} channels, teacher of {teacher.shape[1]}: expected equal numbers; "
            "an adapter made for both numbers matches them"
        )
    student, teacher = on_one_grid(at_least_float32(student), teacher)
    return F.mse_loss(student, teacher)


def match_channels(student_channels: int, teacher_channels: int) -> nn.Module:
    """What gives the student's features the teacher's number of channels: a 1x1 convolution, nothing where equal."""
    if student_channels == teacher_channels:
        return nn.Identity()
    return nn.Conv2d(student_channels, teacher_channels, 1)
