"""Comparisons: paired t test and block design by their textbook formulas, Holm's procedure by its definition."""

from math import sqrt
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ckdsnn.report.compare import Comparison, Spread, against, compare, correct, holm, pooled, values_of
from tests.report.examples import cells_of

ACCURACIES = {"snn": [50.0, 51.0, 52.5], "kd": [53.0, 53.5, 55.9], "nld": [50.5, 50.0, 53.0]}


def test_on_its_own_a_difference_has_the_textbooks_paired_t_test(record):
    (found,) = compare(values_of(cells_of(record, ACCURACIES)), [("kd", "snn")], together=False)
    differences = [3.0, 2.5, 3.4]
    assert list(found.differences.values()) == pytest.approx(differences) and list(found.differences) == [0, 1, 2]
    error = stdev(differences) / sqrt(3)
    p = 2 * stats.t.sf(mean(differences) / error, 2)
    half = stats.t.ppf(0.975, 2) * error
    assert found.p == pytest.approx(p) and found.corrected == pytest.approx(p)
    assert found.interval == pytest.approx((found.mean - half, found.mean + half))


def test_of_two_methods_the_block_design_is_the_paired_t_test(record):
    values = values_of(cells_of(record, {name: ACCURACIES[name] for name in ("kd", "snn")}))
    pair = [("kd", "snn")]
    (together,), (alone,) = compare(values, pair), compare(values, pair, together=False)
    assert together.spread.freedom == alone.spread.freedom == 2
    assert together.p == pytest.approx(alone.p) and together.interval == pytest.approx(alone.interval)


def test_the_spread_of_a_complete_block_design_is_that_of_the_textbooks_table():
    table = np.array(list(ACCURACIES.values()))
    residuals = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    variance = (residuals**2).sum() / (2 * 2)
    found = pooled({method: dict(enumerate(row)) for method, row in ACCURACIES.items()})
    assert found == Spread(pytest.approx(sqrt(2 * variance)), 4)


def test_of_an_unbalanced_design_what_one_seed_alone_has_says_nothing():
    full = {method: dict(enumerate(row)) for method, row in ACCURACIES.items()}
    assert pooled(full | {"e2kd": {0: 48.0}}) == Spread(pytest.approx(pooled(full).deviation), 4)
    assert pooled({"kd": {0: 50.0}, "snn": {0: 51.0}}) is None


def test_a_network_that_has_collapsed_varies_in_its_own_way(record):
    collapsed = ACCURACIES | {"at": [10.0, 20.0, 30.5]}
    values = values_of(cells_of(record, collapsed))
    pairs = [("kd", "snn"), ("at", "snn")]
    steady, other = compare(values, pairs)
    assert steady.spread == compare(values_of(cells_of(record, ACCURACIES)), [("kd", "snn")])[0].spread
    assert other.spread == Spread(pytest.approx(stdev([-40.0, -31.0, -22.0])), 2)


def test_what_varies_far_more_than_the_others_varies_in_its_own_way(record):
    values = values_of(cells_of(record, ACCURACIES | {"catkd": [52.0, 44.0, 56.0]}))
    steady, other = compare(values, [("kd", "snn"), ("catkd", "snn")])
    assert steady.spread == compare(values_of(cells_of(record, ACCURACIES)), [("kd", "snn")])[0].spread
    assert other.spread == Spread(pytest.approx(stdev([2.0, -7.0, 3.5])), 2)


def test_a_method_of_two_seeds_does_not_widen_the_others_intervals(record):
    values = values_of(cells_of(record, ACCURACIES | {"catkd": [52.0, 44.0]}))
    steady, other = compare(values, [("kd", "snn"), ("catkd", "snn")])
    assert steady.spread == other.spread == compare(values_of(cells_of(record, ACCURACIES)), [("kd", "snn")])[0].spread


def test_only_seeds_that_both_have_count(record):
    cells = cells_of(record, ACCURACIES | {"kd": [53.0]})
    (found,) = compare(values_of(cells), [("kd", "snn")])
    assert found.differences == {0: 3.0} and found.n == 1
    assert found.p is None and found.interval is None and found.corrected is None and not found.clear
    assert compare(values_of(cells), [("kd", "e2kd")]) == []


def test_two_seeds_have_an_interval_but_no_p(record):
    cells = cells_of(record, ACCURACIES | {"kd": [53.0, 53.5]})
    (found,) = compare(values_of(cells), [("kd", "snn")])
    assert found.interval[0] < found.mean < found.interval[1] and found.p is None


def test_everything_against_a_baseline_leaves_out_itself(record):
    assert [c.method for c in against(cells_of(record, ACCURACIES), "kd")] == ["snn", "nld"]


def test_equal_differences_say_nothing_about_their_spread():
    values = {"kd": dict.fromkeys(range(3), 52.0), "snn": dict.fromkeys(range(3), 50.0)}
    for together in (True, False):
        (found,) = compare(values, [("kd", "snn")], together)
        assert found.mean == 2.0 and found.spread is None and found.p is None and found.interval is None


def test_what_is_missing_yet_counts_in_the_family():
    found = [Comparison("kd", "snn", dict.fromkeys(range(3), d), Spread(1.0, 8)) for d in (2.0, 3.0)]
    ps = [comparison.p for comparison in found]
    assert [c.corrected for c in correct(found)] == holm(ps)
    assert [c.corrected for c in correct(found, 5)] == holm([*ps, 1.0, 1.0, 1.0])[:2]


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
