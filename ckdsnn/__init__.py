"""ckdsnn: knowledge distillation for spiking neural networks, the reference companion of the CKDSNN paper.

    from ckdsnn import Recipe, run, load_records        # reproduce
    from ckdsnn.distill import samd_loss, nld_loss      # distil an SNN of your own

Names load on first use, so that the losses do not wait for the training stack, nor the command's help for torch.
"""

from ckdsnn.lazy import on_first_use

__all__ = ["CkdsnnError", "Recipe", "load_records", "run"]
__version__ = "0.1.0"

HOMES = {"CkdsnnError": "errors", "Recipe": "recipe", "load_records": "records", "run": "training"}
__getattr__ = on_first_use(__name__, HOMES)
