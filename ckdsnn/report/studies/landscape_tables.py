"""Numbers of the studies `landscape`, and their table: what a random step from the trained weights costs.

Everywhere a mapping says which studies belong to which method, one study a seed of the training.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, isnan

import numpy as np

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.study import Study
from ckdsnn.report.labels import label_of
from ckdsnn.report.numbers import average, known_mean_sd
from ckdsnn.report.tables import DASH, Table

ByMethod = Mapping[str, Sequence[Study]]


def at_rest(study: Study, value: str) -> float:
    """The loss or the accuracy at the trained weights."""
    return study.numbers(value)[0, study.values["distances"].index(0)]


def mean_rises(studies: Sequence[Study]) -> dict[int, float]:
    """Seed -> the rise of the loss at the distance of flatness, a mean over directions, where it was finite."""
    rises = {study.seed: study.numbers("rise").mean() for study in studies}
    return {seed: rise for seed, rise in rises.items() if isfinite(rise)}


def landscape_table(name: str, caption: str, studies: ByMethod) -> Table:
    """One row a method: loss and accuracy at the trained weights, what a step in a random direction costs of either,
    and in how many pairs of the same seed and direction the loss rises less than the first method's."""
    first = next(iter(studies))
    at = studies[first][0].settings["flatness_at"]
    header = ["Student", "Loss (nat)", f"Rise at {at:g} (nat); sd over directions", "Accuracy (%)"]
    header += [f"Lost at {at:g} (points); sd over directions", f"Flatter than {label_of(first)}"]
    rows = [
        [
            label_of(method),
            *costs(found, "loss", "rise", 2),
            *costs(found, "accuracy", "lost", 1),
            DASH if method == first else flatter(found, studies[first]),
        ]
        for method, found in studies.items()
    ]
    return Table(name, caption, header, rows)


def costs(studies: Sequence[Study], value: str, change: str, digits: int) -> list[str]:
    """A value at the trained weights and its mean change, both over seeds, and the change's sd over directions.

    A seed in which one was not finite does not count.
    """
    middle = [at_rest(study, value) for study in studies]
    changes = [study.numbers(change) for study in studies]
    texts = [known_mean_sd(values, digits) for values in (middle, [found.mean() for found in changes])]
    over_directions = average(found.std(ddof=1) for found in changes)
    return texts if isnan(over_directions) else [texts[0], f"{texts[1]}; {over_directions:.{digits}f}"]


def flatter(studies: Sequence[Study], others: Sequence[Study]) -> str:
    """In how many pairs of the same seed and direction the loss rises less than the others': "12 of 20".

    Raises CkdsnnError where the two do not have the same seeds.
    """
    by_seed, theirs = ({study.seed: study.numbers("rise") for study in side} for side in (studies, others))
    if by_seed.keys() != theirs.keys():
        raise CkdsnnError(f"seeds {sorted(by_seed)} and {sorted(theirs)} make no pairs; study the same ones")
    pairs = [
        pair for seed in by_seed for pair in zip(by_seed[seed], theirs[seed], strict=True) if np.isfinite(pair).all()
    ]
    return f"{sum(mine < other for mine, other in pairs)} of {len(pairs)}"
