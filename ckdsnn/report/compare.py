"""Methods against each other, seed by seed: equal seeds share teacher, first weights, data order and augmentation.

Three to five seeds say little about how much one difference varies, but all methods of a suite together say it well:
value = method + seed + residual, a randomised block design whose blocks are the seeds (Fisher 1935), gives one
deviation for all differences between methods that train. It takes them to vary alike; what lies far below the best, a
network that has collapsed, or varies far more than the others, has its own way: there the spread is that of the
differences themselves, as in the paired t test. Both assume normal residuals. p values are two-sided; a family of
comparisons is corrected by Holm's procedure (Holm 1979, Scandinavian Journal of Statistics 6).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, sqrt
from statistics import mean, median, stdev

import numpy as np
from scipy import stats

from ckdsnn.records import Record

Cells = Mapping[str, Sequence[Record]]  # method -> its records, one a seed
Values = Mapping[str, Mapping[int, float]]  # method -> seed -> what is compared
LEVEL = 0.05  # of significance
LEAST = 3  # seeds below which there is no verdict
FAR = 10.0  # points below the best method's mean accuracy
WILD = 3.0  # times the methods' median deviation from seed to seed: by luck, about one method in a hundred has more
SILENT = 1e-3  # firing rate of the last layer: below it a network has stopped to learn, whatever it is compared with


@dataclass(frozen=True)
class Spread:
    """How much one difference between two methods varies from seed to seed."""

    deviation: float
    freedom: int
    """degrees of freedom of its estimate"""


@dataclass(frozen=True)
class Comparison:
    """A value of `method` less that of `baseline`, over the seeds that both have; of accuracies: in points."""

    method: str
    baseline: str
    differences: Mapping[int, float]
    """by seed"""
    spread: Spread | None = None
    """None where nothing says how much they vary: then there is neither interval nor p value"""
    corrected: float | None = None
    """p value, corrected for the family of comparisons; None where there is none"""

    @property
    def n(self) -> int:
        return len(self.differences)

    @property
    def mean(self) -> float:
        return mean(self.differences.values())

    @property
    def p(self) -> float | None:
        """Two-sided, of no difference; None for fewer than LEAST seeds."""
        if self.n < LEAST or not self.spread:
            return None
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.spread.freedom))

    @property
    def error(self) -> float:
        """Standard error of the mean difference."""
        return self.spread.deviation / sqrt(self.n)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean difference, not corrected; None for fewer than two seeds, and without a spread."""
        if self.n < 2 or not self.spread:
            return None
        half = float(stats.t.ppf(1 - LEVEL / 2, self.spread.freedom)) * self.error
        return self.mean - half, self.mean + half

    @property
    def clear(self) -> bool:
        """Whether there is a difference, after the correction."""
        return self.corrected is not None and self.corrected < LEVEL


def accuracies(records: Iterable[Record]) -> dict[int, float]:
    """Seed -> last-epoch test accuracy in percent."""
    return {record.seed: record.accuracy for record in records}


def values_of(cells: Cells, value: Callable[[Record], float] = lambda record: record.accuracy) -> Values:
    """A value of every record, by method and seed: the last-epoch test accuracy in percent, or another."""
    return {method: {record.seed: value(record) for record in records} for method, records in cells.items()}


def silent(records: Iterable[Record]) -> bool:
    """Whether these networks, on average, hardly spike in their last layer; an ANN does not."""
    rates = [list(record.final["firing_rate"].values()) for record in records]
    return all(rates) and mean(layers[-1] for layers in rates) < SILENT


def near_best(values: Values) -> Values:
    """The methods whose mean accuracy is not FAR below the best one's."""
    means = {method: mean(seeds.values()) for method, seeds in values.items() if seeds}
    return {method: values[method] for method, found in means.items() if found >= max(means.values()) - FAR}


def steady(values: Values) -> Values:
    """Those of them that do not vary WILD from seed to seed, as far as LEAST seeds can tell."""
    near = near_best(values)
    spreads = {method: stdev(seeds.values()) for method, seeds in near.items() if len(seeds) >= LEAST}
    most = WILD * median(spreads.values()) if spreads else inf
    return {method: seeds for method, seeds in near.items() if spreads.get(method, 0.0) <= most}


def pooled(values: Values) -> Spread | None:
    """The spread of a difference between any two of these methods; None where no degree of freedom is left for it.

    The residuals of value = method + seed have variance s^2, a difference of two values of one seed has 2 s^2. Methods
    of fewer than LEAST seeds, of which nobody knows yet how they vary, take no part where there are others.
    """
    values = {method: seeds for method, seeds in values.items() if len(seeds) >= LEAST} or values
    cells = [(method, seed, value) for method, seeds in values.items() for seed, value in seeds.items()]
    methods, seeds = (list(dict.fromkeys(cell[axis] for cell in cells)) for axis in (0, 1))
    design = np.zeros((len(cells), len(methods) + len(seeds)))
    for row, (method, seed, _) in enumerate(cells):
        design[row, [methods.index(method), len(methods) + seeds.index(seed)]] = 1
    observed = np.array([value for *_, value in cells])
    solution, _, rank, _ = np.linalg.lstsq(design, observed)
    freedom = len(cells) - int(rank)
    squares = float(np.square(observed - design @ solution).sum())
    return Spread(sqrt(2 * squares / freedom), freedom) if freedom and squares > 1e-12 else None


def own_spread(differences: Iterable[float]) -> Spread | None:
    """The spread of these differences; None for fewer than two, and for equal ones, which say nothing about it."""
    found = list(differences)
    return Spread(stdev(found), len(found) - 1) if len(set(found)) > 1 else None


def compare(values: Values, pairs: Iterable[tuple[str, str]], together: bool = True) -> list[Comparison]:
    """Comparisons (method, baseline), those without a common seed left out; their p values corrected as a family.

    together: the values are accuracies, whose spread methods that train have in common; else each pair has its own.
    """
    alike = steady(values) if together else {}
    common = pooled(alike) if alike else None
    found = []
    for method, baseline in pairs:
        one, other = values.get(method, {}), values.get(baseline, {})
        if seeds := sorted(one.keys() & other.keys()):
            differences = {seed: round(one[seed] - other[seed], 9) for seed in seeds}  # no rounding noise as a spread
            shared = method in alike and baseline in alike
            spread = common if shared else own_spread(differences.values())
            found.append(Comparison(method, baseline, differences, spread))
    return correct(found)


def correct(found: Sequence[Comparison], family: int = 0) -> list[Comparison]:
    """The comparisons with p values corrected, those without one as they are.

    family: how many comparisons were meant, if more than there are: a verdict may not depend on what is missing yet.
    """
    known = [comparison.p for comparison in found if comparison.p is not None]
    corrected = iter(holm(known + [1.0] * (family - len(known))))
    return [replace(c, corrected=next(corrected)) if c.p is not None else c for c in found]


def against(cells: Cells, baseline: str) -> list[Comparison]:
    """The accuracy of every other method against one's."""
    return compare(values_of(cells), [(method, baseline) for method in cells if method != baseline])


def holm(values: Sequence[float]) -> list[float]:
    """Holm's corrected p values, in the order of the given ones."""
    corrected, least = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        least = max(least, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = least
    return corrected
