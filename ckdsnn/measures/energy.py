"""Firing rates and the energy estimate of a network, by spikingjelly's own monitors and counters."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import mul
from typing import Any

import torch
from spikingjelly.activation_based import monitor
from spikingjelly.activation_based.neuron import BaseNode
from spikingjelly.activation_based.op_counter import SimpleEnergyConfig, estimate_simple_energy
from torch import nn

from ckdsnn.models import LIF, evaluating

RATE_BATCH = 50  # images at once: a wide ResNet-19 keeps some 25 MB of activations an image at T = 4


def firing_rates(model: nn.Module, batches: Iterable[torch.Tensor]) -> dict[str, float]:
    """Layer name -> share of (neuron, time step) pairs that spike on all images; empty for an ANN."""
    parts, counts = (part for batch in batches for part in batch.split(RATE_BATCH, dim=-4)), []
    inside = tuple(f"{name}." for name, part in model.named_modules() if isinstance(part, LIF))
    with monitor.OutputMonitor(model, (LIF, BaseNode), lambda spikes: spikes.float().mean().item()) as rates:
        with evaluating(model), torch.no_grad():
            for part in parts:
                model(part)
                counts.append(part.shape[-4])
        layers = [layer for layer in rates.monitored_layers if not layer.startswith(inside)]
        return {layer: round(sum(map(mul, rates[layer], counts)) / sum(counts), 6) for layer in layers}


def energy_per_image(model: nn.Module, images: torch.Tensor) -> dict[str, Any]:
    """Counted operations and estimated energy of one image, averaged over `images`.

    mac: multiply-accumulates on real-valued inputs; ac: accumulates driven by spikes, the neurons' own included;
    energies in nanojoule at 45 nm (4.6 pJ a MAC, 0.9 pJ an AC; memory 24.96 pJ a byte of weights and neuron states).
    Source of the model: spikingjelly's simple energy profiler after Horowitz 2014. Batch normalisation is not counted:
    it folds away.
    """
    config = SimpleEnergyConfig(extra_ignore_modules=[nn.BatchNorm1d, nn.BatchNorm2d])
    with evaluating(model), stepping(model):
        report = estimate_simple_energy(model, images, config=config)
    count = images.shape[-4]  # event frames have their time axis before it
    return {
        "mac": report.counts["mac"] / count,
        "ac": report.counts["ac"] / count,
        "compute_nj": round(report.energy_compute_pj / count / 1000, 3),
        "memory_nj": round(report.energy_memory_pj / count / 1000, 3),
        "model": report.model_info.model_id,
        "images": count,
    }


@contextmanager
def stepping(model: nn.Module) -> Iterator[None]:
    """Let the neurons go through time step by step inside the block: the counters cannot look into fused ones."""
    kinds = {module: module.kind for module in model.modules() if isinstance(module, LIF)}
    for neurons in kinds:
        neurons.kind = "spikingjelly"
    try:
        yield
    finally:
        for neurons, kind in kinds.items():
            neurons.kind = kind
