"""What each variant of the released code is worth, and what choosing the best epoch is, as Markdown."""

from collections.abc import Sequence
from statistics import mean, median

from ckdsnn.records import Record
from ckdsnn.report.compare import Cells, Comparison, compare, correct, values_of
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import probability, with_n
from ckdsnn.report.tables import Table, count, signed

NOTHING = "No run of the tier is on record yet."
BASELINES = ("ckdsnn", "ckdsnn-sample")
WORTHS = {  # released variant -> its form of each baseline
    "last activation ReLU": ("ckdsnn-with-relu", "ckdsnn-sample-with-relu"),
    "map of the teacher's class": ("ckdsnn-with-class", "ckdsnn-sample-with-class"),
    "maps 0 to 1 over the batch": ("ckdsnn-batch", "ckdsnn-batch"),
    "no factor $T_s^2$": ("ckdsnn-with-nofactor", "ckdsnn-sample-nofactor"),
    "variance as deviation of the noise": ("ckdsnn-with-variance", "ckdsnn-sample-with-variance"),
    "noise mixed as probabilities": ("ckdsnn-with-mix", "ckdsnn-sample-with-mix"),
    "classifier of two layers": ("ckdsnn-with-head", "ckdsnn-sample-with-head"),
    "all together": ("ckdsnn-released", "ckdsnn-released"),
}
FORMS = {name: list(zip(variants, BASELINES, strict=True)) for name, variants in WORTHS.items()}
FAMILY = sum(map(len, FORMS.values()))


def compared(cells: Cells) -> dict[tuple[str, str], Comparison]:
    """What is on record of all variants and forms; p values are corrected for all of them, measured or not."""
    found = compare(values_of(cells), [pair for pairs in FORMS.values() for pair in pairs])
    return {(comparison.method, comparison.baseline): comparison for comparison in correct(found, FAMILY)}


def forms(cells: Cells, baseline: str) -> Cells:
    """The paper's form in one reading, and the released variants of it: those that are on record."""
    own = [baseline, *(variant for pairs in FORMS.values() for variant, other in pairs if other == baseline)]
    return {method: cells[method] for method in own if method in cells}


def worth_table(cells: Cells) -> str:
    """One row a variant of which something is on record; "" where there is none."""
    found = compared(cells)
    header = ["Released variant"]
    for baseline in BASELINES:
        header += [f"Less {label_of(baseline)}, points [95 %, not corrected]", f"p, Holm over {FAMILY}"]
    rows = [
        [name, *(text for pair in pairs for text in worth(found.get(pair)))]
        for name, pairs in FORMS.items()
        if found.keys() & set(pairs)
    ]
    caption = "Test accuracy of the released variant less that of the paper's form, with the same seed, n pairs"
    return Table("differences-worth", caption, header, rows).markdown() if rows else ""


def unmeasured(cells: Cells) -> str:
    """The variants of which nothing is on record, in a line; "" where there are none."""
    found = compared(cells)
    rest = [name for name, pairs in FORMS.items() if not found.keys() & set(pairs)]
    return f"Not measured yet: {'; '.join(rest)}." if rest else ""


def worth(comparison: Comparison | None) -> tuple[str, str]:
    """A difference with its number of pairs, and its corrected p value."""
    if comparison is None:
        return "not measured yet", probability(None)
    return with_n(comparison), probability(comparison.corrected)


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
