"""Distillation losses as pure functions, and as terms of an `Objective`.

In a training loop of your own two lines are enough: `samd_loss(map_student, map_teacher)` and
`nld_loss(logits_student, logits_teacher)`. `samd_loss` takes the maps as they are: bring them to a range with
`map_range` first, both of them with "sample" in the recipes' default. LOSSES maps a name to its term: a frozen
dataclass whose fields a recipe fills by name and whose `weight` names the recipe's field that multiplies it. A term
with a method `adapter` has own parameters: it makes a module for both networks' numbers of channels, which the
`Objective` keeps and trains.

KDSNN, BKDSNN and e2KD are published together with logits distillation: "kd+kdsnn", "kd+bkd", "kd+e2kd".
"""

from ckdsnn.distill.at import AT, at_loss
from ckdsnn.distill.batch import Batch
from ckdsnn.distill.bkd import BKD, bkd_loss, restoring_block
from ckdsnn.distill.catkd import CATKD, catkd_loss
from ckdsnn.distill.e2kd import E2KD, e2kd_loss
from ckdsnn.distill.kd import KD, kd_loss
from ckdsnn.distill.kdsnn import KDSNN, kdsnn_loss
from ckdsnn.distill.maps import (
    class_activation_map,
    grad_cam,
    map_range,
    scale_saliency,
    spike_activation_map,
)
from ckdsnn.distill.nld import NLD, draw_noise, nld_loss
from ckdsnn.distill.objective import Objective
from ckdsnn.distill.samd import SAMD, samd_loss

__all__ = [
    "LOSSES",
    "Batch",
    "Objective",
    "at_loss",
    "bkd_loss",
    "catkd_loss",
    "class_activation_map",
    "draw_noise",
    "e2kd_loss",
    "grad_cam",
    "kd_loss",
    "kdsnn_loss",
    "map_range",
    "nld_loss",
    "restoring_block",
    "samd_loss",
    "scale_saliency",
    "spike_activation_map",
]

LOSSES = {
    "kd": KD,
    "samd": SAMD,
    "nld": NLD,
    "kdsnn": KDSNN,
    "bkd": BKD,
    "at": AT,
    "catkd": CATKD,
    "e2kd": E2KD,
}
