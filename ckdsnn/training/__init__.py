"""From a Recipe to a Record."""

from ckdsnn.training.run import load_network, obtain, run

__all__ = ["load_network", "obtain", "run"]
