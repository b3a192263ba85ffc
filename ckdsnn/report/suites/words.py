"""What a suite has found, in sentences: every number is computed from the records."""

from collections.abc import Callable, Iterable, Sequence

from ckdsnn.report.compare import Comparison
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import in_points
from ckdsnn.report.words import listed

SHOWN: dict[str, Callable[[Comparison], bool]] = {  # against the baseline, p values corrected
    "Above": lambda found: found.clear and found.mean > 0,
    "Below": lambda found: found.clear and found.mean < 0,
    "Not told apart from": lambda found: found.corrected is not None and not found.clear,
    "No verdict against": lambda found: found.corrected is None,
}


def findings(comparisons: Iterable[Comparison], absent: Sequence[str] = ()) -> str:
    """Comparisons with one baseline, by what they show, the largest difference first; then what has no record."""
    ordered, sentences = sorted(comparisons, key=lambda comparison: -comparison.mean), []
    for words, holds in SHOWN.items():
        if group := list(filter(holds, ordered)):
            parts = [f"{label_of(found.method)}: {in_points(found)}" for found in group]
            sentences.append(f"**{words} {label_of(group[0].baseline)}**, in points – {'; '.join(parts)}.")
    return listed(sentences + not_measured(absent))


def not_measured(absent: Sequence[str]) -> list[str]:
    """A sentence that names the methods without any record; none where there are none."""
    return [f"**Not measured yet**: {'; '.join(map(label_of, absent))}."] if absent else []
