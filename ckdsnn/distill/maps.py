"""Where a network looks: CAM, Grad-CAM, the spike activation map, and how a map is scaled before it is compared.

Shapes: teacher stage [B, C, H, W], student stage [T, B, C, H, W], maps [B, H, W].
Sources: Zhou et al. 2016 (CAM), Selvaraju et al. 2017 (Grad-CAM), the CKDSNN paper (SAM, saliency scaling).
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ckdsnn.distill.numerics import at_least_float32, check_temperature, expect_tensor
from ckdsnn.distill.settings import RANGES
from ckdsnn.errors import CkdsnnError, check_choice, check_count, choose
from ckdsnn.models.features import evaluating, expect_features, has_closed_cam, uncompiled


def expect_shape(name: str, tensor: torch.Tensor, axes: str) -> None:
    """Raise CkdsnnError unless `tensor` has one dimension for each letter of `axes`, none of them empty."""
    expect_tensor(name, tensor)
    if tensor.dim() != len(axes) or not tensor.numel():
        raise CkdsnnError(f"{name} of shape {list(tensor.shape)}: expected [{', '.join(axes)}]")


def check_classes(classes: torch.Tensor, images: int, known: int, noun: str = "classes") -> None:
    """Raise CkdsnnError, calling them `noun`, unless `classes` holds one index, an int64 from 0 to known - 1, an image.

    The range is checked on the CPU alone: on CUDA a look at the values would stall every step.
    """
    if not isinstance(classes, torch.Tensor):
        raise CkdsnnError(f"{noun} are a {type(classes).__name__}: expected a tensor, a torch.int64 index an image")
    if classes.shape != (images,) or classes.dtype != torch.int64:
        given = f"{noun} of shape {list(classes.shape)}, {classes.dtype}"
        raise CkdsnnError(f"{given}: expected one torch.int64 index for each of {images} images")
    if classes.device.type == "cpu" and not 0 <= classes.min() <= classes.max() < known:
        raise CkdsnnError(f"{noun} from {classes.min()} to {classes.max()}: expected 0 to {known - 1}")


def check_head(head_weight: torch.Tensor, features: torch.Tensor) -> None:
    """Raise CkdsnnError unless the head [K, C] reads the channels of the features [B, C, H, W]."""
    expect_shape("head_weight", head_weight, "KC")
    if features.shape[1] != head_weight.shape[1]:
        raise CkdsnnError(
            f"stage has {features.shape[1]} channels, head_weight {head_weight.shape[1]}: expected equal; a CAM needs "
            "global average pooling before a linear head, any other network has grad_cam"
        )


def class_activation_map(stage: torch.Tensor, head_weight: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """relu(sum_c w[y, c] F[c]) [B, H, W], without a backward pass.

    stage: [B, C, H, W], the one before global average pooling; head_weight: [K, C]; classes: [B] class indices.
    For such a head Grad-CAM is the same map times 1 / (H W). The released code computes its teacher maps so.
    Raises CkdsnnError where the shapes do not fit.

    >>> import torch
    >>> stage = torch.tensor([[[[1.0, 0.0]], [[0.0, 2.0]]]])  # [B, C, H, W] = [1, 2, 1, 2]
    >>> head = torch.tensor([[1.0, 0.0], [-1.0, 3.0]])  # [K, C]: class 1 reads the second channel
    >>> class_activation_map(stage, head, torch.tensor([1])).tolist()  # -1 becomes 0
    [[[0.0, 6.0]]]
    """
    expect_shape("stage", stage, "BCHW")
    check_head(head_weight, stage)
    check_classes(classes, len(stage), len(head_weight))
    features = at_least_float32(stage)
    with torch.autocast(stage.device.type, enabled=False):  # bf16 is enough for a network, not for its map
        return torch.einsum("bchw,bc->bhw", features, head_weight[classes].to(features.dtype)).relu()


def cam(model: nn.Module, x: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """The CAM [B, H, W] of an ANN on its inputs x for `classes` [B], in eval mode and without a graph.

    Grad-CAM takes its place where the head does not read the mean of the last stage.

    >>> import torch
    >>> from ckdsnn.models import build_teacher
    >>> images, classes = torch.rand(2, 3, 32, 32), torch.tensor([0, 3])
    >>> cam(build_teacher("resnet8", width=1), images, classes).shape
    torch.Size([2, 8, 8])
    """
    if not has_closed_cam(model):
        return grad_cam(model, x, classes)
    with evaluating(model), torch.no_grad():
        return class_activation_map(expect_features(model(x), model).stages[-1], model.head_weight, classes)


def grad_cam(model: nn.Module, x: torch.Tensor, classes: torch.Tensor, stage: int = -1) -> torch.Tensor:
    """Grad-CAM [B, H, W] of the logits of `classes` [B] at any stage, by one batched backward pass.

    relu(sum_c a[c] F[c]) with a[c] the mean over the cells of d logit / d F[c]. Through an SNN every (step, channel)
    pair counts as a channel and the derivative is the surrogate's: the map that the paper calls unreliable.
    The model runs in eval mode (batch normalisation would mix the images) and uncompiled (torch.compile gives no
    gradient to what lies inside a network), and is left as it was.
    Raises CkdsnnError for classes that do not fit, a stage that the model does not have, and a model that does not
    return Features, as `Tapped` makes them.

    >>> import torch
    >>> from ckdsnn.models import build_teacher
    >>> network = build_teacher("resnet8", width=1)
    >>> images, classes = torch.rand(2, 3, 32, 32), torch.tensor([0, 3])
    >>> exact = cam(network, images, classes) / 64  # at the last stage, of 8 x 8 cells
    >>> torch.allclose(grad_cam(network, images, classes), exact, atol=1e-6)
    True
    """
    expect_tensor("x", x)
    with evaluating(model), uncompiled(model) as written, torch.inference_mode(False), torch.enable_grad():
        seen = written(x.detach().clone().requires_grad_())  # a frozen model has a graph only by its input
        logits, stages = expect_features(seen, model)
        check_classes(classes, len(logits), logits.shape[1])
        classes = classes.clone()  # those of inference mode cannot take part in a graph
        check_count("stage", stage, -len(stages), len(stages) - 1)
        activation = stages[stage]
        score = logits.gather(1, classes[:, None]).sum()  # images do not mix: one backward pass serves all
        (gradient,) = torch.autograd.grad(score, activation, allow_unused=True)
        if gradient is None:
            raise CkdsnnError(
                f"stage {stage} of {type(model).__name__} does not lie on the path to its logits: it has no Grad-CAM; "
                "a class activation map at the last stage needs none"
            )
    weighted = gradient.mean((-2, -1), keepdim=True) * activation.detach()
    channels = (0, 2) if weighted.dim() == 5 else (1,)
    return weighted.sum(channels).relu()


def spike_activation_map(stage: torch.Tensor) -> torch.Tensor:
    """The spike count of each cell, sum_t sum_c F[t, c]: [T, B, C, H, W] -> [B, H, W]; no gradient is used.

    Source: the paper's SAM. With last_activation "relu" (released code) it sums real values instead of spikes.

    >>> import torch
    >>> spikes = torch.zeros(2, 1, 3, 1, 2)  # [T, B, C, H, W]
    >>> spikes[:, 0, :, 0, 1] = 1  # every channel, in both steps, in the second cell
    >>> spike_activation_map(spikes).tolist()
    [[[0.0, 6.0]]]
    """
    expect_shape("stage", stage, "TBCHW")
    return stage.sum((0, 2), dtype=torch.promote_types(stage.dtype, torch.float32))  # bf16 counts to 256 only


def min_max(maps: torch.Tensor, dims: tuple[int, ...]) -> torch.Tensor:
    """(M - min) / (max - min) over `dims`; a constant map becomes 0."""
    low = maps.amin(dims, keepdim=True)
    spread = maps.amax(dims, keepdim=True) - low
    return (maps - low) / spread.masked_fill(spread == 0, 1)


def map_range(maps: torch.Tensor, how: str, units: int | None = None) -> torch.Tensor:
    """Bring maps [B, H, W] to a range before they are scaled.

    how: "none" leaves them; "sample" is min-max to [0, 1] within each map (usual for Grad-CAM); "batch" is min-max
    over the whole batch (the released code: a map then depends on its neighbours); "rate" divides by `units`, the
    number of values summed in a cell: T*C for a spike map, which makes it a firing rate, C for a teacher's.
    Raises CkdsnnError for maps of another shape or of bool, an unknown `how`, or "rate" without `units`.

    >>> import torch
    >>> maps = torch.tensor([[[2.0, 6.0]], [[0.0, 12.0]]])
    >>> map_range(maps, "sample").flatten().tolist()  # each map for itself
    [0.0, 1.0, 0.0, 1.0]
    >>> map_range(maps, "batch").flatten().tolist()[1]  # all together
    0.5
    >>> map_range(maps, "rate", units=12).flatten().tolist()[1]
    0.5
    """
    expect_shape("maps", maps, "BHW")
    if maps.dtype == torch.bool:
        raise CkdsnnError("maps of torch.bool: expected numbers; maps.float() makes them")
    check_choice("map range", how, RANGES)
    if how == "rate":
        if not units:
            raise CkdsnnError("map range 'rate' needs units = the number of values summed in a cell (T*C)")
        return maps / units
    dims = {"sample": (1, 2), "batch": (0, 1, 2)}.get(how)
    return min_max(maps, dims) if dims else maps


def on_one_grid(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both maps [B, H, W], or features [B, C, H, W], on the smaller grid of the two, by adaptive average pooling."""
    size = tuple(min(pair) for pair in zip(a.shape[-2:], b.shape[-2:], strict=True))
    return tuple(m if m.shape[-2:] == size else F.adaptive_avg_pool2d(m, size) for m in (a, b))


