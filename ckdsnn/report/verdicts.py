"""From records to verdicts: each claim's questions answered by paired comparisons, corrected within the claim."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean
from typing import Any

from ckdsnn.records import Record
from ckdsnn.records.shelf import Document
from ckdsnn.records.study import Study
from ckdsnn.report.claims import Claim, Question
from ckdsnn.report.compare import Cells, Comparison, Values, compare, correct, values_of

VALUES: dict[str, Callable[[Record], float]] = {
    "accuracy": lambda record: record.accuracy,
    "energy": lambda record: record.final["energy"]["compute_nj"],
}
Studied = Mapping[str, Sequence[Study]]  # method -> studies of its networks, one a seed
WITH_SPREAD = ("kl",)  # values of studies that are a mean over images and its deviation
UNMEASURED = "not measured yet"


@dataclass(frozen=True)
class Answer:
    """A question with what was measured; no comparison where no seed has both."""

    question: Question
    comparison: Comparison | None

    @property
    def verdict(self) -> str:
        return self.comparison.verdict(self.question.higher) if self.comparison else UNMEASURED


class Evidence:
    """What there is to answer questions with: the cells of suites and studies by name, loaded once each.

    load: name of a suite, or of a kind of study -> method -> its records or studies.
    """

    def __init__(self, load: Callable[[str], Cells | Studied]):
        self.load = cache(load)

    def values(self, question: Question) -> Values:
        """What is compared: values of runs, of studies of two methods' networks, or of two maps in one study."""
        found = self.load(question.source)
        if question.value in VALUES:
            return values_of(found, VALUES[question.value])
        if question.network:
            maps, studies = (question.method, question.baseline), found.get(question.network, ())
            return finite({m: {s.seed: in_short(f"{m}.{question.value}", s.values) for s in studies} for m in maps})
        return finite(values_of(found, lambda study: in_short(question.value, study.values)))

    def documents(self, questions: Iterable[Question]) -> list[Document]:
        """The records and studies behind these questions, each once, sorted by id."""
        found = {
            document.id: document
            for question in questions
            for method in question.networks
            for document in self.load(question.source).get(method, ())
        }
        return [found[name] for name in sorted(found)]


def in_short(name: str, values: Mapping[str, Any]) -> float | None:
    """A study's value as one number: itself, the mean of one with its spread, or the mean of several.

    None where it was not finite, in part or as a whole: of a network that has diverged.
    """
    value = values[name]
    if not isinstance(value, list):
        return value
    if name in WITH_SPREAD:
        return value[0]
    return None if None in value else mean(value)


def finite(values: Mapping[str, Mapping[int, float | None]]) -> Values:
    """The values without those that are None: a network that has diverged answers no question."""
    return {name: {seed: v for seed, v in seeds.items() if v is not None} for name, seeds in values.items()}


def answer(claim: Claim, evidence: Evidence) -> list[Answer]:
    """All questions of a claim, in order, the p values corrected for the number of those that have one."""
    found = {}
    for question in claim.questions:
        found[question] = next(iter(compare(evidence.values(question), [(question.method, question.baseline)])), None)
    corrected = iter(correct([comparison for comparison in found.values() if comparison]))
    return [Answer(question, next(corrected) if comparison else None) for question, comparison in found.items()]


def verdict_of(answers: Iterable[Answer]) -> str:
    """Of all of them together: contradicted by one, supported by all, else inconclusive; or not measured yet."""
    verdicts = {found.verdict for found in answers}
    if "contradicted" in verdicts:
        return "contradicted"
    return verdicts.pop() if len(verdicts) == 1 else "inconclusive"


def by_reading(answers: Iterable[Answer]) -> dict[str, list[Answer]]:
    """The answers of each reading of the maps, with those that do not depend on it."""
    answers = list(answers)
    readings = list(dict.fromkeys(found.question.reading for found in answers if found.question.reading)) or [""]
    return {name: [found for found in answers if found.question.reading in (name, "")] for name in readings}
