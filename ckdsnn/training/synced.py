"""Batch normalisation over all devices: Lightning's own conversion knows no sequences, and does not give back what it
has replaced."""

import torch
from lightning.pytorch.plugins.layer_sync import LayerSync
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class SyncedNorm(nn.SyncBatchNorm):
    """Also of sequences [T, B, C, H, W], over all their images."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() == 5:
            return super().forward(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return super().forward(x)


class SyncedNorms(LayerSync):
    """Replaces every batch normalisation while a network is trained, and puts it back afterwards."""

    def __init__(self):
        self.replaced: dict[str, nn.Module] = {}

    def apply(self, model: nn.Module) -> nn.Module:
        self.replaced = {name: part for name, part in model.named_modules() if isinstance(part, _BatchNorm)}
        for name, old in self.replaced.items():
            new = SyncedNorm(old.num_features, old.eps, old.momentum, old.affine, old.track_running_stats)
            new.train(old.training)
            new._parameters, new._buffers = old._parameters, old._buffers  # the very tensors
            model.set_submodule(name, new)
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        for name, old in self.replaced.items():
            old.train(model.get_submodule(name).training)
            model.set_submodule(name, old)
        return model