def enlarge(maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Maps [B, H, W] at another height and width, bilinear between the centres of the cells."""
    expect_shape("maps", maps, "BHW")
    return F.interpolate(maps[:, None], tuple(size), mode="bilinear", align_corners=False)[:, 0]


def softmax_cells(maps: torch.Tensor, temperature: float) -> torch.Tensor:
    return (maps.flatten(1) / temperature).softmax(1).view_as(maps)


def over_root(maps: torch.Tensor, square: torch.Tensor) -> torch.Tensor:
    """maps / sqrt(square), or the maps where it is 0: an epsilon would send huge gradients into a silent map."""
    return maps / square.masked_fill(square == 0, 1).sqrt()


def zscore_cells(maps: torch.Tensor, _: float) -> torch.Tensor:
    shifted = maps - maps.detach().amin((1, 2), keepdim=True)  # a constant map is zero from here on, to the last bit
    centred = shifted - shifted.mean((1, 2), keepdim=True)
    return over_root(centred, centred.square().mean((1, 2), keepdim=True))


def l2_cells(maps: torch.Tensor, _: float) -> torch.Tensor:
    return over_root(maps, maps.square().sum((1, 2), keepdim=True))


SCALE_BY: dict[str, Callable[[torch.Tensor, float], torch.Tensor]] = {
    "softmax": softmax_cells,
    "none": lambda maps, _: maps,
    "zscore": zscore_cells,
    "l2": l2_cells,
}


def scale_saliency(maps: torch.Tensor, scaling: str = "softmax", temperature: float = 2.0) -> torch.Tensor:
    """Saliency scaling of maps [B, H, W], each over its own H*W cells.

    "softmax": softmax(M / temperature), the paper's; "zscore": mean 0 and population standard deviation 1; "l2":
    Euclidean norm 1; "none". A constant map becomes uniform, zero, or itself over its norm; never NaN. Half
    precision becomes float32.
    Raises CkdsnnError for an unknown scaling or a temperature that is not positive.

    >>> import torch
    >>> share = scale_saliency(torch.tensor([[[0.0, 4.0]]]), temperature=2.0)
    >>> [round(value, 3) for value in share.flatten().tolist()]  # 1 / (1 + e²), e² / (1 + e²)
    [0.119, 0.881]
    >>> [round(value, 3) for value in scale_saliency(torch.tensor([[[3.0, 4.0]]]), "l2").flatten().tolist()]
    [0.6, 0.8]
    """
    expect_shape("maps", maps, "BHW")
    scale = choose("saliency scaling", scaling, SCALE_BY)
    check_temperature(temperature)
    return scale(at_least_float32(maps), temperature)
