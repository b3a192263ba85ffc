"""SAMD: saliency-scaled activation map distillation.

P = softmax over the H*W cells of M / T_s for the teacher's class activation map and the student's spike activation
map; L = T_s^2 KL(P_teacher || P_student). Source: the CKDSNN paper. Its text, as far as it is known here, does not say
to which range the maps are brought before; all released versions bring both to 0 to 1 (see `maps.map_range`).
"""

import torch
from torch.nn import functional as F

from ckdsnn.distill.batch import Batch, at_stage
from ckdsnn.distill.maps import (
    class_activation_map,
    enlarge,
    expect_shape,
    grad_cam,
    map_range,
    on_one_grid,
    scale_saliency,
    spike_activation_map,
)
from ckdsnn.distill.numerics import at_least_float32, check_order
from ckdsnn.distill.settings import OfSaliency
from ckdsnn.errors import CkdsnnError
from ckdsnn.models.features import has_closed_cam


def samd_loss(
    student_map: torch.Tensor,
    teacher_map: torch.Tensor,
    temperature: float = 2.0,
    scaling: str = "softmax",
    temperature_squared: bool = True,
) -> torch.Tensor:
    """Scalar distance of the student's maps from the teacher's, both [B, H, W] of at least two cells, as they are.

    The term `SAMD` brings them to a range first, by default both to 0 to 1 within each image:
    `samd_loss(map_range(sam, "sample"), map_range(cam, "sample"))`.
    Mean over the batch of the sum over cells of KL(P_teacher || P_student), times temperature^2 unless
    `temperature_squared` is false (the released code has no factor). The scalings "none", "zscore" and "l2" do not
    give distributions: for them it is the squared difference, and temperature plays no part. The teacher's map is
    a constant. Counts of spikes make the loss far larger than maps from 0 to 1 do: weigh it accordingly.
    Maps of different size meet on the smaller height and width, by adaptive average pooling, which changes their range:
    where that matters, pool first, then take `map_range`.
    Raises CkdsnnError for maps that do not fit, an unknown scaling, a temperature that is not positive, and where only
    the teacher's map has a gradient.

    >>> import torch
    >>> teacher = torch.tensor([[[0.0, 4.0]]])  # one image of two cells: it looks at the second
    >>> nowhere, there = torch.zeros(1, 1, 2), torch.tensor([[[0.0, 4.0]]])
    >>> print(f"{samd_loss(nowhere, teacher):.3f}")
    1.311
    >>> samd_loss(there, teacher).abs().item() < 1e-6
    True
    >>> print(f"{samd_loss(nowhere, teacher, temperature_squared=False):.3f}")  # 1.311 / 2²
    0.328
    """
    expect_shape("student_map", student_map, "BHW")
    expect_shape("teacher_map", teacher_map, "BHW")
    if len(student_map) != len(teacher_map):
        raise CkdsnnError(
            f"student_map of {len(student_map)} images, teacher_map of {len(teacher_map)}: not equal; the maps are "
            "[B, H, W], a student's stage [T, B, C, H, W]"
        )
    check_order(student_map, teacher_map)
    student, teacher = on_one_grid(at_least_float32(student_map), at_least_float32(teacher_map.detach()))
    if student[0].numel() < 2 and scaling != "none":
        sizes = [list(maps.shape[1:]) for maps in (student_map, teacher_map)]
        raise CkdsnnError(
            f"maps of one cell say nothing about where a network looks; the student's are {sizes[0]}, the teacher's "
            f"{sizes[1]}: expected at least two cells, of larger images or an earlier stage"
        )
    target = scale_saliency(teacher, scaling, temperature)
    if scaling != "softmax":
        return (scale_saliency(student, scaling, temperature) - target).square().sum((1, 2)).mean()
    log_p = (student.flatten(1) / temperature).log_softmax(1)
    loss = F.kl_div(log_p, target.flatten(1).to(log_p.dtype), reduction="batchmean")
    return loss * temperature**2 if temperature_squared else loss


CLASSES_BY = {"label": lambda batch: batch.labels, "teacher": lambda batch: batch.teacher.logits.argmax(1)}


class SAMD(OfSaliency):
    """The term `samd` of an objective: makes both maps, brings them to their ranges and compares them.

    stage: which stage of the student's, -1 the last; it meets the teacher's at the same share of the depth. At the
    last one the teacher's map is the closed-form CAM, where its head allows; elsewhere that form does not hold and
    Grad-CAM is taken, at the cost of a backward pass through the teacher.
    every_stage: the mean over all stages instead.
    map_class: whose class the teacher's map is for, "label" (the paper) or "teacher" (its argmax, released code).
    student_map: "spikes", the spike activation map (the paper), or "cam", the class activation map of the firing rates
    for the class that the student itself predicts (the first release), with gradients to the features and the head.
    map_grid: "smaller", maps meet on the coarser grid, or "image", both are enlarged to the images' size first.
    Raises CkdsnnError for a value that is no choice of its field.

    >>> SAMD().map_temperature, SAMD().teacher_range, SAMD().stage
    (2.0, 'sample', -1)
    """

    def of_teacher(self, batch: Batch, stage: int) -> torch.Tensor:
        """The teacher's map [B, H, W] at the stage that this one of the student's meets, before scaling."""
        classes = CLASSES_BY[self.map_class](batch)
        stages, network = batch.teacher.stages, batch.teacher_model
        _, place = at_stage(stage, range(len(batch.student.stages)), range(len(stages)))
        closed = place == len(stages) - 1 and has_closed_cam(network)
        if closed and batch.closed_cam:
            maps = class_activation_map(stages[-1], network.head_weight, classes)
        else:
            question = f"grad-cam-of-{self.map_class}-at-{place}"
            (maps,) = batch.recall(question, lambda: (grad_cam(network, batch.images, classes, place),))
            maps = maps * maps[0].numel() if closed else maps  # the closed form is that many times Grad-CAM
        return map_range(self.on_grid(maps, batch), self.teacher_range, units=stages[place].shape[1])

    def of_student(self, batch: Batch, stage: int) -> torch.Tensor:
        """The student's map [B, H, W] at a stage, before scaling.

        Raises CkdsnnError for a stage that it does not have, and a CAM of an earlier one than the last.
        """
        spikes, _ = batch.stages_at(stage)
        if self.student_map == "spikes":
            maps, units = spike_activation_map(spikes), spikes.shape[0] * spikes.shape[2]
        elif stage in (-1, len(batch.student.stages) - 1):
            rates, (head, _) = at_least_float32(spikes).mean(0), batch.heads()
            maps, units = class_activation_map(rates, head, batch.student.logits.argmax(1)), spikes.shape[2]
        else:
            raise CkdsnnError(f"student_map = {self.student_map!r} at stage {stage}: expected the last stage, -1")
        return map_range(self.on_grid(maps, batch), self.student_range, units=units)

    def on_grid(self, maps: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The maps at the images' size, if that is where they meet."""
        return enlarge(maps, batch.images.shape[-2:]) if self.map_grid == "image" else maps

    def at(self, batch: Batch, stage: int) -> torch.Tensor:
        """The loss at one stage."""
        maps = self.of_student(batch, stage), self.of_teacher(batch, stage)
        return samd_loss(*maps, self.map_temperature, self.scaling, self.temperature_squared)

    def __call__(self, batch: Batch) -> torch.Tensor:
        stages = range(len(batch.student.stages)) if self.every_stage else (self.stage,)
        return torch.stack([self.at(batch, stage) for stage in stages]).mean()
