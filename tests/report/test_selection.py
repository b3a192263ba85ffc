"""Picking by some seeds and judging by the rest, against numbers worked out by hand."""

import pytest
from scipy import stats

from ckdsnn.report.selection import gains, on_other_seeds, pick_answer, picks
from tests.report.examples import readable, runs_of

# kd is lucky on seed 0, samd on seed 2; bkd is better on all; at has too few seeds to be picked
ACCURACIES = {"nld": [50.0, 51.0, 52.0], "kd": [56.0, 50.0, 51.0], "samd-count": [50.0, 51.0, 57.0], "at": [99.0, 99.0]}


def test_a_lucky_seed_does_not_judge_its_own_pick(record):
    chosen = picks(gains(runs_of(record, ACCURACIES), "nld"))
    assert {pick.left: pick.method for pick in chosen} == {0: "samd-count", 1: "kd", 2: "kd"}
    assert [(pick.seen, pick.unseen) for pick in chosen] == [(2.5, 0.0), (2.5, -1.0), (2.5, -1.0)]


def test_what_is_really_better_keeps_what_it_promises(record):
    runs = runs_of(record, ACCURACIES | {"bkd": [54.0, 55.0, 56.0]})
    assert {pick.method for pick in picks(gains(runs, "nld"))} == {"bkd"}
    said = readable(pick_answer(runs, "nld"))
    assert "**KD** is the worst (+1.33 [" in said
    assert "**BKDSNN** the best by the seeds 0, 1 and 2: +4.00 points" in said
    assert "promises" not in said, "the same pick each time: what is seen and left out are equal by arithmetic"
    assert "promises +2.50 points and keeps -0.67" in readable(pick_answer(runs_of(record, ACCURACIES), "nld"))


@pytest.mark.parametrize(
    "given", [{"snn": [50.0]}, {"nld": [50.0] * 3}, {"nld": [50.0] * 3, "kd": [51.0] * 3, "at": [52.0]}]
)
def test_too_few_to_pick_from_are_no_pick(record, given):
    assert "too few to pick by some and judge by others" in pick_answer(runs_of(record, given), "nld")


def test_only_seeds_that_all_have_count(record):
    runs = runs_of(record, ACCURACIES | {"nld": [50.0, 51.0, 52.0, 53.0], "kd": [56.0, 50.0, 51.0, 99.0]})
    assert gains(runs, "nld").index.tolist() == [0, 1, 2]


def test_seeds_that_took_no_part_in_the_pick_judge_it(record):
    more = ACCURACIES | {"nld": [50.0, 51.0, 52.0, 50.0, 50.0, 51.0], "bkd": [54.0, 55.0, 56.0, 51.0, 51.5, 51.4]}
    best, seen, judged = on_other_seeds(runs_of(record, more), "nld")
    expected = stats.ttest_rel([51.0, 51.5, 51.4], [50.0, 50.0, 51.0])
    assert best == "bkd" and seen == [0, 1, 2] and list(judged.differences) == [3, 4, 5]
    assert judged.interval == pytest.approx(tuple(expected.confidence_interval()))
    said = readable(pick_answer(runs_of(record, more), "nld"))
    assert f"{judged.mean:+.2f} [" in said and "seeds 3, 4 and 5" in said
    assert ("not shown that" in said) == (expected.pvalue > 0.05)
    assert on_other_seeds(runs_of(record, ACCURACIES), "nld") is None
    assert on_other_seeds(runs_of(record, more | {"bkd": more["bkd"][:5]}), "nld") is None
