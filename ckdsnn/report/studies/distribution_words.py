"""What the studies `distributions` say, in sentences: every number is computed from the studies."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.study import Study
from ckdsnn.report.compare import Values, compare
from ckdsnn.report.labels import by_method
from ckdsnn.report.numbers import between, known_mean_sd
from ckdsnn.report.studies.distribution_tables import DISTANCES, PROFILE, measured, value_of
from ckdsnn.report.style import METHODS
from ckdsnn.report.words import listed


def findings(studies: Iterable[Study]) -> str:
    """All sentences, as a list. Raises CkdsnnError without a study of the SNN that learned from labels alone."""
    studies = list(studies)
    sentences = [*shape_findings(studies), *distance_findings(studies)]
    return listed(sentences)


def shape_findings(studies: Sequence[Study]) -> Iterator[str]:
    """Sparsity and sharpness: all students, from the lowest to the highest, against the teacher."""
    for name, text, form in (
        ("zeros", "Share of zeros in the last stage, percent", ".1f"),
        ("entropy-1", "Entropy of a prediction, nat", ".2f"),
        ("map-range", "Range of a raw map (students: spikes; teacher: logit units)", ".1f"),
    ):
        factor = PROFILE[name][1]
        students = between((factor * measured(study, "student", name) for study in studies), f"{{:{form}}}".format)
        yield f"{text}: students {students}, teacher {factor * measured(studies[0], 'teacher', name):{form}}."


def distance_findings(studies: Sequence[Study]) -> Iterator[str]:
    """Which methods bring the student nearer to its teacher than labels alone do."""
    groups = {label: found for (label, _), found in by_method(studies).items()}
    plain = METHODS["snn"][0]
    if plain not in groups:
        raise CkdsnnError(f"no study of {plain!r} to compare with; there are: {quoted(groups) or 'none'}")
    for name, (axis, goal) in DISTANCES.items():
        values = known_mean_sd((value_of(study, name) for study in groups[plain]), 3)
        gaps = {label: distances_of(found, name, goal) for label, found in groups.items()}
        parts = [f"{side}: {', '.join(labels)}" for side, labels in sides(gaps, plain).items() if labels]
        yield f"{axis.replace(chr(10), ' ')}: {plain} {values}; {'; '.join(parts) or 'nothing to compare'}."


def distances_of(studies: Iterable[Study], name: str, goal: float) -> dict[int, float]:
    """Seed -> how far a value is from where teacher and student would be alike; networks that diverged are left out."""
    return {study.seed: abs(goal - value) for study in studies if isfinite(value := value_of(study, name))}


def quoted(labels: Iterable[str]) -> str:
    """The labels, some of which hold a comma."""
    return ", ".join(f'"{label}"' for label in labels)


def sides(gaps: Values, plain: str) -> dict[str, list[str]]:
    """Which labels are clearly nearer than `plain`, farther, and neither, each with its mean change and n.

    Clear: in the paired t test over the seeds that both have, corrected for all labels (Holm).
    """
    found: dict[str, list[str]] = {"nearer": [], "farther": [], "undecided": []}
    for change in compare(gaps, [(label, plain) for label in gaps if label != plain], together=False):
        side = "undecided" if not change.clear else "nearer" if change.mean < 0 else "farther"
        found[side].append(f"{change.method} ({change.mean:+.3f}, n = {change.n})")
    return found
