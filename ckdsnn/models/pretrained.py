"""Trained networks from elsewhere as teachers: torchvision's and timm's by name, and weights in a file.

    torchvision:resnet34@IMAGENET1K_V1    timm:vit_small_patch16_224    timm:resnet18@FILE    model:resnet8+width=1@FILE

"model" are those of TEACHERS, with options; without a file such a network is taken as it is built. A file holds a
state dict, as safetensors or as torch.save writes it. Stages and head are found in the network; whether its head reads
the mean of the last stage, so that a class activation map has its closed form, is seen on one example.
"""

import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple
from urllib.parse import urlparse

import torch
from torch import nn

from ckdsnn.errors import CkdsnnError, check_count, choose, shortened
from ckdsnn.inputs import InputSpec
from ckdsnn.models.features import Features, evaluating
from ckdsnn.models.over_time import OverTime
from ckdsnn.models.renormalized import Renormalized
from ckdsnn.models.table import MOST_OF_OPTIONS
from ckdsnn.models.tapped import Tapped
from ckdsnn.seeds import drawn_by

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what torchvision's weights were trained with
Statistics = tuple[Sequence[float], Sequence[float]]
MOST = 400  # characters that are repeated of an error that lists every tensor


class Source(NamedTuple):
    """Where a teacher comes from, read from KIND:NAME or KIND:NAME@WEIGHTS."""

    kind: str
    name: str
    """as its library calls it; of those of TEACHERS, +OPTION=NUMBER may follow"""
    weights: str = ""
    """the name of published weights, or a file; empty for the usual ones"""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" + (f"@{self.weights}" if self.weights else "")


def read_source(teacher: str) -> Source:
    """Raises CkdsnnError for an unknown kind, and for no name."""
    kind, _, rest = teacher.partition(":")
    choose("kind of teacher", kind, LOADERS)
    name, _, weights = rest.partition("@")
    if not name:
        raise CkdsnnError(f"teacher = {teacher!r}; expected {kind}:NAME, or {kind}:NAME@WEIGHTS")
    return Source(kind, name, weights)


def load_pretrained(teacher: str, num_classes: int, inputs: InputSpec, shown: Statistics) -> nn.Module:
    """The network, in eval mode, for images that are normalised by `shown`.

    Raises CkdsnnError for an unknown network, weights that cannot be had or do not fit, and classes or images of
    another number or size than the network's.
    """
    source = read_source(teacher)
    with drawn_by(0):  # what no weights replace is the same wherever the teacher is loaded again
        network, own = LOADERS[source.kind](source, num_classes, inputs)
    network = network if own is None or same(own, shown) else Renormalized(network, shown, own)
    known = look(network, source, inputs).logits.shape[1]
    if known != num_classes:
        raise CkdsnnError(
            f"{source} knows {known} classes, the data set has {num_classes}: expected a teacher of these"
        )
    return network.eval()


def same(own: Statistics, shown: Statistics) -> bool:
    return [*map(tuple, own)] == [*map(tuple, shown)]


def from_torchvision(source: Source, num_classes: int, inputs: InputSpec) -> tuple[nn.Module, Statistics]:
    from torchvision import models

    if source.name not in models.list_models(models):
        raise CkdsnnError(
            f"torchvision has no classifier {source.name!r}; see torchvision.models.list_models(torchvision.models)"
        )
    build = models.get_model_builder(source.name)
    if is_file(source.weights):
        network = fit_file(build(num_classes=num_classes), source)
    else:
        enum = models.get_model_weights(source.name)
        weights = choose(f"weights of {source.name}", source.weights or "DEFAULT", dict(enum.__members__))
        network = fetched(source, weights.url, lambda: build(weights=weights))
    return tapped(network, source, inputs), IMAGENET


