"""The operations of a forward pass, counted in two conventions by how its tensors are made, not by their values.

Spikes are what a comparison gives, as a neuron's with its threshold, and what only moves, selects or multiplies them.
All else is real-valued, whatever it holds: frames of events are as real as pictures, and the mean of a silent layer as
any other, though it is 0. So an image costs the same alone and in a batch. The conventions differ in average pools of
spikes, which are no spikes:

    strict: a pool costs an accumulate (AC) for each value of a window but one; what it gives is real-valued.
    folded: a pool costs nothing, since its factor can be multiplied into the weights that read it. There each spike
        costs, for each window that it is in, an AC for each weight that reads this window, as if it came unpooled.
        Papers on spiking networks count accumulates behind pools, too.

The rest is common to both. A convolution or a matrix product costs an AC for each spike and each weight that it meets;
of real values, a multiply-accumulate (MAC) for each value and weight, those of the padding included. A product of
spikes with spikes costs an AC where both are. Sums of spikes, as behind the shortcuts of SEW ResNets and Spikformers,
are whole numbers, so real values. An addition costs an AC an element, of spikes to spikes an AC a spike; neurons add,
too. Pools are AvgPool layers and means over cells, tokens or time steps. Not counted are batch normalisation, which can
be multiplied into the weights, and attention in one fused operator.
"""

from dataclasses import dataclass
from enum import Enum, auto
from math import prod
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

aten = torch.ops.aten
COMPARISONS = {aten.ge, aten.gt, aten.le, aten.lt, aten.eq, aten.ne, aten.heaviside}
MOVES = {
    aten.view, aten._unsafe_view, aten.expand, aten.repeat, aten.permute, aten.transpose, aten.t, aten.squeeze,
    aten.unsqueeze, aten.select, aten.slice, aten.unbind, aten.split, aten.split_with_sizes, aten.index_select,
    aten.stack, aten.cat, aten.clone, aten.detach, aten.alias, aten.flip, aten.roll, aten._to_copy,
}  # fmt: skip
MAXIMA = {aten.max_pool2d_with_indices, aten.max_pool3d_with_indices}
SCALINGS = {aten.mul, aten.div}
ADDITIONS = {aten.add, aten.add_, aten.sub, aten.sub_, aten.rsub}
POOLS = {aten.avg_pool2d, aten.avg_pool3d}
PRODUCTS = {aten.mm: 0, aten.bmm: 0, aten.addmm: 1, aten.baddbmm: 1}  # -> the place of its first factor


class Kind(Enum):
    """How a tensor was made; real-valued ones have no kind."""

    SPIKES = auto()
    POOLED = auto()
    """means of spikes"""
    REST = auto()
    """zeros, as membranes before their first step; to add them costs nothing"""
    PARAMETER = auto()


@dataclass(eq=False)
class Operations:
    """What passes have cost in one convention."""

    driving: frozenset[Kind]
    """the kinds whose spikes drive accumulates in the weights that read them"""
    mac: int = 0
    ac: int = 0
    read: int = 0
    """bytes of parameters, each read anew for each operation with it"""


