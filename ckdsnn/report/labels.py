"""What figures and tables call the methods and their variants, and in which colour they show them."""

import re
from collections.abc import Iterable

from ckdsnn.records import Record
from ckdsnn.records.study import Study
from ckdsnn.report.style import METHODS, OTHER_COLOUR

# the readings: the student's map a count of spikes, or both maps 0 to 1
COUNT, SCALED = (METHODS[method][0] for method in ("ckdsnn", "ckdsnn-sample"))

# variant -> label
VARIANTS = {
    # how the two maps meet
    "ckdsnn-raw": "CKDSNN (both raw)",
    "ckdsnn-rate": "CKDSNN (rate)",
    "ckdsnn-batch": "CKDSNN (0–1 over the batch)",
    "ckdsnn-sample-nofactor": f"{SCALED}, without Tₛ²",
    **{f"ckdsnn-sample-ts{t}": f"{SCALED}, Tₛ = {t}" for t in ("0.1", "0.2", "0.5", "1", "4")},
    **{f"ckdsnn-sample-ts{t}-nofactor": f"{SCALED}, Tₛ = {t}, without Tₛ²" for t in ("0.1", "0.2", "0.5")},
    **{f"ckdsnn-sample-beta{b}": f"{SCALED}, β = {b}" for b in ("0.1", "10", "30", "100")},
    "ckdsnn-beta0.016": f"{COUNT}, β = 0.016",
    "ckdsnn-raw-ts8-nofactor": "CKDSNN (both raw), Tₛ = 8, without Tₛ²",
    **{f"ckdsnn-rate-beta{b}": f"CKDSNN (rate), β = {b}" for b in ("30", "100", "300")},
    # scaling
    "ckdsnn-zscore": "CKDSNN, z-scores",
    "ckdsnn-none": f"{COUNT}, no scaling",
    "ckdsnn-l2": f"{COUNT}, L2",
    "ckdsnn-sample-none": f"{SCALED}, no scaling",
    "ckdsnn-sample-l2": f"{SCALED}, L2",
    "ckdsnn-zscore-beta0.01": "CKDSNN, z-scores, β = 0.01",
    "ckdsnn-sample-none-beta0.03": f"{SCALED}, no scaling, β = 0.03",
    # map losses
    **{f"samd-sample-beta{b}": f"SAMD (0–1), β = {b}" for b in ("10", "30", "100")},
    "at-beta32": "AT, β = 32",
    # stage
    **{f"ckdsnn-{stage}": f"{COUNT}, {stage} stage" for stage in ("first", "second")},
    **{f"ckdsnn-sample-{stage}": f"{SCALED}, {stage} stage" for stage in ("first", "second")},
    "ckdsnn-all": f"{COUNT}, all stages",
    "ckdsnn-sample-all": f"{SCALED}, all stages",
    # noise
    **{f"nld-noise{deviation}": f"NLD, fixed deviation {deviation}" for deviation in ("0.5", "1", "2", "5", "10")},
    # weights
    **{f"ckdsnn-sample-gamma{gamma}": f"{SCALED}, γ = {gamma}" for gamma in ("0.3", "3")},
    **{f"ckdsnn-sample-tau{tau}": f"{SCALED}, τ = {tau}" for tau in ("1", "4", "8")},
    **{f"ckdsnn-sample-lambda{weight}": f"{SCALED}, λ = {weight}" for weight in ("0.3", "1")},
}

RELEASED = {
    "relu": "ReLU at the end",
    "head": "classifier of two layers",
    "class": "map of the teacher's class",
    "nofactor": "without Tₛ²",
    "variance": "variance for deviation",
    "mix": "noise in the probabilities",
}
for name, words in RELEASED.items():
    VARIANTS[f"ckdsnn-with-{name}"] = f"{COUNT}, {words}"
    VARIANTS[f"ckdsnn-sample-with-{name}"] = f"{SCALED}, {words}"
VARIANTS |= {
    "snn-with-relu": f"SNN, {RELEASED['relu']}",
    "nld-with-relu": f"NLD, {RELEASED['relu']}",
    "nld-released": "NLD, released form",
}
VARIANTS = {name: label.replace(" = ", "\u00a0=\u00a0") for name, label in VARIANTS.items()}  # no line ends there


CONDITION_WORDS = {  # of a student besides what it learns from -> in words
    "long": "three times the epochs",
    "wide": "twice the width",
    "few": "a quarter of the images, four times as often",
    "strong": "a better teacher",
}


def split_condition(method: str) -> tuple[str, str]:
    """METHOD-CONDITION -> METHOD and CONDITION, METHOD-tN among them; any other name -> itself and ""."""
    found = re.fullmatch(rf"(.+)-(t[0-9]+|{'|'.join(CONDITION_WORDS)})", method)
    return (found[1], found[2]) if found else (method, "")


def condition_label(condition: str) -> str:
    """A condition in words, T among them."""
    return CONDITION_WORDS.get(condition) or f"T\u00a0=\u00a0{condition.removeprefix('t')}"


def split_time(method: str) -> tuple[str, int | None]:
    """METHOD-tN -> METHOD and N; any other name, also one that ends in another number, -> itself and None."""
    base, condition = split_condition(method)
    return (base, int(condition[1:])) if condition[1:].isdigit() else (method, None)


def label_of(method: str) -> str:
    """A method's or a variant's label, with its condition; what has neither bears its own name."""
    base, condition = split_condition(method)
    label = METHODS[base][0] if base in METHODS else VARIANTS.get(base, base)
    return f"{label}, {condition_label(condition)}" if condition else label


def family_of(method: str) -> str:
    """The method of which this is a variant, itself included: the longest name that it begins with; "" for none."""
    return max((name for name in METHODS if method == name or method.startswith(f"{name}-")), key=len, default="")


def colour_of(method: str) -> str:
    """The colour of the method of which this is a variant, itself included."""
    return METHODS[family_of(method)][1] if family_of(method) else OTHER_COLOUR


def in_families(methods: Iterable[str], baseline: str) -> list[str]:
    """The baseline, then each method with its variants, in the order of METHODS; what is none of them comes last."""
    ranks = {name: rank for rank, name in enumerate(METHODS)}
    return sorted(methods, key=lambda method: (method != baseline, ranks.get(family_of(method), len(ranks))))


def method_of(record: Record | Study) -> str:
    """The method or variant that a run's recipe is named after, with its condition; "" for none that has a label."""
    base, condition = split_condition(record.recipe["name"])
    known = [method for method in (*METHODS, *VARIANTS) if base.endswith(f"-{method}")]
    return max(known, key=len, default="") + (f"-{condition}" if known and condition else "")


def style_of(record: Record | Study) -> tuple[str, str]:
    """Label and colour of a run or of a study of it: its method's, else its recipe's name and one colour."""
    method = method_of(record)
    return (label_of(method), colour_of(method)) if method else (record.recipe["name"], OTHER_COLOUR)


def by_method(studies: Iterable[Study]) -> dict[tuple[str, str], list[Study]]:
    """The studies of each method, by its label and colour, in the order of METHODS, others last."""
    order = list(METHODS.values())
    groups: dict[tuple[str, str], list[Study]] = {}
    for study in studies:
        groups.setdefault(style_of(study), []).append(study)
    ranks = {style: order.index(style) if style in order else len(order) for style in groups}
    return {style: groups[style] for style in sorted(groups, key=ranks.get)}
