"""What figures and tables call the methods and their variants, and in which colour they show them."""

from ckdsnn.report.style import METHODS, OTHER_COLOUR

SAMPLE = "both 0 to 1"

# variant -> label; a page says which of the readings its suite starts from
VARIANTS = {
    # how the two maps meet
    "ckdsnn-raw": "both maps raw",
    "ckdsnn-rate": "student's map a rate",
    "ckdsnn-batch": "both 0 to 1 over the batch",
    "ckdsnn-sample-nofactor": f"{SAMPLE}, without Tₛ²",
    **{f"ckdsnn-sample-ts{t}": f"{SAMPLE}, Tₛ = {t}" for t in ("0.1", "0.2", "0.5", "1", "4")},
    **{f"ckdsnn-sample-ts{t}-nofactor": f"{SAMPLE}, Tₛ = {t}, without Tₛ²" for t in ("0.1", "0.2", "0.5")},
    **{f"ckdsnn-sample-beta{b}": f"{SAMPLE}, beta = {b}" for b in ("0.1", "10", "30")},
    "ckdsnn-beta0.016": "student's map a count, beta = 0.016",
    "ckdsnn-raw-ts8-nofactor": "both maps raw, Tₛ = 8, without Tₛ²",
    "ckdsnn-rate-beta100": "student's map a rate, beta = 100",
    # scaling
    "ckdsnn-zscore": "z-score",
    "ckdsnn-none": "none, student's map a count",
    "ckdsnn-l2": "L2, student's map a count",
    "ckdsnn-sample-none": f"none, {SAMPLE}",
    "ckdsnn-sample-l2": f"L2, {SAMPLE}",
    "ckdsnn-zscore-beta0.01": "z-score, beta = 0.01",
    "ckdsnn-sample-none-beta0.03": f"none, {SAMPLE}, beta = 0.03",
    # map losses
    "samd-sample-beta10": f"SAMD alone, {SAMPLE}, beta = 10",
    "at-beta32": "AT, beta = 32",
    # stage
    **{f"ckdsnn-{stage}": f"stage: {stage}, student's map a count" for stage in ("first", "second", "all")},
    **{f"ckdsnn-sample-{stage}": f"stage: {stage}, {SAMPLE}" for stage in ("first", "second", "all")},
    # noise
    **{f"nld-noise{deviation}": f"NLD, fixed deviation {deviation}" for deviation in ("0.5", "1", "2", "5", "10")},
    # weights
    **{f"ckdsnn-sample-gamma{gamma}": f"{SAMPLE}, gamma = {gamma}" for gamma in ("0.3", "3")},
    **{f"ckdsnn-sample-tau{tau}": f"{SAMPLE}, tau = {tau}" for tau in ("1", "4", "8")},
    **{f"ckdsnn-sample-lambda{weight}": f"{SAMPLE}, lambda = {weight}" for weight in ("0.3", "1")},
}

RELEASED = {
    "relu": "last activation ReLU",
    "head": "head of two layers",
    "class": "map of the teacher's class",
    "batch": "maps 0 to 1 over the batch",
    "nofactor": "without Tₛ²",
    "variance": "variance for deviation",
    "mix": "noise in the probabilities",
}
for name, words in RELEASED.items():
    VARIANTS[f"ckdsnn-with-{name}"] = f"count; {words}"
    VARIANTS[f"ckdsnn-sample-with-{name}"] = f"{SAMPLE}; {words}"


def label_of(method: str) -> str:
    """A method's or a variant's label; what has neither bears its own name, with its T in words."""
    base, _, steps = method.rpartition("-t")
    if base in METHODS and steps.isdigit():
        return f"{METHODS[base][0]}, T = {steps}"
    return METHODS[method][0] if method in METHODS else VARIANTS.get(method, method)


def colour_of(method: str) -> str:
    """The colour of the method of which this is a variant, itself included: the longest name that it begins with."""
    begun = [name for name in METHODS if method == name or method.startswith(f"{name}-")]
    return METHODS[max(begun, key=len)][1] if begun else OTHER_COLOUR
