"""Pairs of methods of one suite that differ in one thing: what it adds."""

from collections.abc import Mapping

from ckdsnn.report.compare import Cells, Comparison, Pair, compare_runs
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import PAIRED_T, holm_over, in_points, probability, remarks, with_n, with_remarks
from ckdsnn.report.tables import DASH, Table, beside, spread
from ckdsnn.report.words import listed

ACCURACY = "Test accuracy, last epoch (%), mean ± sd"
DIFFERENCE = f"Difference, points {PAIRED_T}"


def pair_label(pair: Pair) -> str:
    """The pair in words."""
    return " minus ".join(map(label_of, pair))


def pair_numbers(comparison: Comparison, cells: Cells) -> list[str]:
    """What a table says of a pair: both accuracies over the seeds compared, the difference, its corrected p value."""
    if not comparison.n:
        return [DASH] * 3
    first, second = (
        spread([record.accuracy for record in cells[name] if record.seed in comparison.differences])
        for name in (comparison.method, comparison.baseline)
    )
    return [beside(first, second), with_n(comparison), probability(comparison.corrected)]


def compared_pairs(cells: Cells, pairs: Mapping[str, Pair]) -> dict[str, Comparison]:
    """What is added, in words -> the comparison, of the pairs that are on record; corrected as one family."""
    found = {(c.method, c.baseline): c for c in compare_runs(cells, pairs.values())}
    return {words: found[pair] for words, pair in pairs.items() if pair in found}


def pair_table(name: str, caption: str, cells: Cells, pairs: Mapping[str, Pair]) -> Table:
    """One row a pair: what is added, the two methods, what that is worth."""
    found = compared_pairs(cells, pairs)
    header = ["Added", "Compared", ACCURACY, DIFFERENCE, holm_over(found.values())]
    rows = [[words, pair_label(pairs[words]), *pair_numbers(one, cells)] for words, one in found.items()]
    return Table(name, caption, *with_remarks(header, rows, map(remarks, found.values())))


def pair_findings(cells: Cells, pairs: Mapping[str, Pair]) -> str:
    """One sentence a pair, clear where it holds after the correction, too; then those that are not on record."""
    found = compared_pairs(cells, pairs)
    sentences = [
        f"{words}: {in_points(comparison)} points{', clear' * comparison.clear}." for words, comparison in found.items()
    ]
    missing = [words for words in pairs if words not in found]
    return listed(sentences + [f"Not measured yet: {'; '.join(missing)}."] * bool(missing))
