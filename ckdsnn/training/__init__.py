"""From a Recipe to a Record, and from a suite to its records."""

from ckdsnn.training.budget import OutOfTime, parse_duration
from ckdsnn.training.run import obtain, run
from ckdsnn.training.suite import run_suite

__all__ = ["OutOfTime", "obtain", "parse_duration", "run", "run_suite"]
