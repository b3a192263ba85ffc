"""What the studies `distributions` say, in sentences: every number is computed from the studies."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe.named import method_of
from ckdsnn.records.study import Study
from ckdsnn.report.compare import Leading, Values, compare, every_seed, leading_in
from ckdsnn.report.labels import by_method, label_of
from ckdsnn.report.numbers import between, known_mean_sd
from ckdsnn.report.studies.distribution_tables import DISTANCES, PROFILE, measured, value_of
from ckdsnn.report.words import listed

PLAIN = "snn"


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
    groups = {method_of(found[0].recipe) or label: found for (label, _), found in by_method(studies).items()}
    if PLAIN not in groups:
        raise CkdsnnError(f"no study of {label_of(PLAIN)!r} to compare with; there are: {quoted(groups) or 'none'}")
    for name, (axis, goal) in DISTANCES.items():
        values = known_mean_sd((value_of(study, name) for study in groups[PLAIN]), 3)
        gaps = {method: distances_of(found, name, goal) for method, found in groups.items()}
        told = sides(gaps, PLAIN, leading_in(groups))
        parts = [f"{side}: {', '.join(changes)}" for side, changes in told.items() if changes]
        yield f"{axis.replace(chr(10), ' ')}: {label_of(PLAIN)} {values}; {'; '.join(parts) or 'nothing to compare'}."


def distances_of(studies: Iterable[Study], name: str, goal: float) -> dict[int, float]:
    """Seed -> how far a value is from where teacher and student would be alike; networks that diverged are left out."""
    return {study.seed: abs(goal - value) for study in studies if isfinite(value := value_of(study, name))}


def quoted(methods: Iterable[str]) -> str:
    """Their labels, some of which hold a comma."""
    return ", ".join(f'"{label_of(method)}"' for method in methods)


def sides(gaps: Values, plain: str, leading: Leading = every_seed) -> dict[str, list[str]]:
    """Which methods are nearer than `plain`, farther, and neither, each with its mean change and n.

    By the paired t test over the leading seeds that both have, as on every page.
    """
    names = {1: "farther", -1: "nearer", 0: "undecided", None: "undecided"}
    found: dict[str, list[str]] = {"nearer": [], "farther": [], "undecided": []}
    for change in compare(gaps, [(method, plain) for method in gaps if method != plain], leading):
        found[names[change.sign]].append(f"{label_of(change.method)} ({change.mean:+.3f}, n = {change.n})")
    return found
