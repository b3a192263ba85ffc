"""From a Recipe to a Record, and from a suite to its records."""

from ckdsnn.training.budget import OutOfTime, parse_duration
from ckdsnn.training.lock import Busy
from ckdsnn.training.run import run
from ckdsnn.training.suite import run_suite
from ckdsnn.training.together import run_together

__all__ = ["Busy", "OutOfTime", "parse_duration", "run", "run_suite", "run_together"]