class Counting(TorchDispatchMode):
    """Counts the operations of this model's passes inside the block, in both conventions. For passes without gradient.

    >>> layer, x = nn.Linear(4, 3, bias=False), torch.tensor([[0.2, 0.7, 0.9, 0.1]])
    >>> with torch.no_grad(), Counting(layer) as counted:
    ...     made = layer(x), layer((x > 0.5).float())
    >>> counted.strict.mac, counted.strict.ac
    (12, 6)
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.strict = Operations(frozenset({Kind.SPIKES}))
        self.folded = Operations(frozenset({Kind.SPIKES, Kind.POOLED}))
        self.kinds, self.behind = WeakTensorKeyDictionary(), WeakTensorKeyDictionary()  # tensor -> kind; see `spikes`
        for parameter in model.parameters():
            self.kinds[parameter] = Kind.PARAMETER

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None) -> Any:
        out, operator = func(*args, **(kwargs or {})), func.overloadpacket
        if operator in PRODUCTS:
            first = PRODUCTS[operator]
            self.multiply(*args[first : first + 2], args[0] if first else None, out)
        elif operator is aten.convolution:
            self.convolve(*args, out)
        elif operator in ADDITIONS:
            self.add(args[:2], out)
        elif operator in POOLS:
            self.reduce(args[0], out.numel() * (prod(args[1]) - 1), folds=True)
        elif operator in (aten.sum, aten.mean):
            self.reduce(args[0], args[0].numel() - out.numel(), folds=operator is aten.mean)
        self.remember(func, args, kwargs or {}, out)
        return out

    def kind(self, operand: Any) -> Kind | None:
        """The kind of a tensor; None for real values and for a number."""
        return self.kinds.get(operand) if torch.is_tensor(operand) else None

    def spikes(self, x: torch.Tensor) -> torch.Tensor:
        """How many spikes are behind each value: of spikes these themselves, of means how many came into the window."""
        return self.behind.get(x, x).float()

    def multiply(self, x: torch.Tensor, y: torch.Tensor, bias: torch.Tensor | None, out: torch.Tensor) -> None:
        """A matrix product of [..., M, K] and [..., K, N]; of what is not spikes, every value counts as one."""
        one = torch.ones((), dtype=torch.float64, device=out.device)
        for counts in (self.strict, self.folded):
            driven = [self.kind(factor) in counts.driving for factor in (x, y)]
            left, right = (
                self.spikes(factor) if spiking else one.expand(factor.shape)
                for factor, spiking in zip((x, y), driven, strict=True)
            )
            met = left.sum(-2, dtype=one.dtype) * right.sum(-1, dtype=one.dtype)
            self.charge(counts, int(met.sum()), any(driven), (x, y), bias, out)

    def convolve(self, x, weights, bias, stride, padding, dilation, transposed, more, groups, out) -> None:
        """A convolution; which weights each spike meets, one of a kernel of ones tells."""
        for counts in (self.strict, self.folded):
            if driven := self.kind(x) in counts.driving:
                one_each = weights[:, :1] if transposed else weights[:groups]  # one output channel of each group
                how = stride, padding, dilation, transposed, more, groups
                met = aten.convolution(self.spikes(x), torch.ones_like(one_each, dtype=torch.float32), None, *how)
                met = round(float(met.sum(dtype=torch.float64))) * (weights.numel() // one_each.numel())
            else:
                met = weights.numel() * (x if transposed else out)[:, 0].numel()
            self.charge(counts, met, driven, (weights,), bias, out)

    def charge(
        self, counts: Operations, met: int, driven: bool, factors: tuple, bias: torch.Tensor | None, out: torch.Tensor
    ) -> None:
        """So many operations, each of which reads a weight where a factor is a parameter; each output reads a bias."""
        counts.ac, counts.mac = (counts.ac + met, counts.mac) if driven else (counts.ac, counts.mac + met)
        reads = [(factor, met) for factor in factors] + [(bias, out.numel())]
        counts.read += sum(times * x.element_size() for x, times in reads if self.kind(x) is Kind.PARAMETER)

    def add(self, operands: tuple, out: torch.Tensor) -> None:
        """An addition. Folded means are added spike by spike, as to a membrane right behind a pool."""
        kinds = [self.kind(operand) for operand in operands]
        for counts in (self.strict, self.folded):
            sparse = [kind in counts.driving or kind is Kind.REST for kind in kinds]
            if all(sparse) or (Kind.POOLED in kinds and Kind.POOLED in counts.driving):
                added = [self.spikes(x) for x, is_sparse in zip(operands, sparse, strict=True) if is_sparse]
                counts.ac += sum(int(spikes.sum(dtype=torch.float64)) for spikes in added)
            else:
                counts.ac += out.numel()

    def reduce(self, x: torch.Tensor, additions: int, folds: bool) -> None:
        """A sum, or what folds, a mean, of several values."""
        self.strict.ac += additions
        if not folds or self.kind(x) not in self.folded.driving:
            self.folded.ac += additions

    def remember(self, func: Any, args: tuple, kwargs: dict[str, Any], out: Any) -> None:
        """Note what an operator has made; what it has overwritten is no more what it was."""
        kind = self.kind_of(func.overloadpacket, args, out) if args else None
        behind = self.counted_behind(func, args, kwargs) if kind is Kind.POOLED else None
        several = isinstance(out, tuple | list)
        for index, made in enumerate(out if several else [out]):
            if not torch.is_tensor(made):
                continue
            for known, found in ((self.kinds, kind), (self.behind, behind[index] if several and behind else behind)):
                known.pop(made, None)
                if func._schema.is_mutable and made._base is not None:
                    known.pop(made._base, None)  # of which a part was written
                if found is not None:
                    known[made] = found

    def kind_of(self, operator: Any, args: tuple, out: Any) -> Kind | None:
        """The kind of what an operator makes of these."""
        if operator in COMPARISONS:
            return Kind.SPIKES
        if operator is aten.zeros_like or (operator in (aten.full, aten.full_like) and args[1] == 0):
            return Kind.REST
        first, second = args[0], args[1] if len(args) > 1 else None
        kinds = {self.kind(x) for x in (first if isinstance(first, tuple | list) else [first])}
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is None or operator in MOVES:
            return kind
        if operator in POOLS or operator is aten.mean:
            alone = out.numel() == first.numel()  # the mean of one value
            return kind if alone else Kind.POOLED if kind in self.folded.driving else None
        if kind is Kind.SPIKES:
            both = operator is aten.mul and self.kind(second) is Kind.SPIKES
            return kind if both or operator in MAXIMA else None
        if kind is Kind.REST:  # zeros remain so by a factor, and with nothing added
            nothing = self.kind(second) is Kind.REST or (not torch.is_tensor(second) and second == 0)
            scaled = operator in SCALINGS and not torch.is_tensor(second)
            return kind if scaled or (operator in ADDITIONS and nothing) else None
        return None

    def counted_behind(self, func: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """How many spikes are behind each mean: where means are made, the sums of their windows."""
        if func.overloadpacket in POOLS:
            return func(self.spikes(args[0]), *args[1:6], divisor_override=1)
        if func.overloadpacket is aten.mean:
            return aten.sum(self.spikes(args[0]), *args[1:])
        several = isinstance(args[0], tuple | list)
        return func([self.spikes(x) for x in args[0]] if several else self.spikes(args[0]), *args[1:], **kwargs)
