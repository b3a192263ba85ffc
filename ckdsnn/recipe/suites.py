"""The suites: the recipes behind each table or figure, in every tier."""

from ckdsnn.recipe.conditions import COMPARED, under_conditions
from ckdsnn.recipe.methods import (
    AT_SCALE,
    MAP_LOSSES,
    NOISE,
    ONE_RELEASED,
    OVER_TIME,
    RANGES,
    SCALING,
    STAGE,
    TIMESTEPS,
    WEIGHTS,
    WITHOUT_SAMD,
)
from ckdsnn.recipe.named import QUICK, RECIPES, SHORT, TIER_SETTINGS

BOTH = ("ckdsnn", "ckdsnn-sample")  # the paper's, and the one with both maps 0 to 1 within each image
BEST = "ckdsnn-sample-beta30"  # of the suite `ranges`, picked by its seeds 0 to 2 in the reduced tier

# suite -> its methods, in the order in which they are worth running; what suites share is one run
SUITE_METHODS: dict[str, tuple[str, ...]] = {
    "components": ("snn", "kd", "samd", "samd-sample", "samd-sample-beta30", "nld", *BOTH, BEST),
    "ranges": ("nld", *BOTH, *RANGES),
    "scaling": (*BOTH, *SCALING),
    "stage": ("nld", *BOTH, *STAGE),
    "noise": ("kd", "nld", *NOISE),
    "map-losses": ("snn", "samd", "samd-sample", "at", "catkd", "e2kd", *MAP_LOSSES),
    "rivals": ("snn", "kd", "kdsnn", "bkd", *BOTH, BEST),
    "released": (*BOTH, "ckdsnn-batch", "ckdsnn-sample-nofactor", *ONE_RELEASED, "ckdsnn-released"),
    "without-samd": ("snn", "nld", "ckdsnn-sample", *WITHOUT_SAMD, "ckdsnn-sample-with-relu", "ckdsnn-released"),
    "weights": ("ckdsnn-sample", "ckdsnn-sample-beta0.1", "ckdsnn-sample-beta10", *WEIGHTS),
}


def over_time(setting: str) -> list[str]:
    """The methods at every T, where the setting's own T adds nothing to their names."""
    own = RECIPES[f"{setting}-snn"].timesteps
    return [method if t == own else f"{method}-t{t}" for t in TIMESTEPS for method in OVER_TIME]


def conditions(setting: str) -> list[str]:
    """The two methods as they are, and under each condition."""
    return [*COMPARED, *under_conditions(setting, RECIPES[f"{setting}-snn"])]


VARYING = {"timesteps": over_time, "conditions": conditions}  # suites whose methods depend on the setting


def tiers(suite: str) -> dict[str, list[str]]:
    """tier -> the names of the suite's recipes."""
    methods_of = VARYING.get(suite, lambda _: SUITE_METHODS[suite])
    return {tier: [f"{setting}-{method}" for method in methods_of(setting)] for tier, setting in TIER_SETTINGS.items()}


LITERAL = ("ckdsnn", "samd")  # the paper's reading, which collapses in the short schedule: last in the longer ones

# setting -> its methods: the paper's networks on one GPU, the most telling comparisons first
GPU = {
    f"cifar100-resnet19-e{SHORT}": ("snn", "nld", "ckdsnn-sample", "kd", "ckdsnn", *AT_SCALE, "ckdsnn-released"),
    f"cifar100-resnet19-e{QUICK}": ("snn", "nld", "ckdsnn-sample", "kd", "bkd", "kdsnn", "ckdsnn-released", *LITERAL),
    f"cifar10-resnet19-e{QUICK}": ("snn", "nld", "ckdsnn-sample", "kd", "ckdsnn"),
    f"cifar100-resnet19-t4-e{QUICK}": ("snn", "nld", "ckdsnn-sample", "ckdsnn"),
    f"cifar10-resnet19-t4-e{QUICK}": ("snn", "nld", "ckdsnn-sample", "ckdsnn"),
}

# suite -> tier -> names of its recipes
SUITES = {suite: tiers(suite) for suite in (*SUITE_METHODS, *VARYING)}
SUITES["gpu"] = {"paper": [f"{setting}-{method}" for setting, methods in GPU.items() for method in methods]}
