"""Methods against each other, seed by seed: equal seeds share teacher, first weights, data order and augmentation.

One comparison is one number in the whole book: the mean of the paired differences over the leading seeds that both
methods have, with the interval of the paired t test. Leading seeds are those planned before anybody had seen a result;
others take no part in the number. p values are two-sided; a family of comparisons is corrected by Holm's procedure
(Holm 1979, Scandinavian Journal of Statistics 6).

Beside it stands a pooled estimate of how much differences vary, from all methods of a suite that train:
value = method + seed + residual, a randomised block design whose blocks are the seeds (Fisher 1935). It takes all of
them to vary alike. Both assume normal residuals.

Everywhere `runs` is a frame of a suite's runs, as `Cells.frame()` gives it, and `values` a table of numbers to be
compared: a row a seed, a column a method, NaN where there is none.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import nan, sqrt
from statistics import mean

import numpy as np
import pandas as pd
from scipy import stats

from ckdsnn.recipe.conditions import split_condition
from ckdsnn.recipe.named import TIER_SETTINGS
from ckdsnn.recipe.suites import OVER_SETTINGS, SEEDS, leading_seeds

Pair = tuple[str, str]  # method and baseline
Leading = Callable[[str, str], Container[int]]  # method, baseline -> the seeds that count
LEVEL = 0.05  # of significance
PLAIN = "snn"  # learned from labels alone: what other methods are compared with
LEAST = 3  # seeds below which there is no verdict
FAR = 10.0  # points below the best method's mean accuracy
SILENT = 0.1  # firing rate of the last layer (%): below it a network has stopped to learn, whatever it is compared with

PLANNED = {setting: SEEDS[suite] for suite, own in OVER_SETTINGS.items() for setting in own}  # -> number of seeds


@dataclass(frozen=True)
class Spread:
    """How much one difference between any two methods of a suite varies from seed to seed."""

    deviation: float
    freedom: int
    """degrees of freedom of its estimate"""


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
    """None where the two do not share a suite's spread"""
    corrected: float | None = None
    """p value, corrected for the family of comparisons; None where there is none"""

    @property
    def n(self) -> int:
        return len(self.differences)

    @property
    def mean(self) -> float:
        """NaN where no leading seed is on record."""
        return mean(self.differences.values()) if self.n else nan

    @cached_property
    def test(self):
        """The paired t test, made once; None for fewer than two seeds, and without a spread."""
        return t_test([*self.differences.values()])

    @property
    def p(self) -> float | None:
        """None for fewer than LEAST seeds, and without a spread."""
        return float(self.test.pvalue) if self.test and self.n >= LEAST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the paired t test, not corrected; None for fewer than two seeds, and without a spread."""
        return interval_of(self.test)

    @property
    def pooled_interval(self) -> tuple[float, float] | None:
        """The same by the pooled spread; None for fewer than two seeds, and without one."""
        if self.n < 2 or not self.pooled:
            return None
        half = stats.t.ppf(1 - LEVEL / 2, self.pooled.freedom) * self.pooled.deviation / sqrt(self.n)
        return float(self.mean - half), float(self.mean + half)

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


def t_test(differences: Sequence[float]):
    """The t test of these against 0; None for fewer than two, and for equal ones, which have no spread."""
    return stats.ttest_1samp(differences, 0) if len({*differences}) > 1 else None


def t_interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of their mean by that test, not corrected; None where there is none."""
    return interval_of(t_test(differences))


def interval_of(test) -> tuple[float, float] | None:
    """The 95 % interval of a t test."""
    return tuple(map(float, test.confidence_interval(1 - LEVEL))) if test else None


def table_of(runs: pd.DataFrame, value: str = "accuracy") -> pd.DataFrame:
    """One column of the runs as a table of values, its methods in the order of the runs."""
    if runs.empty:
        return pd.DataFrame()
    methods = runs["method"].astype(str)
    table = runs.assign(method=methods).pivot(index="seed", columns="method", values=value)
    return table[list(dict.fromkeys(methods))].astype(float)


