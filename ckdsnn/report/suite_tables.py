"""What a suite has found, as a table and in sentences: every number is computed from the records."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from ckdsnn.report.compare import Cells, Comparison, accuracies, against
from ckdsnn.report.labels import label_of
from ckdsnn.report.tables import Table, mean_sd

COLUMNS = 78  # characters that fit a page of the book


def in_points(comparison: Comparison, digits: int = 2) -> str:
    """The mean difference with its 95 % interval, to so many digits after the point."""
    mean, *ends = (f"{value:+.{digits}f}" for value in (comparison.mean, *(comparison.interval or ())))
    return f"{mean} [{', '.join(ends)}]" if ends else mean


def probability(p: float | None) -> str:
    """A p value, a dash where there is none."""
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def suite_table(name: str, caption: str, cells: Cells, baseline: str) -> Table:
    """One row a method: accuracy, paired difference from `baseline`, corrected p value."""
    found = {comparison.method: comparison for comparison in against(cells, baseline)}
    header = ["Method", "Test accuracy, last epoch (%), mean ± sd (n)"]
    header += [f"Less {label_of(baseline)} (points) [95 %]", "p, corrected"]
    rows = [
        [
            label_of(method),
            mean_sd(accuracies(records).values()),
            in_points(found[method]) if method in found else "–",
            probability(found[method].corrected) if method in found else "–",
        ]
        for method, records in cells.items()
    ]
    return Table(name, caption, header, rows)


def sentence(comparison: Comparison) -> str:
    """One comparison in words."""
    start = f"{label_of(comparison.method)} less {label_of(comparison.baseline)}: {in_points(comparison)} points"
    if comparison.p is None:
        return f"{start}, n = {comparison.n}: no verdict."
    certain = "clear" if comparison.clear else "not clear"
    return f"{start}, n = {comparison.n}, corrected p {probability(comparison.corrected)}: {certain}."


def findings(comparisons: Iterable[Comparison], absent: Sequence[str] = ()) -> str:
    """A line for each comparison, the largest difference first, and one that names the methods without any record."""
    ordered = sorted(comparisons, key=lambda comparison: -comparison.mean)
    lines = [sentence(comparison) for comparison in ordered]
    if absent:
        lines.append(f"Not measured yet: {'; '.join(map(label_of, absent))}.")
    return "\n".join(fill(line, COLUMNS, initial_indent="- ", subsequent_indent="  ") for line in lines)
