"""What a student can learn from: every method and every variant of one, a row each.

A variant is a change of another row, its family: of `ckdsnn`, both maps 0 to 1 within each image; of `ckdsnn-count`,
the student's map left a count of spikes, a reading of the colour bar in the paper's figure; of `nld`, for what concerns
the logits alone.
"""

from typing import Any, NamedTuple

Fields = dict[str, Any]


class Method(NamedTuple):
    """One row."""

    fields: Fields
    """the recipe's fields that it sets"""
    label: str
    """what figures and tables call it"""
    family: str = ""
    """the method of which it is a variant; empty for one of its own"""


SAMD_NLD = {"losses": "samd+nld"}
COUNT = {"student_range": "none"}

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
RELEASED_WORDS = {
    "relu": "ReLU at the end",
    "head": "classifier of two layers",
    "class": "map of the teacher's class",
    "nofactor": "without Tₛ²",
    "variance": "variance for deviation",
    "mix": "noise in the probabilities",
}


def released(*names: str) -> Fields:
    """The fields of these variants together."""
    return {field: value for name in names for field, value in RELEASED[name].items()}


# What the first release computes, the only state of the released code whose imports resolve: it compares two class
# activation maps, its teacher normalises by the batch, and its noise has a gradient. Its head is one linear layer. Left
# out: CIFAR-10's statistics for CIFAR-100, and that the teacher's running statistics drift and gradients reach it.
FIRST_RELEASE = released(*(name for name in RELEASED if name != "head")) | {
    "student_map": "cam",
    "noise_gradient": True,
    "teacher_norm": "batch",
}

# The rivals by maps (at, catkd, e2kd) learn from maps and labels alone, as samd does, with the weights of their
# authors' code; those by features (kdsnn, bkd) learn from the logits, too, as published. Figures keep this order.
METHODS: dict[str, Method] = {
    "snn": Method({"losses": "none"}, "plain SNN"),
    "kd": Method({"losses": "kd"}, "KD"),
    "kdsnn": Method({"losses": "kd+kdsnn"}, "KDSNN"),
    "bkd": Method({"losses": "kd+bkd"}, "BKDSNN"),
    "at": Method({"losses": "at", "beta": 1000.0}, "AT"),
    "catkd": Method({"losses": "catkd", "beta": 50.0}, "CAT-KD"),
    "e2kd": Method({"losses": "e2kd"}, "e2KD"),
    "samd": Method({"losses": "samd"}, "SAMD"),
    "samd-count": Method({"losses": "samd"} | COUNT, "SAMD (count)"),
    "nld": Method({"losses": "nld"}, "NLD"),
    "ckdsnn": Method(SAMD_NLD, "CKDSNN"),
    "ckdsnn-count": Method(SAMD_NLD | COUNT, "CKDSNN (count)"),
    "ckdsnn-released": Method(SAMD_NLD | released(*RELEASED), "CKDSNN, seven points of the newest release"),
    "ckdsnn-first": Method(SAMD_NLD | FIRST_RELEASE, "CKDSNN, first release"),
}


def variant(family: str, words: str, **changes: Any) -> Method:
    """A method with some fields changed, called as itself and what is changed, in words."""
    base = METHODS[family]
    label = f"{base.label}, {words}".replace(" = ", "\u00a0=\u00a0")  # no line ends there
    return Method(base.fields | changes, label, family)


TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 4.0)  # of the saliency scaling besides the paper's 2
NO_FACTOR = {"temperature_squared": False}

# How the two maps meet before the softmax. With maps from 0 to 1 the softmax is sharp only at a low temperature, where
# the factor T_s^2 makes the loss vanish: hence those without it.
RANGES: dict[str, Method] = {
    "ckdsnn-raw": Method(SAMD_NLD | COUNT | {"teacher_range": "none"}, "CKDSNN (both raw)", "ckdsnn-count"),
    "ckdsnn-rate": Method(SAMD_NLD | {"student_range": "rate"}, "CKDSNN (rate)", "ckdsnn-count"),
    "ckdsnn-batch": Method(SAMD_NLD | released("batch"), "CKDSNN (0–1 over the batch)", "ckdsnn-count"),
    "ckdsnn-nofactor": variant("ckdsnn", "without Tₛ²", **NO_FACTOR),
    **{f"ckdsnn-ts{t:g}": variant("ckdsnn", f"Tₛ = {t:g}", map_temperature=t) for t in TEMPERATURES},
    **{
        f"ckdsnn-ts{t:g}-nofactor": variant("ckdsnn", f"Tₛ = {t:g}, without Tₛ²", map_temperature=t, **NO_FACTOR)
        for t in TEMPERATURES
        if t < 1
    },
    **{f"ckdsnn-beta{beta:g}": variant("ckdsnn", f"β = {beta:g}", beta=beta) for beta in (0.1, 10.0, 30.0, 100.0)},
    # weights that set SAMD's pull beside the cross-entropy's, so that a map range is judged by its target, not its size
    "ckdsnn-count-beta0.016": variant("ckdsnn-count", "β = 0.016", beta=0.016),
    "ckdsnn-raw-ts8-nofactor": Method(
        SAMD_NLD | COUNT | {"teacher_range": "none", "map_temperature": 8.0} | NO_FACTOR,
        "CKDSNN (both raw), Tₛ\u00a0=\u00a08, without Tₛ²",
        "ckdsnn-count",
    ),
    **{
        f"ckdsnn-rate-beta{beta:g}": Method(
            SAMD_NLD | {"student_range": "rate", "beta": beta}, f"CKDSNN (rate), β\u00a0=\u00a0{beta:g}", "ckdsnn-count"
        )
        for beta in (30.0, 100.0, 300.0)
    },
}

