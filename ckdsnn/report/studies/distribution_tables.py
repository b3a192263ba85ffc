"""Numbers of the studies `distributions`, and their table: teacher and students side by side."""

from collections.abc import Iterable

from ckdsnn.recipe.conditions import TEACHER
from ckdsnn.records.study import Study
from ckdsnn.report.labels import by_method
from ckdsnn.report.numbers import known
from ckdsnn.report.tables import DASH, Table, spread

# distance of a student from its teacher -> label of the axis, the value that would be no distance
DISTANCES = {
    "kl": ("KL of softened\npredictions (nat)", 0),
    "js-logits": ("JS of logits\n(nat)", 0),
    "js-features": ("JS of features\n(nat)", 0),
    "js-pooled": ("JS of pooled\nfeatures (nat)", 0),
    "same": ("Same prediction\n(share)", 1),
    "correlation": ("Correlation of\nSAM and CAM", 1),
}

# what is measured of one network -> head of its row, factor, digits
PROFILE = {
    "zeros": ("Zeros in the last stage (%)", 100, 1),
    "feature": ("Mean feature or firing rate", 1, 3),
    "map-range": ("Range of the raw map", 1, 1),
    "map-entropy-raw": ("Entropy of the softmax of the raw map (% of uniform)", 100, 1),
    "map-entropy-sample": ("Entropy of the softmax of the map from 0 to 1 (% of uniform)", 100, 2),
    "logit-sd": ("Deviation of the logits", 1, 2),
    "entropy-1": ("Entropy of the prediction (nat)", 1, 2),
    "entropy-2": ("Entropy of the prediction softened at 2 (nat)", 1, 2),
    "largest": ("Largest probability (%)", 100, 1),
}


def value_of(study: Study, name: str) -> float:
    """The number in `values`, or of [mean, sd over the images] the mean; NaN where it was not finite."""
    return float(study.numbers(name).flat[0])


def measured(study: Study, who: str, name: str) -> float:
    """The mean over the images; of a map's entropy, the share of the uniform one."""
    value = value_of(study, f"{who}-{name}")
    return value / study.settings["uniform-entropy"] if name.startswith("map-entropy") else value


def profile_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One column the teacher, one a method: sparsity, features, maps, logits and predictions, mean ± sd over seeds."""
    studies = list(studies)
    columns = {TEACHER: ("teacher", studies[:1])}
    columns |= {label: ("student", found) for (label, _), found in by_method(studies).items()}
    rows = [
        [text, *(profile([factor * measured(s, who, what) for s in of], digits) for who, of in columns.values())]
        for what, (text, factor, digits) in PROFILE.items()
    ]
    return Table(name, caption, ["", *(f"{label} (n = {len(of)})" for label, (_, of) in columns.items())], rows)


def profile(values: Iterable[float], digits: int) -> str:
    """mean ± sd of the networks that have not diverged."""
    found = known(values)
    return spread(found, digits) if found else DASH
