"""What can be chosen of each distillation term: all that a recipe asks of them, without torch.

A recipe fills a term's fields by name; `weight` names the recipe's field that multiplies the term.
"""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from ckdsnn.errors import CkdsnnError, check_choice

RANGES = ("none", "rate", "sample", "batch")
SCALINGS = ("softmax", "none", "zscore", "l2")
STUDENT_MAPS = ("spikes", "cam")
MAP_GRIDS = ("smaller", "image")
MAP_CLASSES = ("label", "teacher")
NOISE_SCALES = ("std", "variance")
NOISE_MIXES = ("logits", "probabilities")
TEACHER_NORMS = ("running", "batch")
CHOICES = {  # field of a term -> its valid values
    "scaling": SCALINGS,
    "teacher_range": RANGES,
    "student_range": RANGES,
    "student_map": STUDENT_MAPS,
    "map_grid": MAP_GRIDS,
    "map_class": MAP_CLASSES,
    "noise_scale": NOISE_SCALES,
    "noise_mix": NOISE_MIXES,
}


def check_noise(noise: Any) -> None:
    """Raise CkdsnnError unless `noise` is "adaptive" or reads as a finite number of at least 0."""
    try:
        valid = noise == "adaptive" or 0 <= float(noise) < math.inf
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise CkdsnnError(f"noise = {noise!r}; choose 'adaptive' or a standard deviation such as '0.5'")


class Checked:
    """Of every term. Raises CkdsnnError for a value that is no choice of its field."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name in CHOICES:
                check_choice(field.name, getattr(self, field.name), CHOICES[field.name])


@dataclass(frozen=True)
class OfLogits(Checked):
    """Of KD."""

    weight: ClassVar[str] = "gamma"
    logit_temperature: float = 2.0


@dataclass(frozen=True)
class OfNoisyLogits(OfLogits):
    """Of NLD: those of `nld_loss` under the recipe's names; `noise` may also be a number's text, as "0.5"."""

    noise_weight: float = 0.1
    noise: str | float = "adaptive"
    noise_scale: str = "std"
    noise_mix: str = "logits"
    noise_gradient: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_noise(self.noise)


@dataclass(frozen=True)
class OfSaliency(Checked):
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
class OfStage(Checked):
    """Of what compares one stage of both networks: KDSNN, BKD, AT."""

    weight: ClassVar[str] = "beta"
    stage: int = -1


@dataclass(frozen=True)
class OfLastStage(Checked):
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