SCALING: dict[str, Method] = {  # z-scores undo the min-max: one recipe stands for both map ranges
    "ckdsnn-zscore": Method(SAMD_NLD | COUNT | {"scaling": "zscore"}, "CKDSNN, z-scores", "ckdsnn-count"),
    **{f"{of}-none": variant(of, "no scaling", scaling="none") for of in ("ckdsnn-count", "ckdsnn")},
    **{f"{of}-l2": variant(of, "L2", scaling="l2") for of in ("ckdsnn-count", "ckdsnn")},
    # without the softmax the distance is hundreds of times as large: the same at about softmax's size times ten
    "ckdsnn-zscore-beta0.01": Method(
        SAMD_NLD | COUNT | {"scaling": "zscore", "beta": 0.01}, "CKDSNN, z-scores, β\u00a0=\u00a00.01", "ckdsnn-count"
    ),
    "ckdsnn-none-beta0.03": variant("ckdsnn", "no scaling, β = 0.03", scaling="none", beta=0.03),
}

# SAMD with larger weights, AT with a smaller one: at its published weight the student falls silent
MAP_LOSSES: dict[str, Method] = {
    **{f"samd-beta{beta:g}": variant("samd", f"β = {beta:g}", beta=beta) for beta in (10.0, 30.0, 100.0)},
    "at-beta32": variant("at", "β = 32", beta=32.0),
}

STAGES: dict[str, tuple[str, Fields]] = {  # besides the last
    "stage1": ("first stage", {"stage": 0}),
    "stage2": ("second stage", {"stage": 1}),
    "all-stages": ("all stages", {"every_stage": True}),
}
STAGE: dict[str, Method] = {
    f"{of}-{name}": variant(of, words, **fields)
    for of in ("ckdsnn-count", "ckdsnn")
    for name, (words, fields) in STAGES.items()
}

# fixed standard deviations of NLD's noise, before its weight of 0.1; logits deviate by some units
NOISE: dict[str, Method] = {
    f"nld-noise{deviation}": variant("nld", f"fixed deviation {deviation}", noise=deviation)
    for deviation in ("0.5", "1", "2", "5", "10")
}

# each released variant alone; the maps' range of the batch and, with both maps 0 to 1, no factor: rows of RANGES
ONE_RELEASED: dict[str, Method] = {
    f"{of}-with-{name}": variant(of, RELEASED_WORDS[name], **fields)
    for of, rows_of_ranges in (("ckdsnn-count", ("batch",)), ("ckdsnn", ("batch", "nofactor")))
    for name, fields in RELEASED.items()
    if name not in rows_of_ranges
}

# the released variants that need no map, without SAMD: what of their worth is not SAMD's
WITHOUT_SAMD: dict[str, Method] = {
    **{f"{of}-with-relu": variant(of, RELEASED_WORDS["relu"], **released("relu")) for of in ("snn", "nld")},
    "nld-released": variant(
        "nld", "four points of the newest release", **released(*(name for name in RELEASED if name not in OF_MAPS))
    ),
}

WEIGHTS: dict[str, Method] = {
    **{f"ckdsnn-gamma{gamma:g}": variant("ckdsnn", f"γ = {gamma:g}", gamma=gamma) for gamma in (0.3, 3.0)},
    **{f"ckdsnn-tau{tau:g}": variant("ckdsnn", f"τ = {tau:g}", logit_temperature=tau) for tau in (1.0, 4.0, 8.0)},
    **{f"ckdsnn-lambda{w:g}": variant("ckdsnn", f"λ = {w:g}", noise_weight=w) for w in (0.3, 1.0)},
}

# every row: what a name stands for is looked up here, never read out of the name
ROWS = METHODS | RANGES | SCALING | MAP_LOSSES | STAGE | NOISE | ONE_RELEASED | WITHOUT_SAMD | WEIGHTS

# what the small networks have shown to matter most: to be asked again of the paper's
AT_SCALE = ("ckdsnn-beta10", "ckdsnn-beta30", "ckdsnn-beta100", "nld-with-relu", "nld-released")
