"""What each variant of the released code is worth, and what choosing the best epoch is, as Markdown."""

from collections.abc import Sequence
from statistics import mean, median

from ckdsnn.records import Record
from ckdsnn.report.compare import Cells, Comparison, compare_runs, correct
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import PAIRED_T, probability, remarks, with_n
from ckdsnn.report.tables import Table, count, signed, whole

NOTHING = "No run of the tier is on record yet."
BASELINES = ("ckdsnn", "ckdsnn-count")
WORTHS = {  # released variant -> that variant of each baseline
    "last activation ReLU": ("ckdsnn-with-relu", "ckdsnn-count-with-relu"),
    "map of the teacher's class": ("ckdsnn-with-class", "ckdsnn-count-with-class"),
    "maps 0 to 1 over the batch": ("ckdsnn-batch", "ckdsnn-batch"),
    "no factor $T_s^2$": ("ckdsnn-nofactor", "ckdsnn-count-with-nofactor"),
    "variance as deviation of the noise": ("ckdsnn-with-variance", "ckdsnn-count-with-variance"),
    "noise mixed as probabilities": ("ckdsnn-with-mix", "ckdsnn-count-with-mix"),
    "classifier of two layers": ("ckdsnn-with-head", "ckdsnn-count-with-head"),
    "all seven together": ("ckdsnn-released", "ckdsnn-released"),
}
FORMS = {name: list(zip(variants, BASELINES, strict=True)) for name, variants in WORTHS.items()}
FAMILY = sum(map(len, FORMS.values()))


def compared(cells: Cells) -> dict[tuple[str, str], Comparison]:
    """What is on record of all variants; p values are corrected for all of them, measured or not."""
    found = compare_runs(cells, [pair for pairs in FORMS.values() for pair in pairs])
    return {(comparison.method, comparison.baseline): comparison for comparison in correct(found, FAMILY)}


def forms(cells: Cells, baseline: str) -> Cells:
    """A baseline and the released variants of it: those that are on record."""
    own = [baseline, *(variant for pairs in FORMS.values() for variant, other in pairs if other == baseline)]
    return {method: cells[method] for method in own if method in cells}


def worth_table(cells: Cells) -> str:
    """One row a variant of which something is on record, remarks on the rows in a list below; "" where nothing is."""
    found = compared(cells)
    measured = {name: pairs for name, pairs in FORMS.items() if found.keys() & set(pairs)}
    header = ["Released variant", *(f"minus {label_of(baseline)}" for baseline in BASELINES)]
    rows = [[name, *(worth(found.get(pair)) for pair in pairs)] for name, pairs in measured.items()]
    caption = (
        f"Test accuracy of the released variant minus that of the form without it, in points {PAIRED_T}, paired by "
        f"seed, n pairs; p values by Holm's procedure over {FAMILY} comparisons"
    )
    notes = [
        f"- {name}, minus {label_of(pair[1])}: {note}."
        for name, pairs in measured.items()
        for pair in pairs
        if pair in found and (note := remarks(found[pair]))
    ]
    return "\n".join([Table("differences-worth", caption, header, rows).markdown(), "", *notes]) if rows else ""


def unmeasured(cells: Cells) -> str:
    """The variants of which nothing is on record, in a line; "" where there are none."""
    found = compared(cells)
    rest = [name for name, pairs in FORMS.items() if not found.keys() & set(pairs)]
    return f"Not measured yet: {'; '.join(rest)}." if rest else ""


def worth(comparison: Comparison | None) -> str:
    """A difference with its number of pairs and its corrected p value."""
    if comparison is None:
        return "not measured yet"
    if comparison.corrected is None:
        return with_n(comparison)
    p = probability(comparison.corrected)
    return f"{with_n(comparison)}, {whole('p' if p.startswith('<') else 'p =')}\u00a0{p}"


def best_less_last(records: Sequence[Record]) -> str:
    """What the best epoch on the test set adds to the last one's accuracy, over all these runs."""
    if not records:
        return NOTHING
    gains = {r.id: round(r.final["best_accuracy"]["value"] - r.accuracy, 6) for r in records}
    largest = max(gains, key=gains.__getitem__)
    numbers = median(gains.values()), mean(gains.values()), gains[largest]
    middle, average, most = map(signed, numbers)
    same = sum(not gain for gain in gains.values())
    return (
        f"The best epoch on the test set instead of the last, over all runs of the tier {count(len(gains))}: {middle} "
        f"points in the median, {average} on average, at most {most} (`{largest}`). In {same} of them the last epoch "
        "is the best."
    )
