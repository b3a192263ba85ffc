"""How fast a step could be at best on a device: its operations and its least traffic, over what the device achieves.

Arithmetic: the floating point operations of all convolutions and matrix products, forward and backward, counted while
one step runs; everything element-wise is taken as free. Traffic: each of these reads its inputs and writes its outputs
once, in the type in which they are; going backward that is the gradient that comes in, the saved input and the weights,
and the gradients that go out. Normalisation, neurons, losses and the optimiser are taken as fused into them, which no
real implementation reaches: batch normalisation needs its statistics first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from ckdsnn.bench.clock import timed

aten = torch.ops.aten
COUNTED = {
    aten.convolution.default,
    aten.convolution_backward.default,
    aten.mm.default,
    aten.addmm.default,
    aten.bmm.default,
    aten.baddbmm.default,
}
REPEATS = 5
SIZES = {"cpu": (2048, 2**26), "cuda": (8192, 2**29)}  # side of the product, elements of the copy: beyond every cache


class Traffic(TorchDispatchMode):
    """Adds up the bytes that convolutions and matrix products read and write inside the block."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function in COUNTED:
            tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, torch.Tensor)]
            self.bytes += sum(tensor.nbytes for tensor in tensors)
        return result


def count(work: Callable[[], object]) -> tuple[int, int]:
    """Floating point operations and least bytes of `work`, by doing it once."""
    with FlopCounterMode(display=False) as operations, Traffic() as traffic:
        work()
    return operations.get_total_flops(), traffic.bytes


def best(work: Callable[[], object], device: torch.device) -> float:
    """The shortest of a few times, after one to warm up: what the device can do when nothing disturbs it."""
    work()
    return min(timed(work, device) for _ in range(REPEATS))


def product_rate(device: torch.device, dtype: torch.dtype, side: int) -> float:
    """Floating point operations a second of a square matrix product."""
    a = torch.randn(side, side, device=device, dtype=dtype)
    precision = torch.get_float32_matmul_precision()
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32, which convolutions in float32 use there by default
    try:
        return 2 * side**3 / best(lambda: a @ a, device)
    finally:
        torch.set_float32_matmul_precision(precision)


def copy_rate(device: torch.device, elements: int) -> float:
    """Bytes a second of a copy, read and written."""
    source = torch.zeros(elements, device=device)
    target = torch.ones_like(source)
    return 2 * source.nbytes / best(lambda: target.copy_(source), device)


@dataclass(frozen=True)
class Limits:
    """What a device achieves."""

    flops_per_second: dict[str, float]
    """by numeric type"""
    bytes_per_second: float

    def floor(self, flops: int, least_bytes: int, dtype: str) -> dict[str, float]:
        """The least seconds for so many operations, and for so many bytes."""
        return {
            "arithmetic_s": flops / self.flops_per_second[dtype],
            "bandwidth_s": least_bytes / self.bytes_per_second,
        }


def measure_limits(device: torch.device, dtypes: set[str]) -> Limits:
    """Of this device, for the numeric types of these names."""
    side, elements = SIZES[device.type]
    rates = {name: product_rate(device, getattr(torch, name), side) for name in sorted(dtypes)}
    return Limits(rates, copy_rate(device, elements))
