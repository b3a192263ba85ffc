"""What can be chosen of each distillation term: all that a recipe asks of them, without torch.

A recipe fills a term's fields by name; `weight` names the recipe's field that multiplies the term.
"""

from dataclasses import dataclass
from typing import ClassVar

RANGES = ("none", "rate", "sample", "batch")
SCALINGS = ("softmax", "none", "zscore", "l2")
STUDENT_MAPS = ("spikes", "cam")
MAP_GRIDS = ("smaller", "image")
MAP_CLASSES = ("label", "teacher")
NOISE_SCALES = ("std", "variance")
NOISE_MIXES = ("logits", "probabilities")
TEACHER_NORMS = ("running", "batch")


@dataclass(frozen=True)
class OfLogits:
    """Of KD."""

    weight: ClassVar[str] = "gamma"
    logit_temperature: float = 2.0


@dataclass(frozen=True)
class OfNoisyLogits(OfLogits):
    """Of NLD: those of `nld_loss` under the recipe's names."""

    noise_weight: float = 0.1
    noise: str | float = "adaptive"
    noise_scale: str = "std"
    noise_mix: str = "logits"
    noise_gradient: bool = False


@dataclass(frozen=True)
class OfSaliency:
    """Of SAMD."""

    weight: ClassVar[str] = "beta"
    map_temperature: float = 2.0
    scaling: str = "softmax"
    temperature_squared: bool = True
    teacher_range: str = "sample"
    student_range: str = "sample"
    student_map: str = "spikes"
    map_grid: str = "smaller"
    map_class: str = "label"
    stage: int = -1
    every_stage: bool = False


@dataclass(frozen=True)
class OfStage:
    """Of what compares one stage of both networks: KDSNN, BKD, AT."""

    weight: ClassVar[str] = "beta"
    stage: int = -1


@dataclass(frozen=True)
class OfLastStage:
    """Of what compares the last stage alone: CAT-KD, e2KD."""

    weight: ClassVar[str] = "beta"


SETTINGS = {
    "kd": OfLogits,
    "samd": OfSaliency,
    "nld": OfNoisyLogits,
    "kdsnn": OfStage,
    "bkd": OfStage,
    "at": OfStage,
    "catkd": OfLastStage,
    "e2kd": OfLastStage,
}