def leading_in(runs: pd.DataFrame) -> Leading:
    """The rule of the setting of these runs.

    In the suites of the reduced tier methods have plans of their own, and some were picked by results. The settings of
    the paper's networks have one plan for all. Elsewhere nothing was planned, and nothing picked: every seed counts.
    """
    setting = next((name for name in runs.get("setting", ()) if name), "")
    if setting == TIER_SETTINGS["reduced"]:
        return leading_seeds
    if setting in PLANNED:
        return lambda method, baseline: range(PLANNED[setting])
    return every_seed


def every_seed(method: str, baseline: str) -> Container[int]:
    """All that the two have in common."""
    return range(2**32)


def silent(runs: pd.DataFrame) -> bool:
    """Whether these networks, on average, hardly spike in their last layer; an ANN does not spike at all."""
    rates = runs["last_firing_rate"]
    return bool(rates.notna().all() and rates.mean() < SILENT)


def near_best(values: pd.DataFrame) -> pd.DataFrame:
    """The methods whose mean is not FAR below the best one's under the same condition."""
    means = values.mean()
    best = means.groupby([split_condition(method)[1] for method in means.index]).transform("max")
    return values.loc[:, means >= best - FAR]


def pooled(values: pd.DataFrame) -> Spread | None:
    """The spread of a difference between any two of these methods; None where no degree of freedom is left for it.

    The residuals of value = method + block have variance s^2, a difference of two values of one block has 2 s^2. One
    seed under two conditions is two blocks: first weights or images differ. Methods of fewer than LEAST seeds, of
    which nobody knows yet how they vary, take no part where there are others.
    """
    known = values.loc[:, values.count() >= LEAST]
    cells = (values if known.empty else known).melt(ignore_index=False, var_name="method").dropna().reset_index()
    blocks = [
        f"{seed} {split_condition(method)[1]}" for seed, method in zip(cells["seed"], cells["method"], strict=True)
    ]
    design = pd.get_dummies(cells.assign(block=blocks)[["method", "block"]]).to_numpy(float)
    observed = cells["value"].to_numpy(float)
    solution, _, rank, _ = np.linalg.lstsq(design, observed)
    freedom = len(cells) - int(rank)
    squares = float(np.square(observed - design @ solution).sum())
    return Spread(sqrt(2 * squares / freedom), freedom) if freedom and squares > 1e-12 else None


def paired(values: pd.DataFrame, pair: Pair, leading: Leading = every_seed) -> Comparison | None:
    """One comparison, its p value not corrected; None without a common seed."""
    if not {*pair} <= {*values.columns}:
        return None
    found = (values[pair[0]] - values[pair[1]]).dropna().round(9)  # no rounding noise
    counts = [seed in leading(*pair) for seed in found.index]
    parts = (found[[count is wanted for count in counts]].to_dict() for wanted in (True, False))
    return None if found.empty else Comparison(*pair, *parts)


def compare(values: pd.DataFrame, pairs: Iterable[Pair], leading: Leading = every_seed) -> list[Comparison]:
    """Comparisons (method, baseline), those without a common seed left out; their p values corrected as a family."""
    return correct([found for pair in pairs if (found := paired(values, pair, leading))])


def compare_runs(runs: pd.DataFrame, pairs: Iterable[Pair]) -> list[Comparison]:
    """The same of these runs' accuracies, by the leading seeds of their setting, the pooled estimate beside each."""
    values = table_of(runs)
    alike = near_best(values) if len(values) else values
    spread = pooled(alike) if len(alike) else None
    return [
        replace(found, pooled=spread) if {found.method, found.baseline} <= {*alike.columns} else found
        for found in compare(values, pairs, leading_in(runs))
    ]


def against(runs: pd.DataFrame, baseline: str) -> list[Comparison]:
    """The accuracy of every other method against one's."""
    return compare_runs(runs, [(method, baseline) for method in runs["method"].unique() if method != baseline])


def correct(found: Sequence[Comparison], family: int = 0) -> list[Comparison]:
    """The comparisons with p values corrected, those without one as they are.

    family: how many comparisons were meant, if more than there are: a verdict may not depend on what is missing yet.
    """
    known = [comparison.p for comparison in found if comparison.p is not None]
    corrected = iter(holm(known + [1.0] * (family - len(known))))
    return [replace(c, corrected=next(corrected)) if c.p is not None else c for c in found]


def holm(values: Sequence[float]) -> list[float]:
    """Holm's corrected p values, in the order of the given ones."""
    corrected, least = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        least = max(least, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = least
    return corrected
