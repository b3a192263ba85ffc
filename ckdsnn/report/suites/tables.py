"""The table of a suite, and how a comparison is written: every number is computed from the records."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from ckdsnn.records import Record
from ckdsnn.report.compare import Cells, Comparison, accuracies, against, silent
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.tables import DASH, Table, count, mean_sd, whole

CHANCE = {  # data set -> accuracy of guessing (%)
    **dict.fromkeys(("digits", "cifar10", "nmnist", "cifar10dvs", "cifar10-events", "imagenet10"), 10.0),
    **{"cifar100": 1.0, "imagenet": 0.1},
}
NEAR = 2.0  # points: so near to chance a network has learned next to nothing
PAIRED_T = "[95 %, paired t]"
PAIRED = 'Differences are paired by seed; "from": the other\'s mean over these seeds, where one has more.'


def owners(suites: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Method -> the first suite that has it: there its runs are counted, and its row stands."""
    return {method: suite for suite in reversed(list(suites)) for method in suites[suite]}


def in_points(comparison: Comparison, digits: int = 2) -> str:
    """The mean difference with its 95 % interval, to so many digits after the point; a dash without a leading seed."""
    if not comparison.n:
        return DASH
    middle = whole(f"{comparison.mean:+.{digits}f}")
    return f"{middle} {bounds(comparison.interval, digits)}" if comparison.interval else middle


def bounds(interval: tuple[float, float], digits: int = 2) -> str:
    """An interval."""
    low, high = (f"{value:+.{digits}f}" for value in interval)
    return whole(f"[{low}, {high}]")


def with_n(comparison: Comparison) -> str:
    """The same with the number of pairs."""
    return f"{in_points(comparison)} {count(comparison.n)}" if comparison.n else DASH


def remarks(comparison: Comparison, digits: int = 2) -> str:
    """What has to be known beside the number: seeds that take no part in it, and a pooled estimate that differs."""
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


def with_remarks(
    header: Sequence[str], rows: Sequence[Sequence[str]], found: Iterable[str]
) -> tuple[list[str], list[list[str]]]:
    """A table with the remark on each row as its last column, if there is any."""
    found = list(found)
    if not any(found):
        return list(header), [list(row) for row in rows]
    return [*header, "Remarks"], [[*row, remark or DASH] for row, remark in zip(rows, found, strict=True)]


def probability(p: float | None) -> str:
    """A p value, a dash where there is none."""
    return DASH if p is None else whole("< 0.001") if p < 0.001 else f"{p:.3f}"


def holm_over(comparisons: Iterable[Comparison]) -> str:
    """The header over their corrected p values: by which procedure, and over how many."""
    family = sum(comparison.p is not None for comparison in comparisons)
    return f"p, Holm over {family}" if family else "p, Holm"


def suite_table(name: str, caption: str, cells: Cells, baseline: str) -> Table:
    """One row a method: accuracy, paired difference from `baseline`, corrected p value."""
    found = {comparison.method: comparison for comparison in against(cells, baseline)}
    header = ["Method", "Test accuracy, last epoch (%), mean ± sd (n)"]
    header += [f"minus {label_of(baseline)}, points {PAIRED_T}", holm_over(found.values())]
    methods = in_families(cells, baseline)
    rows = [
        [
            marked(label_of(method), cells[method]),
            mean_sd(accuracies(cells[method]).values()),
            paired(found[method], cells) if method in found else DASH,
            probability(found[method].corrected) if method in found else DASH,
        ]
        for method in methods
    ]
    notes = [remarks(found[method]) if method in found else "" for method in methods]
    return Table(name, f"{caption.rstrip('.')}. {PAIRED}", *with_remarks(header, rows, notes))


def paired(comparison: Comparison, cells: Cells) -> str:
    """The difference and the number of pairs, with the baseline's mean over them where it is not its row's."""
    both = accuracies(cells[comparison.method]), accuracies(cells[comparison.baseline])
    text = with_n(comparison)
    if not comparison.n or all(len(seeds) == comparison.n for seeds in both):
        return text
    start = mean(both[1][seed] for seed in comparison.differences)
    return f"{text} {whole(f'from {start:.2f}')}"


def marked(label: str, records: Sequence[Record]) -> str:
    """A row's label, and whether its networks have learned next to nothing or no longer spike."""
    chance = CHANCE[records[0].recipe["dataset"]]
    marks = ["at chance"] * (mean(record.accuracy for record in records) < chance + NEAR)
    marks += ["silent"] * silent(records)
    return f"{label} ({', '.join(marks)})" if marks else label
