"""ckdsnn: knowledge distillation for spiking neural networks, the reference companion of the CKDSNN paper.

    from ckdsnn import Recipe, run, load_records        # reproduce
    from ckdsnn.distill import samd_loss, nld_loss      # distil an SNN of your own

Names load on first use, so that the losses do not wait for the training stack.
"""

from importlib import import_module

__all__ = ["CkdsnnError", "Recipe", "load_records", "run"]
__version__ = "0.1.0"

HOMES = {
    "CkdsnnError": "ckdsnn.errors",
    "Recipe": "ckdsnn.recipe",
    "load_records": "ckdsnn.records",
    "run": "ckdsnn.training",
}


def __getattr__(name: str):
    if name not in HOMES:
        raise AttributeError(f"module 'ckdsnn' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
