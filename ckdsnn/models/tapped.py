"""Any torch module as a model of this package: its stages and its head read by name, without editing it."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from math import isqrt

import torch
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.models.features import Features, has_closed_cam


class Tapped(nn.Module):
    """Returns `Features` of a module that returns logits, with the outputs of some of its parts as stages.

    module: takes images [B, C, H, W] and returns logits [B, K], or a sequence [T, B, C, H, W] and returns [T, B, K],
    whose mean over time are the logits. stages: names of its parts, first to last, as `named_modules` has them;
    their outputs are grids [B, C, H, W] or [T, B, C, H, W], or tokens [B, N, C], which are unfolded to a square grid.
    head: name of the linear layer that gives the logits. leading_tokens: how many tokens before the patches are none
    (a class token: then tap a part before the last attention, as behind it nothing of the patches reaches the head).
    closed_cam: whether the head reads the mean of the last stage over its cells; then the class activation map has its
    closed form, else Grad-CAM takes its place (a head that reads a class token, or a layer norm of the mean). None: it
    is taken to read the mean, which nothing here tests; of a teacher model:NAME it is found out on one example.
    Raises CkdsnnError for a name that the module does not have, one name where several are expected, and a head that is
    not linear.

    >>> network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    >>> tapped = Tapped(network, stages=["0"], head="3")
    >>> logits, stages = tapped(torch.rand(2, 3, 16, 16))
    >>> logits.shape, stages[-1].shape, tapped.head_weight.shape
    (torch.Size([2, 10]), torch.Size([2, 8, 16, 16]), torch.Size([10, 8]))
    >>> try:
    ...     made = Tapped(network, stages=["layer4"], head="3")
    ... except CkdsnnError as mistake:
    ...     print(mistake)
    no part 'layer4' in Sequential; there are: 0, 1, 2, 3
    """

    def __init__(
        self,
        module: nn.Module,
        stages: Sequence[str],
        head: str = "fc",
        leading_tokens: int = 0,
        closed_cam: bool | None = None,
    ):
        super().__init__()
        if isinstance(stages, str):
            raise CkdsnnError(f"stages = {stages!r} is one name; expected a sequence of them, as ({stages!r},)")
        self.module, self.names, self.head_name = module, tuple(stages), head
        self.leading_tokens, self.closed_cam = leading_tokens, closed_cam
        if not self.names:
            raise CkdsnnError("stages is empty; expected the names of one or more parts, the last before the head")
        for name in self.names:
            find_part(module, name)
        weight = getattr(self.head, "weight", None)
        if not isinstance(weight, torch.Tensor) or weight.dim() != 2:
            raise CkdsnnError(
                f"head = {head!r} is a {type(self.head).__name__}: expected a linear layer with weights "
                "[K, C]; a network with another head can be distilled from by its logits alone (kd, nld)"
            )

    @property
    def head(self) -> nn.Module:
        """The linear layer that gives the logits."""
        return find_part(self.module, self.head_name)

    @property
    def head_weight(self) -> torch.Tensor:
        """The head's weights [K, C]."""
        return self.head.weight

    def forward(self, x: torch.Tensor) -> Features:
        seen: dict[str, torch.Tensor] = {}
        with ExitStack() as hooks:
            for name in self.names:
                hooks.enter_context(find_part(self.module, name).register_forward_hook(self.noting(name, seen)))
            logits = self.module(x)
        if missing := [name for name in self.names if name not in seen]:
            raise CkdsnnError(
                f"the stages {', '.join(missing)} were not run: expected parts that every pass goes through"
            )
        channels, read = seen[self.names[-1]].shape[-3], self.head_weight.shape[1]
        if has_closed_cam(self) and channels != read:
            raise CkdsnnError(
                f"stage {self.names[-1]!r} has {channels} channels, the head reads {read}: expected equal numbers, "
                "channels before height and width; closed_cam = False for a head that reads something else"
            )
        return Features(logits.mean(0) if logits.dim() == 3 else logits, tuple(seen[name] for name in self.names))

    def noting(self, name: str, seen: dict[str, torch.Tensor]) -> Callable[..., torch.Tensor]:
        """A hook that notes a part's output as a grid, which then lies on the path to the logits, as Grad-CAM needs it.

        It raises CkdsnnError for what is neither a grid nor tokens of a square one.
        """

        def note(_: nn.Module, __: tuple, output: torch.Tensor) -> torch.Tensor:
            if not isinstance(output, torch.Tensor):
                raise CkdsnnError(f"stage {name!r} gives a {type(output).__name__}: expected one tensor")
            if output.dim() in (4, 5):
                seen[name] = output
                return output
            before = output[:, : self.leading_tokens]
            seen[name] = self.as_grid(name, output)
            return torch.cat([before, seen[name].flatten(2).transpose(1, 2)], 1)

        return note

    def as_grid(self, name: str, tokens: torch.Tensor) -> torch.Tensor:
        """Tokens [B, N, C] as a square grid [B, C, H, W]. Raises CkdsnnError for what is none."""
        patches = tokens[:, self.leading_tokens :] if tokens.dim() == 3 else tokens
        side = isqrt(patches.shape[1])
        if patches.dim() != 3 or side * side != patches.shape[1]:
            raise CkdsnnError(
                f"stage {name!r} gives {list(tokens.shape)}: expected a grid [B, C, H, W] or [T, B, C, H, W], or "
                f"tokens [B, N, C] of which all but {self.leading_tokens} fill a square"
            )
        return patches.transpose(1, 2).unflatten(2, (side, side))


def find_part(module: nn.Module, name: str) -> nn.Module:
    """The part of this name. Raises CkdsnnError that lists the parts of the deepest one on its way that there is."""
    where, found = [], module
    for step in name.split("."):
        children = dict(found.named_children())
        if step not in children:
            inside = f" in {'.'.join(where)!r}" if where else ""
            raise CkdsnnError(f"no part {name!r} in {type(module).__name__}; there are{inside}: {', '.join(children)}")
        found = children[step]
        where.append(step)
    return found
