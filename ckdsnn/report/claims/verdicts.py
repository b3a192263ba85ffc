"""From records to verdicts: each claim's questions answered by paired comparisons, one family of them a map range.

An answer follows from the one number of its comparison alone, so that it is the same on every page. A claim is
supported only if all its questions are: such a test of all needs no correction. One answer against it would contradict
it, so that p value is corrected for the number of questions that the map range asks, measured or not. The paper's claim
is that of both maps from 0 to 1; another map range is a variant, which holds or fails.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import pandas as pd

from ckdsnn.report.claims.questions import ANY, SCALED, Claim, Question
from ckdsnn.report.compare import Comparison, compare, compare_runs, correct, every_seed, leading_in, silent, table_of
from ckdsnn.report.energy import energies

OF_RUNS = ("accuracy", "efficiency")  # values of a suite's runs; efficiency: % for a microjoule
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
    values: pd.DataFrame = field(compare=False)
    """of the two that are compared, by the leading seeds that both have"""
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
    """What there is to answer questions with, loaded once each, and the answers.

    load: name of a suite, or of a kind of study -> the frame of its runs, or of the numbers of its studies.
    """

    def __init__(self, load: Callable[[str], pd.DataFrame]):
        self.load, self.answer = cache(load), cache(self.answer)  # pages ask a question more than once

    def values(self, question: Question) -> pd.DataFrame:
        """What is compared, a row a seed: a column a method, or a kind of map, which is a mean over the networks."""
        found = self.load(question.source)
        if found.empty:
            return pd.DataFrame()
        if question.value in OF_RUNS:
            return table_of(energies(found), question.value)
        if not question.networks:
            return study_table(found, question.value)
        kinds = {kind: study_table(found, f"{kind}.{question.value}") for kind in (question.method, question.baseline)}
        # networks of one seed have begun with the same weights
        return pd.DataFrame({
            kind: table[list(question.networks)].dropna().mean(axis=1)
            for kind, table in kinds.items() if {*question.networks} <= {*table.columns}
        })  # fmt: skip

    def answer(self, question: Question) -> Answer:
        """A question's comparison, its p value not corrected yet."""
        values, pair = self.values(question), (question.method, question.baseline)
        found = next(iter(self.compared(question, values, pair)), None)
        if not found:
            return Answer(question, None, values)
        runs = self.load(question.source)
        quiet = [m for m in pair if question.value in OF_RUNS and silent(runs[runs["method"] == m])]
        return Answer(question, found, values.loc[list(found.differences), list(pair)], tuple(quiet))

    def compared(self, question: Question, values: pd.DataFrame, pair: tuple[str, str]) -> list[Comparison]:
        """The comparison, if there is a common seed; kinds of maps have no plan of their own: every seed counts."""
        runs = self.load(question.source)
        if question.value == "accuracy":
            return compare_runs(runs, [pair])
        return compare(values, [pair], every_seed if question.networks else leading_in(runs))

    def ids(self, questions: Iterable[Question]) -> list[str]:
        """The ids of the records and studies behind these questions, each once, sorted."""
        found = set()
        for question in questions:
            source = self.load(question.source)
            if not source.empty:
                found |= {*source.loc[source["method"].isin(question.sources), "id"]}
        return sorted(found)


def study_table(studies: pd.DataFrame, value: str) -> pd.DataFrame:
    """A studies' value as one number, a row a seed, a column a method: itself, or the mean of several.

    Of a correlation, how much more it is than that of shuffled pairs: what all maps share counts for nothing. NaN where
    a part of it was not finite: of a network that has diverged.
    """

    def means(quantity: str) -> pd.DataFrame:
        own = studies[studies["quantity"] == quantity]
        own = own[own["i"] == 0] if quantity in WITH_SPREAD else own
        numbers = own.assign(method=own["method"].astype(str)).groupby(["seed", "method"])["value"]
        return numbers.agg(lambda found: found.mean(skipna=False)).unstack()

    chance = f"{value}-shuffled"
    found = means(value)
    return found - means(chance) if (studies["quantity"] == chance).any() else found


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
