"""The landing page's answer: it follows the verdicts of its two comparisons, and is silent without enough runs."""

import pytest

from ckdsnn.report.claims.answer import FEW, OPENINGS, answer
from ckdsnn.report.claims.verdicts import Evidence
from tests.report.examples import cells_of, readable

PLAIN, NLD = [50.0, 51.0, 52.5], [55.0, 56.1, 57.0]


def told(record, **found):
    return readable(answer(Evidence(lambda _: cells_of(record, found))))


@pytest.mark.parametrize(
    ("ckdsnn", "sign", "numbers"),
    [
        ([57.0, 58.2, 59.0], 1, "better: +2.03"),
        ([53.0, 54.0, 55.0], -1, "worse: -2.03"),
        ([55.5, 55.0, 57.5], 0, "told from chance: -0.03"),
    ],
)
def test_the_answer_says_what_the_comparison_says(record, ckdsnn, sign, numbers):
    said = told(record, snn=PLAIN, nld=NLD, ckdsnn=ckdsnn)
    assert said.startswith(OPENINGS[sign]) and numbers in said.replace("\N{MINUS SIGN}", "-")
    assert "answers* makes a small student better: +4.87 [" in said


@pytest.mark.parametrize("found", [{}, {"snn": PLAIN, "nld": NLD}, {"snn": PLAIN, "nld": NLD, "ckdsnn": [57.0]}])
def test_too_few_runs_are_no_answer(record, found):
    assert told(record, **found) == FEW
