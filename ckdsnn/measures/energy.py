"""Firing rates and the energy estimate of a network."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import mul
from typing import Any

import torch
from spikingjelly.activation_based import monitor
from spikingjelly.activation_based.neuron import BaseNode
from spikingjelly.activation_based.op_counter.simple_energy import SimpleEnergyCostConfig
from torch import nn

from ckdsnn.measures.operations import Counting, Operations
from ckdsnn.models import LIF, evaluating

AT_ONCE = 50  # images at once: a wide ResNet-19 keeps some 25 MB of activations an image at T = 4
COSTS = SimpleEnergyCostConfig.fp32()
MODEL = "simple_horowitz_step_composite_v1"  # what spikingjelly calls these costs and what they are taken of


def firing_rates(model: nn.Module, batches: Iterable[torch.Tensor]) -> dict[str, float]:
    """Layer name -> share of (neuron, time step) pairs that spike on all images; empty for an ANN."""
    parts, counts = (part for batch in batches for part in batch.split(AT_ONCE, dim=-4)), []
    inside = tuple(f"{name}." for name, part in model.named_modules() if isinstance(part, LIF))
    with monitor.OutputMonitor(model, (LIF, BaseNode), lambda spikes: spikes.float().mean().item()) as rates:
        with evaluating(model), torch.no_grad():
            for part in parts:
                model(part)
                counts.append(part.shape[-4])
        layers = [layer for layer in rates.monitored_layers if not layer.startswith(inside)]
        return {layer: round(sum(map(mul, rates[layer], counts)) / sum(counts), 6) for layer in layers}


def energy_per_image(model: nn.Module, images: torch.Tensor) -> dict[str, Any]:
    """Counted operations and estimated energy of one image, averaged over `images`, in both conventions.

    mac, ac: multiply-accumulates and accumulates; energies in nanojoule at 45 nm: compute_nj (4.6 pJ a MAC, 0.9 pJ an
    AC) and memory_nj (24.96 pJ a byte; of parameters, read anew for each operation, and of the neurons' states, read
    and written in each time step). These are of the convention `strict`; `folded` holds the same four of the other one.
    Which operations each counts, and how many, says `ckdsnn.measures.operations`.

    An image costs the same whatever is beside it, on every device: it is counted on the CPU, as a GPU's neurons hide
    what they do. Source of the costs: Horowitz 2014, as in spikingjelly's simple energy profiler.
    """
    with (
        evaluating(model),
        stepping(model),
        on_cpu(model),
        states_of(model) as states,
        torch.no_grad(),
        Counting(model) as counted,
    ):
        for part in images.split(AT_ONCE, dim=-4):
            model(part.cpu())
    count = images.shape[-4]  # event frames have their time axis before it
    return {
        **in_nanojoule(counted.strict, sum(states), count),
        "convention": "strict",
        "folded": in_nanojoule(counted.folded, sum(states), count),
        "model": MODEL,
        "images": count,
    }


def in_nanojoule(counts: Operations, states: int, images: int) -> dict[str, float]:
    """Operations and energies of one of so many images; states: bytes read and written of neurons' states."""
    arithmetic = counts.mac * COSTS.e_mac_pj + counts.ac * COSTS.e_ac_pj
    memory = (counts.read + states) * COSTS.e_memory_pj_per_byte
    return {
        "mac": counts.mac / images,
        "ac": counts.ac / images,
        "compute_nj": round(arithmetic / images / 1000, 3),
        "memory_nj": round(memory / images / 1000, 3),
    }


@contextmanager
def states_of(model: nn.Module) -> Iterator[list[int]]:
    """The bytes of state that neurons read and write inside the block, an entry a call of spikingjelly's neurons."""
    moved: list[int] = []

    def note(node: BaseNode, inputs: tuple, _: Any) -> None:
        steps = inputs[0].shape[0] if node.step_mode == "m" else 1
        states = [state for state in node.memories() if torch.is_tensor(state)]
        moved.append(2 * steps * sum(state.numel() * state.element_size() for state in states))

    hooks = [node.register_forward_hook(note) for node in model.modules() if isinstance(node, BaseNode)]
    try:
        yield moved
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def on_cpu(model: nn.Module) -> Iterator[None]:
    """The model on the CPU inside the block."""
    device = next((weights.device for weights in model.parameters()), torch.device("cpu"))
    model.to("cpu")
    try:
        yield
    finally:
        model.to(device)


@contextmanager
def stepping(model: nn.Module) -> Iterator[None]:
    """Let the neurons go through time step by step inside the block: no counter can look into fused ones."""
    kinds = {module: module.kind for module in model.modules() if isinstance(module, LIF)}
    for neurons in kinds:
        neurons.kind = "spikingjelly"
    try:
        yield
    finally:
        for neurons, kind in kinds.items():
            neurons.kind = kind
