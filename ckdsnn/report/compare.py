"""Methods against each other, seed by seed: equal seeds share teacher, first weights, data order and augmentation.

The differences of last-epoch test accuracy are tested with the paired t test, two-sided; a family of comparisons is
corrected by Holm's procedure (Holm 1979, Scandinavian Journal of Statistics 6).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from scipy import stats

from ckdsnn.records import Record

Cells = Mapping[str, Sequence[Record]]  # method -> its records, one a seed
Values = Mapping[str, Mapping[int, float]]  # method -> seed -> what is compared
LEVEL = 0.05  # of significance, after the correction


@dataclass(frozen=True)
class Comparison:
    """A value of `method` less that of `baseline`, over the seeds that both have; of accuracies: in points."""

    method: str
    baseline: str
    differences: Mapping[int, float]
    """by seed"""
    corrected: float | None = None
    """p value, corrected for the family of comparisons; None for fewer than two seeds"""

    @property
    def n(self) -> int:
        return len(self.differences)

    @property
    def mean(self) -> float:
        return mean(self.differences.values())

    @property
    def p(self) -> float | None:
        """Two-sided p value of the paired t test; None for fewer than two seeds."""
        if self.n < 2:
            return None
        return float(self.test().pvalue) if self.varies else float(self.mean == 0)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean difference, not corrected; None for fewer than two seeds."""
        if self.n < 2:
            return None
        low, high = self.test().confidence_interval(0.95) if self.varies else (self.mean, self.mean)
        return float(low), float(high)

    @property
    def varies(self) -> bool:
        """Whether the differences have a spread: without one the test has no value."""
        return len(set(self.differences.values())) > 1

    def test(self):
        """scipy's result for differences that vary."""
        return stats.ttest_1samp(list(self.differences.values()), 0)

    def verdict(self, higher: bool = True) -> str:
        """supported, contradicted or inconclusive: whether the value of `method` is the higher one (or the lower)."""
        if self.corrected is None or self.corrected >= LEVEL:
            return "inconclusive"
        return "supported" if (self.mean > 0) == higher else "contradicted"


def accuracies(records: Iterable[Record]) -> dict[int, float]:
    """Seed -> last-epoch test accuracy in percent."""
    return {record.seed: record.accuracy for record in records}


def values_of(cells: Cells, value: Callable[[Record], float] = lambda record: record.accuracy) -> Values:
    """A value of every record, by method and seed: the last-epoch test accuracy in percent, or another."""
    return {method: {record.seed: value(record) for record in records} for method, records in cells.items()}


def compare(values: Values, pairs: Iterable[tuple[str, str]]) -> list[Comparison]:
    """A family of comparisons (method, baseline), those without a common seed left out; p values corrected."""
    found = []
    for method, baseline in pairs:
        one, other = values.get(method, {}), values.get(baseline, {})
        if seeds := sorted(one.keys() & other.keys()):
            differences = {seed: round(one[seed] - other[seed], 9) for seed in seeds}  # no rounding noise as a spread
            found.append(Comparison(method, baseline, differences))
    return correct(found)


def correct(found: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with p values corrected for their number, those without one as they are."""
    corrected = iter(holm([comparison.p for comparison in found if comparison.p is not None]))
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