def from_timm(source: Source, num_classes: int, inputs: InputSpec) -> tuple[nn.Module, Statistics]:
    try:
        import timm
    except ImportError as error:
        raise CkdsnnError(f"{source} needs timm, which is not installed: pip install 'ckdsnn[teachers]'") from error
    if source.name not in timm.list_models(source.name) + timm.list_models(source.name, pretrained=True):
        raise CkdsnnError(f"timm has no network {source.name!r}; see timm.list_models()")
    if source.weights:
        network = fit_file(timm.create_model(source.name, num_classes=num_classes), source)
    else:
        network = fetched(source, "", lambda: timm.create_model(source.name, pretrained=True))
    config = network.pretrained_cfg
    return tapped(network, source, inputs), (config["mean"], config["std"])


def from_models(source: Source, num_classes: int, inputs: InputSpec) -> tuple[nn.Module, None]:
    from ckdsnn.models import build_teacher

    name, *given = source.name.split("+")
    network = build_teacher(name, num_classes, inputs, **dict(read_option(option, source) for option in given))
    network = fit_file(network, source) if source.weights else network
    if isinstance(network, Tapped) and network.closed_cam is None:
        network.closed_cam = reads_mean(network.head, look(network, source, replace(inputs, timesteps=None)))
    return (OverTime(network) if inputs.timesteps else network), None


def read_option(text: str, source: Source) -> tuple[str, int]:
    """An option of a network and its value. Raises CkdsnnError for what is not OPTION=NUMBER."""
    option, _, value = text.partition("=")
    if not (value.isdecimal() and len(value) < 10):
        raise CkdsnnError(f"{shortened(text)} in {source}; expected OPTION=NUMBER, such as width=1")
    check_count(option, int(value), 0, MOST_OF_OPTIONS.get(option, math.inf))
    return option, int(value)


LOADERS: dict[str, Callable[[Source, int, InputSpec], tuple[nn.Module, Statistics | None]]] = {
    "torchvision": from_torchvision,
    "timm": from_timm,
    "model": from_models,
}


def is_file(weights: str) -> bool:
    """Whether weights are named by a path: names of published ones have neither a dot nor a slash."""
    return "." in weights or "/" in weights


def fetched(source: Source, url: str, build: Callable[[], nn.Module]) -> nn.Module:
    """The network with its published weights. Raises CkdsnnError, with what can be done, where they cannot be had."""
    try:
        return build()
    except Exception as error:  # each library has its own errors for a network that is not there
        place = Path(torch.hub.get_dir(), "checkpoints", Path(urlparse(url).path).name)
        put = f"put the file of {url} into {place}, or " if url else ""
        raise CkdsnnError(
            f"cannot download the weights of {source} ({error}); {put}name a file: {source.kind}:{source.name}@FILE"
        ) from error


def fit_file(network: nn.Module, source: Source) -> nn.Module:
    """The network with the weights in the source's file. Raises CkdsnnError where they are missing or do not fit."""
    state = read_state(Path(os.path.expanduser(source.weights)), source)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        reason = shorten(str(error), MOST)
        raise CkdsnnError(
            f"the weights in {source.weights} do not fit {source.kind}:{source.name}: {reason}"
        ) from error
    return network


