"""What each variant of the released code is worth, and what choosing the best epoch is. `runs`: a frame of runs."""

import pandas as pd

from ckdsnn.report.answers import listing
from ckdsnn.report.compare import Comparison, compare_runs, correct
from ckdsnn.report.labels import label_of
from ckdsnn.report.points import PAIRED_T, probability, remarks, with_n
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


def compared(runs: pd.DataFrame) -> dict[tuple[str, str], Comparison]:
    """What is on record of all variants; p values are corrected for all of them, measured or not."""
    found = compare_runs(runs, [pair for pairs in FORMS.values() for pair in pairs])
    return {(comparison.method, comparison.baseline): comparison for comparison in correct(found, FAMILY)}


def forms(baseline: str) -> list[str]:
    """A baseline and the released variants of it."""
    return [baseline, *(variant for pairs in FORMS.values() for variant, other in pairs if other == baseline)]


def worth_table(runs: pd.DataFrame) -> Table:
    """One row a variant: what it is worth as a change of each baseline."""
    found = compared(runs)
    columns = {"Released variant": lambda name: name}
    for nth, baseline in enumerate(BASELINES):
        columns[f"minus {label_of(baseline)}"] = lambda name, nth=nth: worth(found.get(FORMS[name][nth]))
    columns["Remarks"] = lambda name: "; ".join(
        f"{label_of(pair[1])}: {text}" for pair in FORMS[name] if (text := remarks(found.get(pair)))
    )
    caption = (
        f"Test accuracy of the released variant minus that of the form without it, in points {PAIRED_T}, paired by "
        f"seed, n pairs; p values by Holm's procedure over {FAMILY} comparisons"
    )
    return Table.of("differences-worth", caption, FORMS, columns)


def worth(comparison: Comparison | None) -> str:
    """A difference with its number of pairs and its corrected p value."""
    if comparison is None:
        return "not measured yet"
    if comparison.corrected is None:
        return with_n(comparison)
    p = probability(comparison.corrected)
    return f"{with_n(comparison)}, {whole('p' if p.startswith('<') else 'p =')}\u00a0{p}"


def best_less_last(runs: pd.DataFrame) -> str:
    """What the best epoch on the test set adds to the last one's accuracy, over all these runs."""
    if runs.empty:
        return NOTHING
    gains = (runs["best_accuracy"] - runs["accuracy"]).astype(float).round(6)
    middle, average, most = map(signed, (gains.median(), gains.mean(), gains.max()))
    return (
        f"The best epoch on the test set instead of the last, over all runs of the tier {count(len(gains))}: {middle} "
        f"points in the median, {average} on average, at most {most} (`{runs['id'][gains.idxmax()]}`). In "
        f"{(gains == 0).sum()} of them the last epoch is the best."
    )


def answer(runs: pd.DataFrame) -> str:
    """Which points of the released code change the accuracy of CKDSNN, by the rule of all answers."""
    found = {} if runs.empty else compared(runs)
    own = {name: found[pairs[0]] for name, pairs in FORMS.items() if pairs[0] in found}
    if not own:
        return NOTHING
    tried = (
        f"The points in which the newest release differs from {label_of(BASELINES[0])} were tried one by one, and all "
        "together: "
    )
    if not (shown := {f"“{name}”": one for name, one in own.items() if one.sign}):
        return f"{tried}of none of these {len(own)} changes is it shown that it changes the test accuracy."
    changes = "changes" if len(shown) == 1 else "change"
    rest = f"; of the other {len(own) - len(shown)} that is not shown" * (len(shown) < len(own))
    return f"{tried}{listing(shown, FAMILY)} {changes} the test accuracy{rest}."
