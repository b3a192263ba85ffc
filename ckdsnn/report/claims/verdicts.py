"""From records to verdicts: each claim's questions answered by paired comparisons, one family of them a map range.

An answer follows from the one number of its comparison alone, so that it is the same on every page. A claim is
supported only if all its questions are: such a test of all needs no correction. One answer against it would contradict
it, so that p value is corrected for the number of questions that the map range asks, measured or not. The paper's claim
is that of both maps from 0 to 1; another map range is a variant, which holds or fails.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import mean
from typing import Any

from ckdsnn.records import Record
from ckdsnn.records.shelf import Document
from ckdsnn.report.claims.questions import ANY, SCALED, Claim, Question
from ckdsnn.report.compare import (
    Cells,
    Comparison,
    Pair,
    Studied,
    Values,
    compare,
    compare_runs,
    correct,
    every_seed,
    leading_in,
    silent,
    values_of,
)

VALUES: dict[str, Callable[[Record], float]] = {
    "accuracy": lambda record: record.accuracy,
    "efficiency": lambda record: record.accuracy / record.arithmetic_energy,  # % for a microjoule
}
WITH_SPREAD = ("kl", "correlation")  # values of studies that are a mean over images and its deviation
MARGIN = 1.0  # points: a smaller gain is less than most that the paper reports
UNMEASURED, VOID = "not measured yet", "no evidence"
YES, OPPOSITE, OPEN = "yes", "the opposite", "open"  # answers to a question
SUPPORTED, CONTRADICTED, INCONCLUSIVE = "supported", "contradicted", "inconclusive"  # verdicts on a claim
HOLDS, FAILS = "this variant holds", "this variant fails"


@dataclass(frozen=True)
class Answer:
    """A question with what was measured; no comparison where no seed has both."""

    question: Question
    comparison: Comparison | None
    values: Values
    """of the two that are compared, by the seeds that both have"""
    silent: tuple[str, ...] = ()
    """those of the two whose students have fallen silent"""

    @property
    def verdict(self) -> str:
        """YES, OPPOSITE, OPEN, VOID or UNMEASURED."""
        found = self.comparison
        if found is None or not found.n:
            return UNMEASURED
        expected = (found.mean > 0) == self.question.higher
        if self.question.baseline in self.silent or (self.silent and expected):
            return VOID
        return OPEN if not found.sign else YES if expected else OPPOSITE

    @property
    def small(self) -> bool:
        """Whether a gain in accuracy of MARGIN or more is excluded, though there may be one."""
        found = self.comparison
        asked = self.question.value == "accuracy" and self.question.higher
        return bool(asked and found and found.p is not None and found.interval[1] < MARGIN)


class Evidence:
    """What there is to answer questions with: the cells of suites and studies by name, loaded once each.

    load: name of a suite, or of a kind of study -> method -> its records or studies.
    """

    def __init__(self, load: Callable[[str], Cells | Studied]):
        self.load = cache(load)

    def values(self, question: Question) -> Values:
        """By method and seed, of all methods of the source; or by kind of map and seed, a mean over the networks."""
        found = self.load(question.source)
        if question.value in VALUES:
            return values_of(found, VALUES[question.value])
        if not question.networks:
            return finite(values_of(found, lambda study: in_short(question.value, study.values)))
        studies = [{study.seed: study.values for study in found.get(method, ())} for method in question.networks]
        seeds = sorted(set.intersection(*map(set, studies)))  # networks of one seed have begun with the same weights

        def over_networks(kind: str, seed: int) -> float | None:
            return mean_of_all([in_short(f"{kind}.{question.value}", own[seed]) for own in studies])

        kinds = (question.method, question.baseline)
        return finite({kind: {seed: over_networks(kind, seed) for seed in seeds} for kind in kinds})

    def answer(self, question: Question) -> Answer:
        """A question's comparison, its p value not corrected yet."""
        values, pair = self.values(question), (question.method, question.baseline)
        found = next(iter(self.compared(question, values, pair)), None)
        own = {name: {seed: values[name][seed] for seed in found.differences} for name in pair} if found else {}
        runs = self.load(question.source) if question.value in VALUES else {}
        return Answer(question, found, own, tuple(name for name in own if name in runs and silent(runs[name])))

    def compared(self, question: Question, values: Values, pair: Pair) -> list[Comparison]:
        """The comparison, if there is a common seed; kinds of maps have no plan of their own: every seed counts."""
        cells = self.load(question.source)
        if question.value == "accuracy":
            return compare_runs(cells, [pair])
        return compare(values, [pair], every_seed if question.networks else leading_in(cells))

    def documents(self, questions: Iterable[Question]) -> list[Document]:
        """The records and studies behind these questions, each once, sorted by id."""
        found = {
            document.id: document
            for question in questions
            for method in question.sources
            for document in self.load(question.source).get(method, ())
        }
        return [found[name] for name in sorted(found)]


def in_short(name: str, values: Mapping[str, Any]) -> float | None:
    """A study's value as one number: itself, the mean of one with its spread, or the mean of several.

    Of a correlation, how much more it is than that of shuffled pairs: what all maps share counts for nothing.
    None where it was not finite, in part or as a whole: of a network that has diverged.
    """
    value = values[name]
    if name in WITH_SPREAD:
        value = value[0]
    chance = values.get(f"{name}-shuffled", 0.0)
    short = mean_of_all(value) if isinstance(value, list) else value
    return None if None in (short, chance) else short - chance


def mean_of_all(values: Sequence[float | None]) -> float | None:
    """The mean; None where one of them is None."""
    return None if None in values else mean(values)


def finite(values: Mapping[str, Mapping[Any, float | None]]) -> Values:
    """The values without those that are None: a network that has diverged answers no question."""
    return {name: {seed: v for seed, v in seeds.items() if v is not None} for name, seeds in values.items()}


def by_range(claim: Claim) -> dict[str, list[Question]]:
    """The questions of each map range, with those in which it plays no role; ANY where it does in none."""
    names = list(dict.fromkeys(q.map_range for q in claim.questions if q.map_range)) or [ANY]
    return {name: [q for q in claim.questions if q.map_range in (name, ANY)] for name in names}


def judge(claim: Claim, evidence: Evidence) -> dict[str, list[Answer]]:
    """The answers of each map range, p values corrected for the number of questions that it asks."""
    return {name: answers(questions, evidence) for name, questions in by_range(claim).items()}


def answers(questions: Sequence[Question], evidence: Evidence) -> list[Answer]:
    """All of these questions answered as one family."""
    found = [evidence.answer(question) for question in questions]
    corrected = iter(correct([answer.comparison for answer in found if answer.comparison], len(questions)))
    return [replace(answer, comparison=next(corrected)) if answer.comparison else answer for answer in found]


def verdict_of(found: Sequence[Answer], map_range: str = ANY) -> str:
    """Of all of them together: contradicted by one, corrected; supported by all that are evidence; else inconclusive.

    No evidence where none is any, and not measured yet where nothing is. Of a variant: whether that holds or fails.
    """
    counted = [answer for answer in found if answer.verdict != VOID]
    verdicts = {answer.verdict for answer in counted} or ({VOID} if found else {UNMEASURED})
    variant = map_range not in (ANY, SCALED)
    if any(answer.verdict == OPPOSITE and answer.comparison.clear for answer in counted):
        return FAILS if variant else CONTRADICTED
    if verdicts == {YES}:
        return HOLDS if variant else SUPPORTED
    return verdicts.pop() if verdicts <= {VOID, UNMEASURED} and len(verdicts) == 1 else INCONCLUSIVE
