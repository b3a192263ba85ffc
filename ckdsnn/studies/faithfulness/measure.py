"""The study `faithfulness`: which map shows what a student uses, and which looks like its teacher's?

All maps lie on the grid of the student's last stage, so that none is finer than another, and those that are about a
class are about the one that the student predicts. At the last stage the student's Grad-CAM is its CAM, up to a factor:
no spike lies between that stage and the logits, so no surrogate gradient enters. At the first stage it does.
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from ckdsnn.analysis.agreement import map_agreement, mean_error
from ckdsnn.distill.maps import cam, grad_cam, on_one_grid, spike_activation_map
from ckdsnn.seeds import drawn_by
from ckdsnn.studies.faithfulness.road import REMOVED, road, road_score
from ckdsnn.studies.subject import Subject
from ckdsnn.studies.surrogate.measure import FAR, IMAGES, differentiated_by, make_surrogate

Maps = dict[str, torch.Tensor]  # kind -> maps [N, h, w]


def first_stage_maps(network: nn.Module, x: torch.Tensor, classes: torch.Tensor) -> Maps:
    """SAM and Grad-CAM of an SNN at its first stage, Grad-CAM also with a surrogate far from the trained one."""
    with torch.no_grad():
        maps = {"sam_first": spike_activation_map(network(x).stages[0])}
    maps["grad_cam_first"] = grad_cam(network, x, classes, stage=0)
    with differentiated_by(network, make_surrogate(*FAR)):
        return maps | {"grad_cam_far": grad_cam(network, x, classes, stage=0)}


def blind_maps(like: torch.Tensor) -> Maps:
    """Maps of the shape of `like` that know nothing of the images: a Gaussian in the middle, and chance."""
    down, across = (torch.linspace(-1, 1, size) for size in like.shape[-2:])
    centre = torch.exp(-2 * (down[:, None] ** 2 + across**2))  # its standard deviation is a quarter of the side
    return {"centre": centre.expand_as(like), "random": torch.rand_like(like)}


def all_maps(network: nn.Module, teacher: nn.Module, x: torch.Tensor, classes: torch.Tensor) -> Maps:
    """Every kind of map of images x for `classes`, whatever the teacher predicts itself, on one grid."""
    with torch.no_grad():
        sam = spike_activation_map(network(x).stages[-1])
    others = first_stage_maps(network, x, classes) | {"teacher_cam": cam(teacher, x, classes)}
    pooled = {kind: on_one_grid(maps, sam)[0] for kind, maps in others.items()}
    return {"sam": sam, "grad_cam": grad_cam(network, x, classes)} | pooled | blind_maps(sam)


def faithfulness(subject: Subject) -> tuple[dict[str, Any], dict[str, Any]]:
    """confidence [2]: the probability of the predicted class on whole images, mean and standard error over images.

    Of each kind of map KIND.most and KIND.least [2, shares]: mean and standard error of what is left of it;
    KIND.score [N]: the ROAD score of each image; of each but the teacher's KIND.agreement [3]: mean correlation
    with the teacher's CAM, its standard error, the mean over shuffled pairs.
    """
    x, _ = subject.test_images(IMAGES[subject.record.tier])
    with torch.no_grad():
        confidence, classes = subject.network(x).logits.softmax(1).max(1)
    values: dict[str, Any] = {"confidence": mean_error(confidence.numpy())}
    with drawn_by(0):
        maps = all_maps(subject.network, subject.teacher, x, classes)
        for kind, cells in maps.items():
            left = road(subject.network, x, classes, cells)
            values[f"{kind}.most"], values[f"{kind}.least"] = map(mean_error, left)
            values[f"{kind}.score"] = np.round(road_score(left), 4)
    theirs = maps.pop("teacher_cam").numpy()
    for kind, cells in maps.items():
        values[f"{kind}.agreement"] = map_agreement(cells.numpy(), theirs).summary()
    return {"images": len(x), "removed": list(REMOVED)}, values
