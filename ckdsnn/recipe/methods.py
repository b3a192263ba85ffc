"""What a student can learn from: the named methods, and the variants of them that a suite compares."""

from typing import Any

Fields = dict[str, Any]

SAMPLE = {"teacher_range": "sample", "student_range": "sample"}

# The rivals by maps (at, catkd, e2kd) learn from maps and labels alone, as samd does, with the weights of their
# authors' code; those by features (kdsnn, bkd) learn from the logits, too, as published.
METHODS: dict[str, Fields] = {
    "snn": {"losses": "none"},
    "kd": {"losses": "kd"},
    "kdsnn": {"losses": "kd+kdsnn"},
    "bkd": {"losses": "kd+bkd"},
    "at": {"losses": "at", "beta": 1000.0},
    "catkd": {"losses": "catkd", "beta": 50.0},
    "e2kd": {"losses": "e2kd"},
    "samd": {"losses": "samd"},
    "nld": {"losses": "nld"},
    "ckdsnn": {"losses": "samd+nld"},
    "ckdsnn-sample": {"losses": "samd+nld", **SAMPLE},  # both maps min-max within each image
    "ckdsnn-released": {  # every variant of the released code at once
        "losses": "samd+nld",
        "last_activation": "relu",
        "head": "two_linear",
        "map_class": "teacher",
        "teacher_range": "batch",
        "student_range": "batch",
        "temperature_squared": False,
        "noise_scale": "variance",
        "noise_mix": "probabilities",
    },
}

SHARP = (0.1, 0.2, 0.5, 1.0, 4.0)  # temperatures of the saliency scaling besides the paper's 2
WEIGHTS = (0.1, 10.0)  # of SAMD besides the paper's 1


def with_samd(**fields: Any) -> Fields:
    """CKDSNN with these fields."""
    return {"losses": "samd+nld", **fields}


# How the two maps meet before the softmax. With maps from 0 to 1 the softmax is sharp only at a low temperature, where
# the factor T_s^2 makes the loss vanish: hence those without it.
RANGES: dict[str, Fields] = {
    "ckdsnn-raw": with_samd(teacher_range="none"),
    "ckdsnn-rate": with_samd(student_range="rate"),
    "ckdsnn-batch": with_samd(teacher_range="batch", student_range="batch"),
    "ckdsnn-sample-nofactor": with_samd(**SAMPLE, temperature_squared=False),
    **{f"ckdsnn-sample-t{t:g}": with_samd(**SAMPLE, map_temperature=t) for t in SHARP},
    **{
        f"ckdsnn-sample-t{t:g}-nofactor": with_samd(**SAMPLE, map_temperature=t, temperature_squared=False)
        for t in SHARP
        if t < 1
    },
    **{f"ckdsnn-sample-b{beta:g}": with_samd(**SAMPLE, beta=beta) for beta in WEIGHTS},
}
