"""Distillation losses as pure functions, and as terms of an `Objective`.

In a training loop of your own two lines are enough: `samd_loss(map_student, map_teacher)` and
`nld_loss(logits_student, logits_teacher)`. LOSSES maps a name to its term: a frozen dataclass whose fields a recipe
fills by name and whose `weight` names the recipe's field that multiplies it.
"""

from ckdsnn.distill.batch import Batch
from ckdsnn.distill.kd import KD, kd_loss
from ckdsnn.distill.nld import NLD, nld_loss
from ckdsnn.distill.objective import Objective
from ckdsnn.distill.samd import SAMD, samd_loss

__all__ = ["LOSSES", "Batch", "Objective", "kd_loss", "nld_loss", "samd_loss"]

LOSSES = {"kd": KD, "samd": SAMD, "nld": NLD}
