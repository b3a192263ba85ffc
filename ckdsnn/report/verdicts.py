"""From records to verdicts: each claim's questions answered by paired comparisons, corrected within the claim."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ckdsnn.records import Record
from ckdsnn.report.claims import Claim, Question
from ckdsnn.report.compare import Cells, Comparison, Values, compare, correct, values_of

VALUES: dict[str, Callable[[Record], float]] = {
    "accuracy": lambda record: record.accuracy,
    "energy": lambda record: record.final["energy"]["compute_nj"],
}
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
    """What there is to answer questions with: the cells of suites by name, loaded once each."""

    def __init__(self, load: Callable[[str], Cells]):
        self.load = load
        self.loaded: dict[str, Cells] = {}

    def cells(self, suite: str) -> Cells:
        if suite not in self.loaded:
            self.loaded[suite] = self.load(suite)
        return self.loaded[suite]

    def values(self, question: Question) -> Values:
        return values_of(self.cells(question.source), VALUES[question.value])

    def records(self, questions: Iterable[Question]) -> list[Record]:
        """The records behind these questions, each once, sorted by id."""
        found = {
            record.id: record
            for question in questions
            for method in (question.method, question.baseline)
            for record in self.cells(question.source).get(method, ())
        }
        return [found[name] for name in sorted(found)]


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
