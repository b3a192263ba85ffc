"""What a suite has found, in sentences: every number is computed from the records."""

from collections.abc import Iterable, Sequence

from ckdsnn.report.compare import Comparison
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import in_points
from ckdsnn.report.words import listed

SHOWN: dict[str, int | None] = {"Above": 1, "Below": -1, "Not told apart from": 0, "No verdict against": None}


def findings(comparisons: Iterable[Comparison], absent: Sequence[str] = ()) -> str:
    """Comparisons with one baseline, by what they show, the largest difference first; then what has no record.

    What one comparison shows is the same on every page; what holds after a correction for all of them is said apart.
    """
    ordered = sorted((one for one in comparisons if one.n), key=lambda one: -one.mean)
    sentences = []
    for words, sign in SHOWN.items():
        if group := [one for one in ordered if one.sign == sign]:
            parts = [f"{label_of(one.method)}: {in_points(one)}" for one in group]
            sentences.append(f"**{words} {label_of(group[0].baseline)}**, in points – {'; '.join(parts)}.")
    return listed(sentences + after_correction(ordered) + not_measured(absent))


def after_correction(comparisons: Sequence[Comparison]) -> list[str]:
    """A sentence that names those that are beyond chance also among so many; none where there is no p value."""
    family = sum(one.p is not None for one in comparisons)
    names = "; ".join(label_of(one.method) for one in comparisons if one.clear)
    return [f"After Holm's correction for {family} comparisons still told apart: {names or 'none'}."] if family else []


def not_measured(absent: Sequence[str]) -> list[str]:
    """A sentence that names the methods without any record; none where there are none."""
    return [f"**Not measured yet**: {'; '.join(map(label_of, absent))}."] if absent else []
