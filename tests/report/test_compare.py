"""Comparisons: paired t test by scipy, block design by its textbook formulas, Holm's procedure by its definition."""

from dataclasses import asdict, replace
from itertools import combinations
from math import isnan, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from ckdsnn.analysis.cells import Cells, load_cells
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.report.compare import (
    Comparison,
    Spread,
    against,
    compare,
    compare_runs,
    correct,
    every_seed,
    holm,
    leading_in,
    pooled,
    table_of,
)
from tests.report.examples import cells_of, runs_of

RESULTS = Path(__file__).parents[2] / "results"
ACCURACIES = {"snn": [50.0, 51.0, 52.5], "kd": [53.0, 53.5, 55.9], "nld": [50.5, 50.0, 53.0]}


def frame(accuracies):
    """A table of values: method -> those of the seeds 0, 1, ..."""
    table = pd.DataFrame({method: pd.Series(row) for method, row in accuracies.items()})
    return table.rename_axis("seed")


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=3, max_size=12))
def test_a_comparison_is_scipys_paired_t_test(pairs):
    one, other = (np.round(column, 3) for column in zip(*pairs, strict=True))
    assume(len(set(np.round(one - other, 9))) > 1)
    (found,) = compare(pd.DataFrame({"a": one, "b": other}), [("a", "b")])
    expected = stats.ttest_rel(one, other)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-4, abs=1e-12) and found.n == len(pairs)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()), rel=1e-4, abs=1e-6)
    assert found.mean == pytest.approx((one - other).mean(), abs=1e-8)


def test_the_verdict_follows_from_the_interval():
    for shift in (-2.0, -1.2, 0.0, 1.2, 2.0):
        found = Comparison("kd", "snn", {0: shift, 1: shift + 0.5, 2: shift - 0.3})
        low, high = found.interval
        assert found.sign == (low > 0) - (high < 0)
    assert Comparison("kd", "snn", {0: 2.0, 1: 2.1}).sign is None


def as_recorded(record, setting, accuracies):
    """Runs of named recipes of a setting, with the accuracies of the seeds 0, 1, ..."""
    recipes = {method: RECIPES[f"{setting}-{method}"] for method in accuracies}
    return Cells({
        method: [
            replace(run, id=recipe.record_id(run.seed), tier=recipe.tier, recipe=asdict(recipe))
            for run in cells_of(record, {method: accuracies[method]})[method]
        ]
        for method, recipe in recipes.items()
    }).frame()  # fmt: skip


WALK = [50.0 + 0.37 * (7 * seed % 5) for seed in range(10)]


@pytest.mark.parametrize(
    ("setting", "pair", "seeds"),
    [
        ("cifar10-16k", ("nld", "snn"), range(5)),  # both in the suite of components, planned with five
        ("cifar10-16k", ("nld-noise1", "nld"), range(3)),  # the smaller plan of the two
        ("cifar10-16k", ("ckdsnn-beta30", "nld"), range(5, 10)),  # picked by others
        ("cifar10-16k", ("nld", "ckdsnn-beta30"), range(5, 10)),
        ("cifar10-16k", ("samd-beta10", "snn"), range(3, 6)),
        ("cifar10-16k", ("ckdsnn-beta30-few", "nld-few"), range(3)),  # 3 and 4 were added after a look
        ("cifar10-16k", ("ckdsnn-beta10-t4", "nld-t4"), range(3)),
        ("cifar100-resnet20-e20", ("ckdsnn-beta30", "nld"), range(3)),  # picked on validation images
        ("cifar100-resnet19-e20", ("nld", "snn"), range(1)),
        ("digits", ("nld", "snn"), range(10)),  # nothing planned, nothing picked
    ],
)
def test_leading_seeds_are_those_planned_before_a_look(record, setting, pair, seeds):
    runs = as_recorded(record, setting, {pair[0]: [value + 1.5 for value in WALK], pair[1]: WALK})
    assert set(runs["setting"]) == {setting}
    (found,) = compare_runs(runs, [pair])
    assert list(found.differences) == list(seeds) and list(found.others) == [s for s in range(10) if s not in seeds]
    assert list(found.everything.differences) == list(range(10)) and not found.everything.others


def test_without_a_leading_seed_there_is_no_number(record):
    cells = as_recorded(record, "cifar10-16k", {"ckdsnn-beta30": WALK[:4], "nld": WALK})
    (found,) = compare_runs(cells, [("ckdsnn-beta30", "nld")])
    assert found.n == 0 and isnan(found.mean) and found.sign is None and found.interval is None and found.p is None
    assert list(found.others) == [0, 1, 2, 3]


def test_runs_of_no_named_recipe_count_as_they_are(record):
    assert leading_in(runs_of(record, ACCURACIES)) is every_seed


