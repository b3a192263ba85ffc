"""Comparisons: the paired t test by its textbook formula, Holm's procedure by its definition, verdicts."""

from math import sqrt
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ckdsnn.report.compare import Comparison, against, compare, holm, values_of
from tests.report.conftest import cells_of

ACCURACIES = {"snn": [50.0, 51.0, 52.5], "kd": [53.0, 53.5, 55.9], "nld": [50.5, 50.0, 53.0]}


def test_the_paired_t_test_is_the_textbooks(record):
    (found,) = compare(values_of(cells_of(record, ACCURACIES)), [("kd", "snn")])
    differences = [3.0, 2.5, 3.4]
    assert list(found.differences.values()) == pytest.approx(differences) and list(found.differences) == [0, 1, 2]
    error = stdev(differences) / sqrt(3)
    p = 2 * stats.t.sf(mean(differences) / error, 2)
    half = stats.t.ppf(0.975, 2) * error
    assert found.p == pytest.approx(p) and found.corrected == pytest.approx(p)
    assert found.interval == pytest.approx((found.mean - half, found.mean + half))


def test_only_seeds_that_both_have_count(record):
    cells = cells_of(record, ACCURACIES | {"kd": [53.0]})
    (found,) = compare(values_of(cells), [("kd", "snn")])
    assert found.differences == {0: 3.0} and found.n == 1
    assert found.p is None and found.interval is None and found.corrected is None
    assert found.verdict() == "inconclusive"
    assert compare(values_of(cells), [("kd", "e2kd")]) == []


def test_everything_against_a_baseline_leaves_out_itself(record):
    assert [c.method for c in against(cells_of(record, ACCURACIES), "kd")] == ["snn", "nld"]


@pytest.mark.parametrize(("difference", "p"), [(0.0, 1.0), (2.0, 0.0)])
def test_differences_without_spread_have_the_limits_p(difference, p):
    assert Comparison("kd", "snn", {0: difference, 1: difference}).p == p


@pytest.mark.parametrize(
    ("differences", "higher", "verdict"),
    [
        ((2.0, 2.1, 2.05), True, "supported"),
        ((2.0, 2.1, 2.05), False, "contradicted"),
        ((-2.0, -2.1, -2.05), True, "contradicted"),
        ((-2.0, 2.1, 0.0), True, "inconclusive"),
    ],
)
def test_a_verdict_needs_a_significant_difference_and_its_sign_decides(differences, higher, verdict):
    found = Comparison("kd", "snn", dict(enumerate(differences)))
    corrected = Comparison("kd", "snn", found.differences, found.p)
    assert corrected.verdict(higher) == verdict
    assert Comparison("kd", "snn", found.differences, 0.05).verdict(higher) == "inconclusive"


def test_holm_on_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_what_its_step_down_definition_rejects(values):
    corrected = holm(values)
    assert all(0 <= p <= c <= min(1, len(values) * p) + 1e-12 for p, c in zip(values, corrected, strict=True))
    rejected, count = set(), len(values)
    for rank, index in enumerate(sorted(range(count), key=values.__getitem__)):
        if values[index] * (count - rank) >= 0.05:
            break
        rejected.add(index)
    assert {i for i, c in enumerate(corrected) if c < 0.05} == rejected


def test_a_family_is_corrected_together(record):
    cells = cells_of(record, ACCURACIES)
    alone = {c.method: c.p for c in against(cells, "snn")}
    assert [c.corrected for c in against(cells, "snn")] == pytest.approx(holm(list(alone.values())))
