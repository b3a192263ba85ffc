"""The suites: the recipes behind each table or figure, in every tier, and the seeds that each was planned with."""

from ckdsnn.recipe.conditions import ASKED, COMPARED, IN_EACH, OVER_TIME, PRECISIONS, TIMESTEPS
from ckdsnn.recipe.methods import MAP_LOSSES, NOISE, ONE_RELEASED, RANGES, SCALING, STAGE, WEIGHTS, WITHOUT_SAMD
from ckdsnn.recipe.named import QUICK, SHORT, STUDENT_RECIPES, TIER_SETTINGS

BOTH = ("ckdsnn", "ckdsnn-count")
BEST = "ckdsnn-beta30"  # of the suite `ranges`, picked by its seeds 0 to 2 in the reduced tier

# suite -> its methods, in the order in which they are worth running; what suites share is one run
SUITE_METHODS: dict[str, tuple[str, ...]] = {
    "components": ("snn", "kd", "samd", "samd-count", "samd-beta30", "nld", *BOTH, BEST),
    "ranges": ("nld", *BOTH, *RANGES),
    "scaling": (*BOTH, *SCALING),
    "stage": ("nld", *BOTH, *STAGE),
    "noise": ("kd", "nld", *NOISE),
    "map-losses": ("snn", "samd", "samd-count", "at", "catkd", "e2kd", *MAP_LOSSES),
    "rivals": ("snn", "kd", "kdsnn", "bkd", *BOTH, BEST),
    "released": (*BOTH, "ckdsnn-batch", "ckdsnn-nofactor", *ONE_RELEASED, "ckdsnn-released"),
    "without-samd": ("snn", "nld", "ckdsnn", *WITHOUT_SAMD, "ckdsnn-with-relu", "ckdsnn-released"),
    "weights": ("ckdsnn", "ckdsnn-beta0.1", "ckdsnn-beta10", *WEIGHTS),
    "timesteps": tuple(f"{method}-t{t}" for t in TIMESTEPS for method in OVER_TIME),
    "conditions": (*COMPARED, *(f"{method}-{name}" for name in ASKED for method in COMPARED)),
    "precision": tuple(f"{method}-{name}" for method in IN_EACH for name in PRECISIONS),
}


def methods_in(suite: str, setting: str) -> list[str]:
    """The suite's methods as this setting names them: without the setting's own T, and a teacher that it lacks."""
    known = STUDENT_RECIPES[setting]
    own = f"-t{known['snn'].timesteps}"
    return [name for name in (m.removesuffix(own) for m in SUITE_METHODS[suite]) if name in known]


def tiers(suite: str) -> dict[str, list[str]]:
    """tier -> the names of the suite's recipes."""
    return {
        tier: [f"{setting}-{method}" for method in methods_in(suite, setting)]
        for tier, setting in TIER_SETTINGS.items()
    }


# setting -> its methods: the paper's networks on one GPU, the most telling comparisons first
GPU = {
    f"cifar100-resnet19-e{SHORT}": (
        *("snn", "nld", "ckdsnn", "kd", "ckdsnn-count"),  # on record
        *(BEST, "nld-with-relu", "ckdsnn-first"),
    ),
    f"cifar100-resnet19-e{QUICK}": ("snn", "nld", "ckdsnn", "kd", BEST, "bkd", "kdsnn", "ckdsnn-first"),
    f"cifar10-resnet19-e{QUICK}": ("snn", "nld", "ckdsnn", "kd"),
    f"cifar100-resnet19-t4-e{QUICK}": ("snn", "nld", "ckdsnn"),
    f"cifar10-resnet19-t4-e{QUICK}": ("snn", "nld", "ckdsnn"),
}

# The paper's second network. The weight of SAMD is picked on the validation images of CIFAR-100, by a pilot with a
# seed that takes no further part, of these three weights, and used for both data sets.
PILOT_SEED = 3
PILOTS = {"evidence": PILOT_SEED}  # suite -> the seed of its pilot
PILOT = ("ckdsnn-beta10", "ckdsnn-beta30", "ckdsnn-beta100")
PICKED = "ckdsnn-beta10"
EVIDENCE = {
    f"{dataset}-resnet20-e{SHORT}": ("snn", "kd", "nld", "samd", "ckdsnn", PICKED, "nld-with-relu", "ckdsnn-first")
    for dataset in ("cifar100", "cifar10")
}


FEW = ("snn", "kd", "nld", "ckdsnn")
SPIKFORMER = dict.fromkeys(("digits-spikformer", "cifar10-spikformer", "cifar100-spikformer"), FEW)
EVENTS = dict.fromkeys(("nmnist", "cifar10dvs-resnet20"), FEW)

# teachers that see the events' frames, and such that see the pictures behind them
SIMULATED = {"cifar10-events": ("snn", "nld", "ckdsnn"), "cifar10-events-rgb": ("nld", "ckdsnn")}

IMAGENET = {
    "imagenet10-sew18": ("snn", "kd", "ckdsnn"),
    "imagenet10-resnet34": ("snn", "ckdsnn"),
    **dict.fromkeys(("imagenet-sew34", "imagenet-resnet34", "imagenet-sew18"), FEW),
}

# suites over settings of their own: suite -> setting -> its methods
OVER_SETTINGS = {
    **{"spikformer": SPIKFORMER, "events": EVENTS, "simulated": SIMULATED, "imagenet": IMAGENET},
    **{"evidence": EVIDENCE, "gpu": GPU},
}


def over_settings(settings: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """tier -> the names of the recipes of a suite over several settings."""
    found: dict[str, list[str]] = {}
    for setting, methods in settings.items():
        tier = STUDENT_RECIPES[setting]["snn"].tier
        found[tier] = found.get(tier, []) + [f"{setting}-{method}" for method in methods]
    return found


# suite -> tier -> names of its recipes
SUITES = {suite: tiers(suite) for suite in SUITE_METHODS}
SUITES |= {suite: over_settings(settings) for suite, settings in OVER_SETTINGS.items()}

# suite -> number of seeds, from 0 on, that was decided on before its first run
SEEDS = dict.fromkeys(SUITES, 3) | {"components": 5, "rivals": 5, "precision": 5, "gpu": 1, "imagenet": 1}

# What was picked by the test results of some seeds is judged by others, decided on after the pick. ckdsnn-beta30:
# picked by seeds 0 to 2 among all map ranges, looked at again with 3 and 4. samd-beta10: the best of four weights by
# seeds 0 to 2.
JUDGED_BY = {"ckdsnn-beta30": range(5, 10), "samd-beta10": range(3, 6)}


def planned_seeds(method: str) -> int:
    """The number of seeds, from 0 on, that a method of the suites was planned with; 3 for one that is in none."""
    return max((SEEDS[suite] for suite, methods in SUITE_METHODS.items() if method in methods), default=3)


def leading_seeds(method: str, baseline: str) -> range:
    """The seeds by which two methods of the suites are compared: those planned before anybody had seen a result.

    Seeds that were added after a look take no part, and of a method that was picked, those that picked it.
    """
    judging = [JUDGED_BY[name] for name in (method, baseline) if name in JUDGED_BY]
    planned = range(min(planned_seeds(method), planned_seeds(baseline)))
    return max(judging, key=lambda seeds: seeds.start, default=planned)
