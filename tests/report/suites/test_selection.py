"""Picking by some seeds and judging by the rest, against numbers worked out by hand."""

import pytest
from scipy import stats

from ckdsnn.report.suites.selection import differences, on_other_seeds, pick_findings, picks
from tests.report.examples import cells_of, readable

# kd is lucky on seed 0, samd on seed 2; bkd is better on all; at has too few seeds to be picked
ACCURACIES = {"nld": [50.0, 51.0, 52.0], "kd": [56.0, 50.0, 51.0], "samd-count": [50.0, 51.0, 57.0], "at": [99.0, 99.0]}


def test_a_lucky_seed_does_not_judge_its_own_pick(record):
    chosen = picks(differences(cells_of(record, ACCURACIES), "nld"))
    assert {seed: pick.method for seed, pick in chosen.items()} == {0: "samd-count", 1: "kd", 2: "kd"}
    assert [pick.seen for pick in chosen.values()] == [2.5, 2.5, 2.5]
    assert [pick.unseen for pick in chosen.values()] == [0.0, -1.0, -1.0]


def test_what_is_really_better_keeps_what_it_promises(record):
    cells = cells_of(record, ACCURACIES | {"bkd": [54.0, 55.0, 56.0]})
    assert {pick.method for pick in picks(differences(cells, "nld")).values()} == {"bkd"}
    told = readable(pick_findings(cells, "nld")).split("\n")
    assert told[0] == "- Picked of 3 by all seeds but 0: BKDSNN, +4.00 there, +4.00 on seed 0."
    assert (
        told[-1]
        == "- A pick promises +4.00 points over NLD and keeps +4.00, on average over 3 seeds (sd of what is kept 0.00)."
    )


@pytest.mark.parametrize("given", [{}, {"nld": [50.0] * 3}, {"nld": [50.0] * 3, "kd": [51.0] * 3, "at": [52.0]}])
def test_too_few_to_pick_from_are_no_pick(record, given):
    assert "too few to pick by some and judge by others" in pick_findings(cells_of(record, given), "nld")


def test_only_seeds_that_all_have_count(record):
    cells = cells_of(record, ACCURACIES | {"nld": [50.0, 51.0, 52.0, 53.0], "kd": [56.0, 50.0, 51.0, 99.0]})
    assert all(list(own) == [0, 1, 2] for own in differences(cells, "nld").values())


def test_seeds_that_took_no_part_in_the_pick_judge_it(record):
    more = ACCURACIES | {"nld": [50.0, 51.0, 52.0, 50.0, 50.0, 51.0], "bkd": [54.0, 55.0, 56.0, 51.0, 51.5, 51.4]}
    told = readable(pick_findings(cells_of(record, more), "nld")).split("\n")[-1]
    expected = stats.ttest_rel([51.0, 51.5, 51.4], [50.0, 50.0, 51.0])
    low, high = expected.confidence_interval()
    assert told == (
        f"- Picked by the seeds 0 1 2 together: BKDSNN. On the seeds 3 4 5, which took no part, it adds "
        f"+0.97 [{low:+.2f}, {high:+.2f}] (n = 3), p {expected.pvalue:.3f} in the paired t test."
    )
    assert on_other_seeds(cells_of(record, ACCURACIES), "nld") is None
    assert on_other_seeds(cells_of(record, more | {"bkd": more["bkd"][:5]}), "nld") is None
