"""The fixed gallery of test images and the maps of a network on it: the small arrays that figures are drawn from."""

import numpy as np
import torch
from torch import nn

from ckdsnn.distill.maps import cam, grad_cam, spike_activation_map
from ckdsnn.models import evaluating

SIZE = 64  # the first test images in canonical order: fixed, and not chosen for their looks


def gallery_images(x_test: torch.Tensor, y_test: torch.Tensor) -> dict[str, np.ndarray]:
    """images uint8 [64, H, W, 3] and labels [64], from uint8 [N, 3, H, W]."""
    images = x_test[:SIZE].permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return {"images": images, "labels": y_test[:SIZE].cpu().numpy()}


def teacher_maps(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> dict[str, np.ndarray]:
    """Of an ANN on normalised images: teacher_logits [B, K] and cam [B, H, W], its CAM for the label; float16."""
    with evaluating(model), torch.no_grad():
        maps = {"teacher_logits": model(x).logits, "cam": cam(model, x, labels)}
    return {name: as_float16(tensor) for name, tensor in maps.items()}


def student_maps(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> dict[str, np.ndarray]:
    """Of an SNN: logits [B, K], sam [B, H, W] and grad_cam [B, H, W]; float16.

    grad_cam is for the label and at the last stage: no spike lies behind it, so no surrogate gradient enters.
    """
    with evaluating(model), torch.no_grad():
        logits, stages = model(x)
    maps = {
        "logits": logits,
        "sam": spike_activation_map(stages[-1]),
        "grad_cam": grad_cam(model, x, labels),
    }
    return {name: as_float16(tensor) for name, tensor in maps.items()}


def logits_of(model: nn.Module, x: torch.Tensor) -> dict[str, np.ndarray]:
    """test_logits [B, K], float16, of any network on normalised images, some at a time."""
    with evaluating(model), torch.no_grad():
        logits = torch.cat([model(part).logits for part in x.split(SIZE, dim=-4)])
    return {"test_logits": as_float16(logits)}


def as_float16(tensor: torch.Tensor) -> np.ndarray:
    return tensor.float().cpu().numpy().astype(np.float16)
