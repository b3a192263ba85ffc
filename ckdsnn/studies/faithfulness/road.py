"""ROAD: does a map show what a network uses? Rong et al. 2022, as the library pytorch-grad-cam has it.

The pixels of an image are removed in the order of a map: each is replaced by the mean of its neighbours and a little
noise, so that the hole itself tells the network nothing. Where the map is right, the network soon loses its class when
the most relevant pixels go first, and keeps it long when the least relevant ones do.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

REMOVED = (10, 30, 50, 70, 90)  # percent of the pixels


def pixel_ranks(maps: torch.Tensor, size: tuple[int, int]) -> np.ndarray:
    """Maps [N, h, w], brought to the pixels of `size` bilinearly, as ranks [N, H, W] from 0 to 1, the most relevant.

    Equal pixels are ranked by chance, torch's: the library cuts at a percentile, and where that is one value of many
    pixels, as the zeros of a CAM are, it would remove all of them at once.
    """
    values = F.interpolate(maps[:, None].float(), size, mode="bilinear").flatten(1)
    shuffled = torch.rand_like(values).argsort(1)
    order = shuffled.gather(1, values.gather(1, shuffled).argsort(dim=1, stable=True))
    ranks = torch.linspace(0, 1, order.shape[1]).expand_as(values)
    return torch.empty_like(values).scatter_(1, order, ranks).view(-1, *size).numpy()


def road(network: nn.Module, x: torch.Tensor, classes: torch.Tensor, maps: torch.Tensor) -> np.ndarray:
    """The probability of `classes` [N] on images x [N, 3, H, W] that have lost pixels by their maps [N, h, w].

    Returns [2, shares, N]: the most relevant pixels removed first, then the least relevant first, the shares being
    REMOVED. Ties and noise are drawn by torch's global random state. To fill the holes of an image of 32x32 pixels
    takes the library some 4 ms.
    """
    from pytorch_grad_cam.metrics.road import ROADLeastRelevantFirst, ROADMostRelevantFirst  # seconds to import
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget

    ranks = pixel_ranks(maps, x.shape[-2:])
    targets = [ClassifierOutputSoftmaxTarget(label) for label in classes.tolist()]

    def left(metric: type, share: int) -> np.ndarray:
        remove = metric(100 - share)  # the library's percentile is the share that stays, in both orders
        return remove(x, ranks, targets, lambda images: network(images).logits, return_diff=False)

    orders = (ROADMostRelevantFirst, ROADLeastRelevantFirst)
    return np.array([[left(metric, share) for share in REMOVED] for metric in orders], dtype=np.float64)


def road_score(left: np.ndarray) -> np.ndarray:
    """[2, shares, N] -> [N]: half the distance of the two curves, averaged over the shares.

    The library's ROADCombined. A map that knows nothing scores 0; what is possible depends on the network, at most 0.5.
    """
    most, least = left
    return ((least - most) / 2).mean(0)