def read_state(path: Path, source: Source) -> Mapping[str, torch.Tensor]:
    """The state dict in a file. Raises CkdsnnError where there is none."""
    from safetensors.torch import load_file

    if not os.path.isfile(path):  # unlike Path's, it takes a name that is too long for no file
        raise CkdsnnError(f"no weights at {path}, which {source} names; expected a file with a state dict")
    wanted = "expected a state dict, as safetensors (FILE.safetensors) or as torch.save writes it"
    try:
        safe = path.suffix == ".safetensors"
        state = load_file(path) if safe else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise CkdsnnError(f"cannot read {path} as weights ({type(error).__name__}); {wanted}") from error
    if not (isinstance(state, Mapping) and all(isinstance(value, torch.Tensor) for value in state.values())):
        held = ", ".join(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise CkdsnnError(f"{path} holds more than weights, or none: {shorten(held, MOST)}; {wanted}")
    return state


def tapped(network: nn.Module, source: Source, inputs: InputSpec) -> Tapped:
    """The network with its stages, its head and the kind of its class activation map.

    Raises CkdsnnError for one whose stages are not known here.
    """
    parts = dict(network.named_modules())
    linear = [name for name, part in parts.items() if isinstance(part, nn.Linear)]
    stages, leading = stages_of(network, parts)
    if not linear:
        raise CkdsnnError(f"{source} has no linear layer as its head; choose another network")
    if not stages:
        raise CkdsnnError(
            f"the stages of {source} are not known; name them: Tapped(network, stages=..., head=...) in a function of "
            "your own, a row of ckdsnn.models.TEACHERS, and teacher = model:NAME"
        )
    found = Tapped(network, stages, linear[-1], leading, closed_cam=False)
    seen = look(found, source, inputs)
    for name, stage in zip(stages, seen.stages, strict=True):
        if abs(stage.shape[-2] * inputs.width - stage.shape[-1] * inputs.height) > max(inputs.height, inputs.width):
            raise CkdsnnError(f"stage {name!r} of {source} gives {list(stage.shape)}: expected a grid [B, C, H, W]")
    found.closed_cam = not leading and reads_mean(found.head, seen)
    return found


def look(network: nn.Module, source: Source, inputs: InputSpec) -> Features:
    """What the network makes of one example, a ramp. Raises CkdsnnError where it cannot read such examples."""
    example = inputs.blank()
    try:
        with evaluating(network), torch.no_grad():
            return network(torch.linspace(-1, 1, example.numel()).view_as(example))
    except (RuntimeError, AssertionError) as error:
        size = f"{inputs.height} x {inputs.width} pixels and {inputs.channels} channels"
        raise CkdsnnError(f"{source} cannot read images of {size}: {error}") from error


def stages_of(network: nn.Module, parts: dict[str, nn.Module]) -> tuple[list[str], int]:
    """Names of the stages, and how many tokens before the patches are none; no names where they are not known.

    Of transformers with a class token, the last stage is the last block but one: behind it nothing of the patches
    reaches the head.
    """
    if layers := [name for name in ("layer1", "layer2", "layer3", "layer4") if name in parts]:  # ResNets and their kin
        return layers, 0
    for blocks in ("blocks", "encoder.layers"):  # transformers of timm and of torchvision
        if isinstance(parts.get(blocks), nn.Sequential | nn.ModuleList) and any(
            "attention" in n or "attn" in n for n in parts
        ):
            leading = leading_tokens(network)
            names = [f"{blocks}.{name}" for name, _ in parts[blocks].named_children()]
            names = names[:-1] if leading else names
            ends = sorted({-(-len(names) * quarter // 4) - 1 for quarter in (1, 2, 3, 4)} - {-1})
            return [names[end] for end in ends], leading
    described: list[dict[str, Any]] = getattr(network, "feature_info", [])  # timm's other networks
    if names := [entry["module"] for entry in described if entry.get("module") in parts]:
        return names, 0
    return (["features"] if "features" in parts else []), 0  # torchvision's other networks


def leading_tokens(network: nn.Module) -> int:
    """As timm's networks say it; torchvision's have a class token where they have tokens."""
    return getattr(network, "num_prefix_tokens", int(hasattr(network, "class_token")))


def reads_mean(head: nn.Linear, seen: Features) -> bool:
    """Whether the logits are the head's of the mean of the last stage over its cells."""
    mean = seen.stages[-1].mean((-2, -1))
    if mean.shape[1] != head.weight.shape[1]:
        return False
    with torch.no_grad():
        return torch.allclose(head(mean), seen.logits, rtol=1e-3, atol=1e-4)


def weights_digest(network: nn.Module) -> str:
    """SHA-256 over names and values of a network's state."""
    total = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        values = tensor.detach().cpu().reshape(-1).view(torch.uint8)  # NumPy has no bfloat16
        total.update(name.encode() + b"\0" + values.numpy().tobytes())
    return total.hexdigest()
