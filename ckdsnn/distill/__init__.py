"""Distillation losses as pure functions, and as terms of an `Objective`.

In a training loop of your own two lines are enough: `samd_loss(map_student, map_teacher)` and
`nld_loss(logits_student, logits_teacher)`. `samd_loss` takes the maps as they are: bring them to a range with
`map_range` first, both of them with "sample" in the recipes' default. LOSSES maps a name to its term: a frozen
dataclass whose fields a recipe fills by name and whose `weight` names the recipe's field that multiplies it. A term
with a method `adapter` has own parameters: it makes a module for both networks' numbers of channels, which the
`Objective` keeps and trains.

KDSNN, BKDSNN and e2KD are published together with logits distillation: "kd+kdsnn", "kd+bkd", "kd+e2kd".
"""

from ckdsnn.lazy import on_first_use

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

HOMES = {
    "LOSSES": "terms",
    **{"Batch": "batch", "Objective": "objective", "kd_loss": "kd", "samd_loss": "samd", "at_loss": "at"},
    **{"nld_loss": "nld", "draw_noise": "nld", "kdsnn_loss": "kdsnn", "bkd_loss": "bkd", "restoring_block": "bkd"},
    **{"catkd_loss": "catkd", "e2kd_loss": "e2kd"},
    **dict.fromkeys(
        ("class_activation_map", "grad_cam", "map_range", "scale_saliency", "spike_activation_map"), "maps"
    ),
}
__getattr__ = on_first_use(__name__, HOMES)
