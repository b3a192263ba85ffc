"""How a comparison is written and drawn: every number is computed from the records."""

from collections.abc import Iterable, Mapping
from textwrap import fill

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from ckdsnn.report.compare import FAR, Comparison, t_interval
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.tables import DASH, count, signed, whole

PAIRED_T = "[95 %, paired t]"
LABEL = 26  # characters of a row's label in one line


def in_points(comparison: Comparison, digits: int = 2) -> str:
    """The mean difference with its 95 % interval, to so many digits after the point; a dash without a leading seed."""
    if not comparison.n:
        return DASH
    middle = signed(comparison.mean, digits)
    return f"{middle} {bounds(comparison.interval, digits)}" if comparison.interval else middle


def bounds(interval: tuple[float, float], digits: int = 2) -> str:
    """An interval."""
    return whole("[{}, {}]".format(*(signed(value, digits) for value in interval)))


def with_n(comparison: Comparison) -> str:
    """The same with the number of pairs."""
    return f"{in_points(comparison)} {count(comparison.n)}" if comparison.n else DASH


def remarks(comparison: Comparison | None, digits: int = 2) -> str:
    """What has to be known beside the number: seeds that take no part in it, and a pooled estimate that differs."""
    if comparison is None:
        return ""
    found = []
    if extra := len(comparison.others):
        every = comparison.everything
        found.append(
            f"all seeds: {in_points(every, digits)}, n\u00a0=\u00a0{every.n}, of which {extra} take no part: run "
            "later, or used for a pick"
        )
    if comparison.disputed:
        interval = comparison.pooled_interval
        zero = "includes" if interval[0] <= 0 <= interval[1] else "excludes"
        found.append(f"pooled over the suite {bounds(interval, digits)} {zero} 0")
    return "; ".join(found)


def probability(p: float | None) -> str:
    """A p value, a dash where there is none."""
    return DASH if p is None else whole("< 0.001") if p < 0.001 else f"{p:.3f}"


def holm_over(comparisons: Iterable[Comparison]) -> str:
    """The header over their corrected p values: by which procedure, and over how many."""
    family = sum(comparison.p is not None for comparison in comparisons)
    return f"p, Holm over {family}" if family else "p, Holm"


def pair_label(comparison: Comparison) -> str:
    """The two methods in words."""
    return f"{label_of(comparison.method)} minus {label_of(comparison.baseline)}"


def draw_differences(axes: Axes, rows: Mapping[str, Comparison]) -> pd.DataFrame:
    """A diamond at each mean with its 95 % interval, a dot a seed; returns what is drawn, a row a seed.

    rows: label -> comparison. A row far below the others would hide what they differ in: its mean is written at the
    edge instead (`far_below`). What has no leading seed has an empty row.
    """
    rows = {fill(label, LABEL): one for label, one in rows.items()}
    drawn = [
        {"row": row, "method": one.method, "baseline": one.baseline, "seed": seed, "points": points}
        for row, one in rows.items()
        for seed, points in one.differences.items()
    ]
    data = pd.DataFrame(drawn, columns=["row", "method", "baseline", "seed", "points"])
    means = {row: one.mean for row, one in rows.items() if one.n}
    far = far_below(means)
    colours = {row: colour_of(one.method) for row, one in rows.items()}
    look = {"x": "points", "y": "row", "order": [*rows], "hue": "row", "palette": colours, "legend": False, "ax": axes}
    near = data[~data["row"].isin(far)]
    sns.stripplot(near, **look, jitter=False, size=3.5, alpha=0.6)
    sns.pointplot(
        near,
        **look,
        errorbar=span,
        linestyle="none",
        marker="D",
        markersize=4.5,
        err_kws={"linewidth": 1.5},
        capsize=0.3,
    )
    axes.axvline(0, color="#777777", lw=1)
    for row, mean in far.items():
        at = {"xycoords": axes.get_yaxis_transform(), "va": "center", "bbox": {"fc": "white", "ec": "none", "pad": 1}}
        axes.annotate(f"← {signed(mean, 1)}", (0.01, [*rows].index(row)), **at)
    axes.set_ylabel("")
    return data


def far_below(means: Mapping[str, float]) -> dict[str, float]:
    """The rows FAR below both the best one and 0, which is on the axis; none if all fit on an axis up to twice as
    long."""
    edge = min(0.0, max(means.values(), default=0.0)) - FAR
    far = {row: mean for row, mean in means.items() if mean < edge}
    near = [0.0, *(mean for row, mean in means.items() if row not in far)]
    return far if max(near) - min(means.values(), default=0.0) > 2 * (max(near) - min(near)) else {}


def span(differences: pd.Series) -> tuple[float, float]:
    """The ends of the interval that is drawn around a mean; without any, the mean."""
    return t_interval(differences) or (differences.mean(),) * 2
