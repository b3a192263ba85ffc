"""What a student can learn from: the named methods, and the variants of them that a suite compares.

Every variant is a change of one of three: `ckdsnn`, the paper's reading; `ckdsnn-sample`, the reading with both maps
min-max within each image; `nld`, for what concerns the logits alone.
"""

from typing import Any

Fields = dict[str, Any]

SAMPLE = {"teacher_range": "sample", "student_range": "sample"}

# one field each but for the maps' ranges, which the released code changes together; statistics: CIFAR-100 alone differs
RELEASED: dict[str, Fields] = {
    "relu": {"last_activation": "relu"},
    "head": {"head": "two_linear"},
    "class": {"map_class": "teacher"},
    "batch": {"teacher_range": "batch", "student_range": "batch"},
    "nofactor": {"temperature_squared": False},
    "variance": {"noise_scale": "variance"},
    "mix": {"noise_mix": "probabilities"},
}
OF_MAPS = ("class", "batch", "nofactor")  # those that SAMD alone reads


def released(*names: str) -> Fields:
    """The fields of these variants together."""
    return {field: value for name in names for field, value in RELEASED[name].items()}


def with_samd(**fields: Any) -> Fields:
    """CKDSNN with these fields."""
    return {"losses": "samd+nld", **fields}


def with_sample(**fields: Any) -> Fields:
    """CKDSNN, both maps min-max within each image, with these fields."""
    return with_samd(**SAMPLE | fields)


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
    "samd-sample": {"losses": "samd", **SAMPLE},
    "nld": {"losses": "nld"},
    "ckdsnn": with_samd(),
    "ckdsnn-sample": with_sample(),
    "ckdsnn-released": with_samd(**released(*RELEASED)),
}

TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 4.0)  # of the saliency scaling besides the paper's 2

# How the two maps meet before the softmax. With maps from 0 to 1 the softmax is sharp only at a low temperature, where
# the factor T_s^2 makes the loss vanish: hence those without it.
RANGES: dict[str, Fields] = {
    "ckdsnn-raw": with_samd(teacher_range="none"),
    "ckdsnn-rate": with_samd(student_range="rate"),
    "ckdsnn-batch": with_samd(teacher_range="batch", student_range="batch"),
    "ckdsnn-sample-nofactor": with_sample(temperature_squared=False),
    **{f"ckdsnn-sample-ts{t:g}": with_sample(map_temperature=t) for t in TEMPERATURES},
    **{
        f"ckdsnn-sample-ts{t:g}-nofactor": with_sample(map_temperature=t, temperature_squared=False)
        for t in TEMPERATURES
        if t < 1
    },
    **{f"ckdsnn-sample-beta{beta:g}": with_sample(beta=beta) for beta in (0.1, 10.0, 30.0, 100.0)},
    # weights that set SAMD's pull beside the cross-entropy's, so that a reading is judged by its target, not its size
    "ckdsnn-beta0.016": with_samd(beta=0.016),
    "ckdsnn-raw-ts8-nofactor": with_samd(teacher_range="none", map_temperature=8.0, temperature_squared=False),
    **{f"ckdsnn-rate-beta{beta:g}": with_samd(student_range="rate", beta=beta) for beta in (30.0, 100.0, 300.0)},
}

SCALING: dict[str, Fields] = {  # z-scores undo the min-max: one recipe stands for both readings
    "ckdsnn-zscore": with_samd(scaling="zscore"),
    **{f"ckdsnn-{scaling}": with_samd(scaling=scaling) for scaling in ("none", "l2")},
    **{f"ckdsnn-sample-{scaling}": with_sample(scaling=scaling) for scaling in ("none", "l2")},
    # without the softmax the distance is hundreds of times as large: the same at about softmax's size times ten
    "ckdsnn-zscore-beta0.01": with_samd(scaling="zscore", beta=0.01),
    "ckdsnn-sample-none-beta0.03": with_sample(scaling="none", beta=0.03),
}

# SAMD with larger weights, AT with a smaller one: at its published weight the student falls silent
MAP_LOSSES: dict[str, Fields] = {
    **{f"samd-sample-beta{beta:g}": {"losses": "samd", "beta": beta, **SAMPLE} for beta in (10.0, 30.0, 100.0)},
    "at-beta32": {"losses": "at", "beta": 32.0},
}

STAGES = {"first": {"stage": 0}, "second": {"stage": 1}, "all": {"every_stage": True}}  # besides the last
STAGE: dict[str, Fields] = {f"ckdsnn-{name}": with_samd(**fields) for name, fields in STAGES.items()}
STAGE |= {f"ckdsnn-sample-{name}": with_sample(**fields) for name, fields in STAGES.items()}

# fixed standard deviations of NLD's noise, before its weight of 0.1; logits deviate by some units
NOISE: dict[str, Fields] = {
    f"nld-noise{deviation}": {"losses": "nld", "noise": deviation} for deviation in ("0.5", "1", "2", "5", "10")
}

# each released variant alone; the maps' range of the batch and, with both maps 0 to 1, no factor: recipes of RANGES
ONE_RELEASED: dict[str, Fields] = {
    f"ckdsnn-with-{name}": with_samd(**fields) for name, fields in RELEASED.items() if name != "batch"
}
ONE_RELEASED |= {
    f"ckdsnn-sample-with-{name}": with_sample(**fields)
    for name, fields in RELEASED.items()
    if name not in ("batch", "nofactor")
}

# the released variants that need no map, without SAMD: what of their worth is not SAMD's
WITHOUT_SAMD: dict[str, Fields] = {
    **{f"{method}-with-relu": METHODS[method] | released("relu") for method in ("snn", "nld")},
    "nld-released": METHODS["nld"] | released(*(name for name in RELEASED if name not in OF_MAPS)),
}

WEIGHTS: dict[str, Fields] = {
    **{f"ckdsnn-sample-gamma{gamma:g}": with_sample(gamma=gamma) for gamma in (0.3, 3.0)},
    **{f"ckdsnn-sample-tau{tau:g}": with_sample(logit_temperature=tau) for tau in (1.0, 4.0, 8.0)},
    **{f"ckdsnn-sample-lambda{weight:g}": with_sample(noise_weight=weight) for weight in (0.3, 1.0)},
}

TIMESTEPS = (1, 2, 4, 6)
OVER_TIME = ("snn", "nld", "ckdsnn", "ckdsnn-sample")  # the methods that are compared at each of them


def at_timesteps(timesteps: int) -> dict[str, Fields]:
    """The methods that are compared over time, at this T."""
    return {f"{method}-t{timesteps}": METHODS[method] | {"timesteps": timesteps} for method in OVER_TIME}


VARIANTS: dict[str, Fields] = RANGES | SCALING | MAP_LOSSES | STAGE | NOISE | ONE_RELEASED | WITHOUT_SAMD | WEIGHTS

# what the small networks have shown to matter most: to be asked again of the paper's
AT_SCALE = {name: VARIANTS[name] for name in ("ckdsnn-sample-beta30", "nld-with-relu", "nld-released")}