def test_the_pooled_estimate_stands_beside_and_says_where_it_disagrees(record):
    steady = {f"nld-noise{n}": [50.0 + n, 51.0 + n, 52.5 + n] for n in (1, 2, 5)}
    cells = runs_of(record, steady | {"snn": [50.0, 51.0, 52.0], "kd": [50.3, 52.0, 52.4]})
    (found,) = compare_runs(cells, [("kd", "snn")])
    assert found.interval[0] < 0 < found.pooled_interval[0] and found.disputed
    assert sum(found.pooled_interval) / 2 == pytest.approx(found.mean), "the number is one"


def test_what_has_collapsed_is_not_pooled(record):
    cells = runs_of(record, ACCURACIES | {"at": [10.0, 20.0, 30.5]})
    steady, other = compare_runs(cells, [("kd", "snn"), ("at", "snn")])
    assert steady.pooled == compare_runs(runs_of(record, ACCURACIES), [("kd", "snn")])[0].pooled
    assert other.pooled is None and not other.disputed


def test_under_another_condition_nothing_has_collapsed_and_a_seed_is_another_block(record):
    cells = runs_of(record, ACCURACIES | {"nld-few": [30.0, 31.1, 32.5], "ckdsnn-beta30-few": [31.0, 32.2, 33.3]})
    (found,) = compare_runs(cells, [("ckdsnn-beta30-few", "nld-few")])
    assert found.pooled.freedom == 4 + 2


def test_the_spread_of_a_complete_block_design_is_that_of_the_textbooks_table():
    table = np.array(list(ACCURACIES.values()))
    residuals = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    variance = (residuals**2).sum() / (2 * 2)
    found = pooled(frame(ACCURACIES))
    assert found == Spread(pytest.approx(sqrt(2 * variance)), 4)


def test_of_an_unbalanced_design_what_one_seed_alone_has_says_nothing():
    expected = Spread(pytest.approx(pooled(frame(ACCURACIES)).deviation), 4)
    assert pooled(frame(ACCURACIES | {"e2kd": [48.0]})) == expected
    assert pooled(frame({"kd": [50.0], "snn": [51.0]})) is None


def test_a_method_of_two_seeds_does_not_widen_the_others_intervals(record):
    (found,) = compare_runs(runs_of(record, ACCURACIES | {"catkd": [52.0, 44.0]}), [("kd", "snn")])
    assert found.pooled == compare_runs(runs_of(record, ACCURACIES), [("kd", "snn")])[0].pooled


def test_only_seeds_that_both_have_count(record):
    cells = runs_of(record, ACCURACIES | {"kd": [53.0]})
    (found,) = compare(table_of(cells), [("kd", "snn")])
    assert found.differences == {0: 3.0} and found.n == 1
    assert found.p is None and found.interval is None and found.corrected is None and not found.clear
    assert compare(table_of(cells), [("kd", "e2kd")]) == []


def test_two_seeds_have_an_interval_but_no_p(record):
    cells = runs_of(record, ACCURACIES | {"kd": [53.0, 53.5]})
    (found,) = compare(table_of(cells), [("kd", "snn")])
    assert found.interval[0] < found.mean < found.interval[1] and found.p is None


def test_everything_against_a_baseline_leaves_out_itself(record):
    assert [c.method for c in against(runs_of(record, ACCURACIES), "kd")] == ["snn", "nld"]


def test_equal_differences_say_nothing_about_their_spread():
    (found,) = compare(frame({"kd": [52.0] * 3, "snn": [50.0] * 3}), [("kd", "snn")])
    assert found.mean == 2.0 and found.p is None and found.interval is None


def test_what_is_missing_yet_counts_in_the_family():
    found = [Comparison("kd", "snn", {0: d, 1: d + 0.5, 2: d - 0.3}) for d in (2.0, 3.0)]
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
    cells = runs_of(record, ACCURACIES)
    alone = {c.method: c.p for c in against(cells, "snn")}
    assert [c.corrected for c in against(cells, "snn")] == pytest.approx(holm(list(alone.values())))


@pytest.mark.parametrize(("suite", "tier"), [(s, t) for s, tiers in SUITES.items() for t in tiers if t != "smoke"])
def test_of_the_committed_records_every_comparison_is_scipys_of_what_the_json_says(suite, tier):
    cells = load_cells(suite, tier, RESULTS)
    found = compare_runs(cells.frame(), combinations(cells, 2)) if cells else []
    for one in found:
        plain = [{r.seed: r.final["last_accuracy"]["value"] for r in cells[m]} for m in (one.method, one.baseline)]
        assert {*one.differences} | {*one.others} == plain[0].keys() & plain[1].keys()
        pairs = [[accuracies[seed] for seed in one.differences] for accuracies in plain]
        if one.n:
            assert one.mean == pytest.approx(np.mean(pairs[0]) - np.mean(pairs[1]), abs=1e-8)
        if one.interval:
            expected = stats.ttest_rel(*pairs)
            assert one.interval == pytest.approx(tuple(expected.confidence_interval()), abs=1e-6)
            assert one.p is None or one.p == pytest.approx(expected.pvalue, rel=1e-4)
