"""Picking the best of many methods: what a pick by some seeds is worth on the seed that took no part in it.

The best of many rows is flattered by the luck that made it the best. Cross-validation over the seeds (Stone 1974,
Journal of the Royal Statistical Society B 36) takes the seeds' luck off: each pick is judged where it was not made. So
do seeds that were decided on after the pick and run for its sake. The luck of the test images, which are the same for
all seeds, remains.
"""

from collections.abc import Mapping
from statistics import mean, stdev
from typing import NamedTuple

from ckdsnn.report.compare import LEAST, Cells, Comparison, leading_in, paired, values_of
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import probability, with_n
from ckdsnn.report.tables import signed
from ckdsnn.report.words import listed


class Pick(NamedTuple):
    """The method with the largest mean difference from the baseline over all seeds but one, in points."""

    method: str
    seen: float
    """its mean difference over the seeds that picked it"""
    unseen: float
    """its difference on the seed left out"""


def differences(cells: Cells, baseline: str) -> dict[str, dict[int, float]]:
    """Method -> seed -> accuracy minus the baseline's, of methods with LEAST seeds, over the seeds that all have."""
    values = values_of({method: records for method, records in cells.items() if len(records) >= LEAST})
    start = values.pop(baseline, {})
    shared = set(start).intersection(*values.values())
    return {method: {seed: own[seed] - start[seed] for seed in sorted(shared)} for method, own in values.items()}


def picks(found: Mapping[str, Mapping[int, float]]) -> dict[int, Pick]:
    """Seed left out -> the pick by the others; empty for fewer than two methods or LEAST seeds."""
    seeds = list(next(iter(found.values()), {}))
    if len(found) < 2 or len(seeds) < LEAST:
        return {}
    chosen = {}
    for left in seeds:
        means = {method: mean(v for seed, v in own.items() if seed != left) for method, own in found.items()}
        best = max(means, key=means.get)
        chosen[left] = Pick(best, means[best], found[best][left])
    return chosen


def on_other_seeds(cells: Cells, baseline: str) -> tuple[str, list[int], Comparison] | None:
    """The pick by all the seeds that every method has, these seeds, and what it is worth on those that may judge it.

    They are the leading ones of the pick, which took no part in it. None where nothing can be picked, or for fewer than
    LEAST of them.
    """
    found = differences(cells, baseline)
    if not picks(found):
        return None
    best = max(found, key=lambda method: mean(found[method].values()))
    seen = list(found[best])
    values, leading = values_of({method: cells[method] for method in (best, baseline)}), leading_in(cells)
    others = {method: {seed: v for seed, v in own.items() if seed not in seen} for method, own in values.items()}
    judged = paired(others, (best, baseline), leading)
    return (best, seen, judged) if judged and judged.n >= LEAST else None


def other_findings(cells: Cells, baseline: str) -> list[str]:
    """What `on_other_seeds` finds, in a sentence; none where it finds nothing."""
    if not (found := on_other_seeds(cells, baseline)):
        return []
    best, seen, judged = found
    return [
        f"Picked by the seeds {' '.join(map(str, seen))} together: {label_of(best)}. On the seeds "
        f"{' '.join(map(str, judged.differences))}, which took no part, it adds {with_n(judged)}, p "
        f"{probability(judged.p)} in the paired t test."
    ]


def pick_findings(cells: Cells, baseline: str) -> str:
    """Who is picked when each seed in turn is left out, and what all these picks are worth where they are judged."""
    found = differences(cells, baseline)
    chosen = picks(found)
    if not chosen:
        return listed([f"Fewer than two methods or {LEAST} seeds: too few to pick by some and judge by others."])
    sentences = [
        f"Picked of {len(found)} by all seeds but {seed}: {label_of(pick.method)}, {signed(pick.seen)} there, "
        f"{signed(pick.unseen)} on seed {seed}."
        for seed, pick in chosen.items()
    ]
    promised, kept = ([getattr(pick, what) for pick in chosen.values()] for what in ("seen", "unseen"))
    sentences.append(
        f"A pick promises {signed(mean(promised))} points over {label_of(baseline)} and keeps {signed(mean(kept))}, on "
        f"average over {len(chosen)} seeds (sd of what is kept {stdev(kept):.2f})."
    )
    return listed(sentences + other_findings(cells, baseline))
