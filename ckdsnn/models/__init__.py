"""Teachers (ANN) and students (SNN) by name; how to add one of your own stands in `ckdsnn.models.table`."""

from ckdsnn.lazy import on_first_use

__all__ = [
    "HEADS",
    "LAST_ACTIVATIONS",
    "LIF",
    "STUDENTS",
    "TEACHERS",
    "Features",
    "ModelSpec",
    "OverTime",
    "Spiking",
    "Tapped",
    "build_student",
    "build_teacher",
    "evaluating",
    "stage_pairs",
]

HOMES = {
    **dict.fromkeys(("HEADS", "LAST_ACTIVATIONS", "STUDENTS", "TEACHERS", "ModelSpec"), "table"),  # without torch
    **dict.fromkeys(("build_student", "build_teacher"), "build"),
    **dict.fromkeys(("Features", "evaluating", "stage_pairs"), "features"),
    **{"LIF": "neurons", "OverTime": "over_time", "Spiking": "over_time", "Tapped": "tapped"},
}
__getattr__ = on_first_use(__name__, HOMES)
