"""The fixed gallery of test images and the maps of a network on it: the small arrays that figures are drawn from."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import nn

from ckdsnn.distill.maps import cam, grad_cam, spike_activation_map
from ckdsnn.models import evaluating

SIZE = 64  # the first test images in canonical order: fixed, and not chosen for their looks


def gallery_images(pictures: torch.Tensor, labels: torch.Tensor) -> dict[str, np.ndarray]:
    """images uint8 [B, H, W, 3] and labels [B], from uint8 [B, 3, H, W]."""
    return {"images": pictures.permute(0, 2, 3, 1).contiguous().cpu().numpy(), "labels": labels.cpu().numpy()}


def teacher_maps(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> dict[str, np.ndarray]:
    """Of an ANN on normalised images: teacher_logits [B, K] and cam [B, H, W], its CAM for the label; float16."""
    with evaluating(model), torch.no_grad():
        maps = {"teacher_logits": model(x).logits, "cam": cam(model, x, labels)}
    return {name: as_float16(tensor) for name, tensor in maps.items()}


def student_maps(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> dict[str, np.ndarray]:
    """Of an SNN, in float16: logits [B, K], sam [B, H, W], grad_cam [B, H, W]; of several steps sam_steps [B, T, H, W].

    sam_steps: the spikes of each step alone, whose sum is sam. grad_cam is for the label and at the last stage: no
    spike lies behind it, so no surrogate gradient enters.
    """
    with evaluating(model), torch.no_grad():
        logits, stages = model(x)
    maps = {
        "logits": logits,
        "sam": spike_activation_map(stages[-1]),
        "grad_cam": grad_cam(model, x, labels),
    }
    if len(stages[-1]) > 1:
        maps["sam_steps"] = stages[-1].sum(2).transpose(0, 1)
    return {name: as_float16(tensor) for name, tensor in maps.items()}


def logits_of(model: nn.Module, batches: Iterable[torch.Tensor]) -> dict[str, np.ndarray]:
    """test_logits [N, K], float16, of any network on batches of normalised images."""
    with evaluating(model), torch.no_grad():
        logits = [model(part).logits for batch in batches for part in batch.split(SIZE, dim=-4)]
    return {"test_logits": as_float16(torch.cat(logits))}


def in_parts(
    maps: Callable[..., dict[str, np.ndarray]], model: nn.Module, x: torch.Tensor, labels: torch.Tensor, size: int
) -> dict[str, np.ndarray]:
    """What `maps` makes of all images, `size` of them at a time."""
    parts = [maps(model, *part) for part in zip(x.split(size, dim=-4), labels.split(size), strict=True)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def as_float16(tensor: torch.Tensor) -> np.ndarray:
    return tensor.float().cpu().numpy().astype(np.float16)
