"""Methods against each other, seed by seed: equal seeds share teacher, first weights, data order and augmentation.

One comparison is one number in the whole book: the mean of the paired differences over the leading seeds that both
methods have, with the interval of the paired t test. Leading seeds are those planned before anybody had seen a result;
others take no part in the number. p values are two-sided; a family of comparisons is corrected by Holm's procedure
(Holm 1979, Scandinavian Journal of Statistics 6).

Beside it stands a pooled estimate of how much differences vary, from all methods of a suite that train:
value = method + seed + residual, a randomised block design whose blocks are the seeds (Fisher 1935). It takes all of
them to vary alike. Both assume normal residuals.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan, sqrt
from statistics import mean, stdev

import numpy as np
from scipy import stats

from ckdsnn.recipe import Recipe
from ckdsnn.recipe.conditions import split_condition
from ckdsnn.recipe.named import PLACE_OF_DIGEST, TIER_SETTINGS
from ckdsnn.recipe.suites import OVER_SETTINGS, SEEDS, leading_seeds
from ckdsnn.records import Record
from ckdsnn.records.study import Study

Cells = Mapping[str, Sequence[Record]]  # method -> its records, one a seed
Studied = Mapping[str, Sequence[Study]]  # method -> studies of its networks, one a seed
Values = Mapping[str, Mapping[int, float]]  # method -> seed -> what is compared
Pair = tuple[str, str]  # method and baseline
Leading = Callable[[str, str], Container[int]]  # method, baseline -> the seeds that count
LEVEL = 0.05  # of significance
LEAST = 3  # seeds below which there is no verdict
FAR = 10.0  # points below the best method's mean accuracy
SILENT = 1e-3  # firing rate of the last layer: below it a network has stopped to learn, whatever it is compared with

PLANNED = {setting: SEEDS[suite] for suite, own in OVER_SETTINGS.items() for setting in own}  # -> number of seeds


@dataclass(frozen=True)
class Spread:
    """How much one difference between two methods varies from seed to seed."""

    deviation: float
    freedom: int
    """degrees of freedom of its estimate"""

    def half(self, n: int) -> float:
        """Half the width of the 95 % interval of a mean of n differences."""
        return float(stats.t.ppf(1 - LEVEL / 2, self.freedom)) * self.deviation / sqrt(n)


@dataclass(frozen=True)
class Comparison:
    """A value of `method` minus that of `baseline`, over the leading seeds that both have; of accuracies: in points."""

    method: str
    baseline: str
    differences: Mapping[int, float]
    """by leading seed"""
    others: Mapping[int, float] = field(default_factory=dict)
    """by seed, of those that take no part: added after a look, or those that made the pick"""
    pooled: Spread | None = None
    """of a difference between any two methods of the suite; None where they do not share one"""
    corrected: float | None = None
    """p value, corrected for the family of comparisons; None where there is none"""

    @property
    def n(self) -> int:
        return len(self.differences)

    @property
    def mean(self) -> float:
        """NaN where no leading seed is on record."""
        return mean(self.differences.values()) if self.n else nan

    @property
    def spread(self) -> Spread | None:
        """Of these differences; None for fewer than two, and for equal ones, which say nothing about it."""
        found = list(self.differences.values())
        return Spread(stdev(found), len(found) - 1) if len(set(found)) > 1 else None

    @property
    def p(self) -> float | None:
        """Of no difference, in the paired t test; None for fewer than LEAST seeds, and without a spread."""
        if self.n < LEAST or not self.spread:
            return None
        return float(2 * stats.t.sf(abs(self.mean) * sqrt(self.n) / self.spread.deviation, self.spread.freedom))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the paired t test, not corrected; None for fewer than two seeds, and without a spread."""
        return self.around(self.spread)

    @property
    def pooled_interval(self) -> tuple[float, float] | None:
        """The same by the pooled spread."""
        return self.around(self.pooled)

    def around(self, spread: Spread | None) -> tuple[float, float] | None:
        """The interval that this spread gives; None for fewer than two seeds, and without a spread."""
        if self.n < 2 or not spread:
            return None
        half = spread.half(self.n)
        return self.mean - half, self.mean + half

    @property
    def sign(self) -> int | None:
        """The verdict, the same wherever the two are compared: 1 above, -1 below, 0 open; None for too few seeds."""
        if self.p is None:
            return None
        return 0 if self.p >= LEVEL else 1 if self.mean > 0 else -1

    @property
    def clear(self) -> bool:
        """Whether there is a difference also after the correction for the family."""
        return self.corrected is not None and self.corrected < LEVEL

    @property
    def disputed(self) -> bool:
        """Whether the two intervals disagree about zero."""
        both = self.interval, self.pooled_interval
        return None not in both and len({low <= 0 <= high for low, high in both}) > 1

    @property
    def everything(self) -> "Comparison":
        """The same over all seeds on record."""
        return replace(self, differences=dict(sorted({**self.differences, **self.others}.items())), others={})


def accuracies(records: Iterable[Record]) -> dict[int, float]:
    """Seed -> last-epoch test accuracy in percent."""
    return {record.seed: record.accuracy for record in records}


