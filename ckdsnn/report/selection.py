"""Picking the best of many methods: what a pick by some seeds is worth on the seed that took no part in it.

The best of many rows is flattered by the luck that made it the best. Cross-validation over the seeds (Stone 1974,
Journal of the Royal Statistical Society B 36) takes the seeds' luck off: each pick is judged where it was not made. So
do seeds that were decided on after the pick and run for its sake. The luck of the test images, which are the same for
all seeds, remains. `runs`: as `Cells.frame()` gives them.
"""

from typing import NamedTuple

import pandas as pd

from ckdsnn.report.answers import better, listing, number, sentence
from ckdsnn.report.compare import LEAST, Comparison, compare_runs, correct, leading_in, paired, table_of
from ckdsnn.report.labels import label_of
from ckdsnn.report.tables import series, signed


class Pick(NamedTuple):
    """The method with the largest mean difference from the baseline over all seeds but one, in points."""

    left: int
    """the seed left out"""
    method: str
    seen: float
    """its mean difference over the seeds that picked it"""
    unseen: float
    """its difference on the seed left out"""


def gains(runs: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Accuracy minus the baseline's, of methods with LEAST seeds, over the seeds that all have: a row a seed."""
    values = table_of(runs)
    values = values.loc[:, values.count() >= LEAST].dropna()
    return values.sub(values[baseline], axis=0).drop(columns=baseline) if baseline in values else values.iloc[:0, :0]


def picks(found: pd.DataFrame) -> list[Pick]:
    """The pick by the others, for each seed of these gains left out; none for fewer than two methods or LEAST seeds."""
    if found.shape[1] < 2 or len(found) < LEAST:
        return []
    means = {seed: found.drop(seed).mean() for seed in found.index}
    return [Pick(seed, m.idxmax(), m.max(), found.loc[seed, m.idxmax()]) for seed, m in means.items()]


def on_other_seeds(runs: pd.DataFrame, baseline: str) -> tuple[str, list[int], Comparison] | None:
    """The pick by all the seeds that every method has, these seeds, and what it is worth on those that may judge it.

    They are the leading ones of the pick, which took no part in it. None where nothing can be picked, or for fewer than
    LEAST of them.
    """
    found = gains(runs, baseline)
    if not picks(found):
        return None
    best, seen = found.mean().idxmax(), list(found.index)
    judged = paired(table_of(runs).drop(seen), (best, baseline), leading_in(runs))
    return (best, seen, judged) if judged and judged.n >= LEAST else None


def pick_answer(runs: pd.DataFrame, baseline: str) -> str:
    """Which are the worst and the best of many, what such a pick promises and keeps, unless each seed left out makes
    the same one, and what it is worth on seeds that took no part in it."""
    found = gains(runs, baseline)
    chosen = pd.DataFrame(picks(found))
    if chosen.empty:
        return f"Fewer than two methods or {LEAST} seeds: too few to pick by some and judge by others."
    means, seeds = found.mean(), series(map(str, found.index))
    (worst,) = compare_runs(runs, [(means.idxmin(), baseline)])
    text = (
        f"Of {found.shape[1]} variants beside {label_of(baseline)}, **{label_of(worst.method)}** is the worst "
        f"({number(worst)}), and **{label_of(means.idxmax())}** the best by the seeds {seeds}: {signed(means.max())} "
        "points, which flatters it, as it was picked by them."
    )
    if chosen["method"].nunique() > 1:
        text += (
            f" The best by all of these seeds but one promises {signed(chosen['seen'].mean())} points and keeps "
            f"{signed(chosen['unseen'].mean())} on the one left out, on average."
        )
    if judged := on_other_seeds(runs, baseline):
        (one,) = correct([judged[-1]])
        said = sentence(one.sign, [f"it is {better(one)} than {listing({label_of(baseline): one}, 1)}"])
        text += f" On the seeds {series(map(str, one.differences))}, which took no part in the pick: {said[0].lower()}"
        text += said[1:]
    return text
