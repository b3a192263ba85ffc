"""AutoAugment on a whole batch: every image draws for itself, equal draws are processed together.

Cubuk et al., "AutoAugment: Learning Augmentation Strategies from Data", CVPR 2019, arXiv 1805.09501.
Policies, magnitudes and image operations are torchvision's own (v2); drawing and grouping are here.
"""

import torch
from torch import Generator, Tensor
from torchvision.transforms import v2

from ckdsnn.errors import choose

Operation = tuple[str, float]
IDENTITY: Operation = ("Identity", 0.0)
POLICIES = {policy.value: policy for policy in v2.AutoAugmentPolicy}


class AutoAugment(v2.AutoAugment):
    """torchvision's AutoAugment with one choice per image instead of one per call.

    `policy`: "cifar10", "svhn" or "imagenet"; another name raises CkdsnnError.
    Pixels that move in from outside are black, torchvision's default.
    """

    def __init__(self, policy: str) -> None:
        super().__init__(choose("AutoAugment policy", policy, POLICIES))
        steps = [[probability for _, probability, _ in steps] for steps in self._policies]
        self._probabilities = torch.tensor(steps)  # [sub-policy, step]

    def operations(self, height: int, width: int) -> tuple[list[Operation], Tensor]:
        """The different (operation, signed magnitude), identity first, and where each choice finds its own.

        The second is int64 [sub-policy, step, sign], indices into the first; sign 1 is the negated magnitude.
        """
        found = {IDENTITY: 0}

        def index(name: str, level: int | None, sign: int) -> int:
            return found.setdefault((name, self._magnitude(name, level, sign, height, width)), len(found))

        where = [
            [[index(name, level, sign) for sign in (1, -1)] for name, _, level in steps] for steps in self._policies
        ]
        return list(found), torch.tensor(where)

    def _magnitude(self, name: str, level: int | None, sign: int, height: int, width: int) -> float:
        magnitudes_of, signed = self._AUGMENTATION_SPACE[name]
        magnitudes = magnitudes_of(10, height, width)
        return 0.0 if magnitudes is None else float(magnitudes[level]) * (sign if signed else 1)

    def draw(self, n: int, where: Tensor, generator: Generator) -> Tensor:
        """The operations of n images: int64 [n, step], indices into the list of `operations`."""
        policy = torch.randint(len(where), (n,), generator=generator)
        chance, sign = torch.rand(2, n, where.shape[1], generator=generator)
        choice = where[policy[:, None], torch.arange(where.shape[1]), (sign <= 0.5).long()]
        return torch.where(chance <= self._probabilities[policy], choice, 0)

    def perform(self, x: Tensor, operations: list[Operation], choice: Tensor) -> Tensor:
        """Do `operations[choice[i]]` to image i of x uint8 [B, 3, H, W], one call per operation."""
        order = choice.argsort()
        counts = choice.bincount(minlength=len(operations)).tolist()
        order = order.to(x.device)
        groups = zip(x[order].split(counts), operations, strict=True)
        changed = [self._operate(group, *operation) for group, operation in groups if len(group)]
        return torch.empty_like(x).index_copy_(0, order, torch.cat(changed))

    def _operate(self, x: Tensor, name: str, magnitude: float) -> Tensor:
        return self._apply_image_or_video_transform(x, name, magnitude, self.interpolation, self._fill)

    def forward(self, x: Tensor, generator: Generator) -> Tensor:
        """uint8 [B, 3, H, W] to the same shape; all choices come from the CPU `generator`."""
        operations, where = self.operations(*x.shape[-2:])
        for choice in self.draw(len(x), where, generator).unbind(1):
            x = self.perform(x, operations, choice)
        return x