def values_of(cells: Cells, value: Callable[[Record], float] = lambda record: record.accuracy) -> Values:
    """A value of every record, by method and seed: the last-epoch test accuracy in percent, or another."""
    return {method: {record.seed: value(record) for record in records} for method, records in cells.items()}


def setting_of(cells: Cells | Studied) -> str:
    """The setting whose recipes these runs, or the runs studied, are; "" for none."""
    digests = (Recipe.of(document.recipe).digest() for found in cells.values() for document in found)
    return next((PLACE_OF_DIGEST[digest].setting for digest in digests if digest in PLACE_OF_DIGEST), "")


def leading_in(cells: Cells | Studied) -> Leading:
    """The rule of the setting of these runs.

    In the suites of the reduced tier methods have plans of their own, and some were picked by results. The settings of
    the paper's networks have one plan for all. Elsewhere nothing was planned, and nothing picked: every seed counts.
    """
    setting = setting_of(cells)
    if setting == TIER_SETTINGS["reduced"]:
        return leading_seeds
    if setting in PLANNED:
        return lambda method, baseline: range(PLANNED[setting])
    return every_seed


def every_seed(method: str, baseline: str) -> Container[int]:
    """All that the two have in common."""
    return range(2**32)


def silent(records: Iterable[Record]) -> bool:
    """Whether these networks, on average, hardly spike in their last layer; an ANN does not."""
    rates = [list(record.final["firing_rate"].values()) for record in records]
    return all(rates) and mean(layers[-1] for layers in rates) < SILENT


def near_best(values: Values) -> Values:
    """The methods whose mean accuracy is not FAR below the best one's under the same condition."""
    means = {method: mean(seeds.values()) for method, seeds in values.items() if seeds}
    best: dict[str, float] = {}
    for method, found in means.items():
        condition = split_condition(method)[1]
        best[condition] = max(best.get(condition, found), found)
    return {m: values[m] for m, found in means.items() if found >= best[split_condition(m)[1]] - FAR}


def pooled(values: Values) -> Spread | None:
    """The spread of a difference between any two of these methods; None where no degree of freedom is left for it.

    The residuals of value = method + block have variance s^2, a difference of two values of one block has 2 s^2. One
    seed under two conditions is two blocks: first weights or images differ. Methods of fewer than LEAST seeds, of
    which nobody knows yet how they vary, take no part where there are others.
    """
    values = {method: seeds for method, seeds in values.items() if len(seeds) >= LEAST} or values
    cells = [(m, (split_condition(m)[1], seed), value) for m, seeds in values.items() for seed, value in seeds.items()]
    methods, blocks = (list(dict.fromkeys(cell[axis] for cell in cells)) for axis in (0, 1))
    design = np.zeros((len(cells), len(methods) + len(blocks)))
    for row, (method, block, _) in enumerate(cells):
        design[row, [methods.index(method), len(methods) + blocks.index(block)]] = 1
    observed = np.array([value for *_, value in cells])
    solution, _, rank, _ = np.linalg.lstsq(design, observed)
    freedom = len(cells) - int(rank)
    squares = float(np.square(observed - design @ solution).sum())
    return Spread(sqrt(2 * squares / freedom), freedom) if freedom and squares > 1e-12 else None


def paired(values: Values, pair: Pair, leading: Leading = every_seed) -> Comparison | None:
    """One comparison, its p value not corrected; None without a common seed."""
    one, other = (values.get(name, {}) for name in pair)
    found = {seed: round(one[seed] - other[seed], 9) for seed in sorted(one.keys() & other.keys())}  # no rounding noise
    seeds = leading(*pair)
    differences = {seed: difference for seed, difference in found.items() if seed in seeds}
    others = {seed: difference for seed, difference in found.items() if seed not in seeds}
    return Comparison(*pair, differences, others) if found else None


def compare(values: Values, pairs: Iterable[Pair], leading: Leading = every_seed) -> list[Comparison]:
    """Comparisons (method, baseline), those without a common seed left out; their p values corrected as a family."""
    return correct([found for pair in pairs if (found := paired(values, pair, leading))])


def compare_runs(cells: Cells, pairs: Iterable[Pair]) -> list[Comparison]:
    """The same of these runs' accuracies, by the leading seeds of their setting, the pooled estimate beside each."""
    values = values_of(cells)
    alike = near_best(values)
    spread = pooled(alike) if alike else None
    return [
        replace(found, pooled=spread) if found.method in alike and found.baseline in alike else found
        for found in compare(values, pairs, leading_in(cells))
    ]


def correct(found: Sequence[Comparison], family: int = 0) -> list[Comparison]:
    """The comparisons with p values corrected, those without one as they are.

    family: how many comparisons were meant, if more than there are: a verdict may not depend on what is missing yet.
    """
    known = [comparison.p for comparison in found if comparison.p is not None]
    corrected = iter(holm(known + [1.0] * (family - len(known))))
    return [replace(c, corrected=next(corrected)) if c.p is not None else c for c in found]


def against(cells: Cells, baseline: str) -> list[Comparison]:
    """The accuracy of every other method against one's."""
    return compare_runs(cells, [(method, baseline) for method in cells if method != baseline])


def holm(values: Sequence[float]) -> list[float]:
    """Holm's corrected p values, in the order of the given ones."""
    corrected, least = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        least = max(least, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = least
    return corrected
