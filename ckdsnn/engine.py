"""How a step is computed, never what: the switches of the fast paths, each of which has a slow twin.

One exception: in bfloat16 the neurons `compiled` and `triton` compute in float32 inside, where `fused` rounds the
membrane in every step, so that a few spikes differ; in float32 and float64 none does.

A training takes the switches of the block that it is called in; a network or an objective is told them:

    with using(Engine(neuron="spikingjelly", channels_last=False)):
        run("digits-ckdsnn")
    Engine(neuron="spikingjelly").tell(network)
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckdsnn.allocator import keep_freed_memory
from ckdsnn.errors import check_choice

if TYPE_CHECKING:
    import torch
    from torch import nn

NEURONS = ("auto", "fused", "compiled", "spikingjelly", "triton")  # the first picks one of the others
DTYPES = ("auto", "fp32", "bf16")  # what a step may be asked to compute in
MOST_READERS = 8  # processes that read pictures for one process that shows them to a network
SPINS = 3000  # turns that a waiting thread looks for work before it sleeps


def usable_cores() -> int:
    """The cores that this process may use; where the system does not tell, all there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def reading_processes(sharers: int = 1) -> int:
    """How many processes read pictures for each of so many trainings, at least one, that share the cores.

    None where there is a single core.
    """
    cores = usable_cores()
    return min(MOST_READERS, cores // sharers) if cores > 1 else 0


def wait_asleep() -> None:
    """Let a thread of torch that waits for others sleep soon instead of spin, unless OMP_WAIT_POLICY says otherwise.

    To be called before torch is loaded. Spinning makes steps several times slower where another process wants a core,
    sleeping at once makes small ones up to twice as slow where none does: so threads spin SPINS times, which takes
    about a tenth of a millisecond, and sleep then. The page on speed has the measurements.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))  # of GNU's OpenMP, which torch brings on Linux


@dataclass(frozen=True)
class Engine:
    """Raises CkdsnnError for an unknown neuron."""

    neuron: str = "auto"
    """fused (one autograd function for all time steps), spikingjelly, or auto: fused on a CPU and for a single time
    step, where it is faster, and else spikingjelly, which has a Triton kernel for CUDA; triton: one of our own that
    moves less, on CUDA alone; compiled: by torch.compile, on a CPU the fastest at T > 1; it needs a C++ compiler, and
    some ten seconds at a machine's first call"""
    channels_last: bool = True
    """images and weights in the memory layout [B, H, W, C]"""
    closed_cam: bool = True
    """the teacher's map at the last stage in closed form, without Grad-CAM's backward pass"""
    compile: bool = False
    """student and teacher through torch.compile, which takes minutes"""
    graph: bool = False
    """on CUDA, a step is recorded once and then replayed as a whole, so that the GPU does not wait for Python; on one
    device. The memory of a step stays occupied until its training ends"""
    fused_sgd: bool = False
    """SGD changes all weights in one kernel, as every optimiser does in a graph; weights may differ in the last bits"""
    tf32: bool = True
    """on CUDA, fp32 convolutions multiply numbers of 10 bits behind the point and add in fp32, as is torch's default;
    without it they are slower. The last network that was prepared decides for the whole process"""
    cpu_bf16: bool = True
    """precision auto is bf16 on a CPU that multiplies such numbers in hardware (AMX, AVX512-BF16); suites turn
    it off, as the runs that they compare may come from several machines"""
    keep_memory: bool = True
    """on a CPU, freed memory stays with the process (see `allocator`); once done, it holds for the whole process"""

    def __post_init__(self):
        check_choice("neuron", self.neuron, NEURONS)

    @property
    def layout(self) -> "torch.memory_format":
        """The memory layout of images and weights."""
        import torch

        return torch.channels_last if self.channels_last else torch.contiguous_format

    def tell(self, network: "nn.Module") -> "nn.Module":
        """Let every part of the network that has a fast path, a method `use`, take these switches."""
        for part in network.modules():
            if hasattr(part, "use"):
                part.use(self)
        return network

    def prepare(self, network: "nn.Module", device: "torch.device") -> "nn.Module":
        """The network on the device, ready to be trained or asked."""
        import torch

        if self.keep_memory and device.type == "cpu":
            keep_freed_memory()
        if device.type == "cuda":
            torch.backends.cudnn.allow_tf32 = self.tf32
        network = self.tell(network).to(device, memory_format=self.layout)
        if self.compile:
            network.compile()
        return network


DEFAULT = Engine()
CURRENT: ContextVar[Engine] = ContextVar("engine", default=DEFAULT)


def engine() -> Engine:
    """The present switches."""
    return CURRENT.get()


@contextmanager
def using(switches: Engine) -> Iterator[Engine]:
    """Let these be the present switches inside the block."""
    token = CURRENT.set(switches)
    try:
        yield switches
    finally:
        CURRENT.reset(token)


def in_layout(x: "torch.Tensor", layout: "torch.memory_format") -> "torch.Tensor":
    """Images [B, C, H, W] in this memory layout; frames [T, B, C, H, W] with the images of all steps in it."""
    if x.dim() == 4:
        return x.contiguous(memory_format=layout)
    return x.flatten(0, 1).contiguous(memory_format=layout).unflatten(0, x.shape[:2])


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware."""
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))


def computes_half(precision: str, device: str) -> bool:
    """Whether a step of this precision (see DTYPES) autocasts to bfloat16 on a kind of device.

    auto does on CUDA, and on a CPU that has the hardware for it, where the switch `cpu_bf16` allows it.
    """
    if precision != "auto":
        return precision == "bf16"
    return device in ("cuda", "gpu") or (device == "cpu" and engine().cpu_bf16 and cpu_has_bf16())


def precision_name(precision: str, device: str) -> str:
    """The same as Lightning and the records call it."""
    return "bf16-mixed" if computes_half(precision, device) else "32-true"
