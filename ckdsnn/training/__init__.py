"""From a Recipe to a Record."""

from ckdsnn.training.run import obtain, run

__all__ = ["obtain", "run"]
