"""What a released variant and the best epoch are worth: numbers that can be worked out from the records."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from ckdsnn.recipe import SUITES
from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.methods import ROWS
from ckdsnn.report.pages.differences import (
    BASELINES,
    FAMILY,
    FORMS,
    NOTHING,
    answer,
    best_less_last,
    forms,
    worth_table,
)
from tests.report.examples import readable, runs_of

PLAIN, RELU = [50.0, 51.0, 52.5], [53.0, 53.5, 55.9]
FOUND = stats.ttest_rel(RELU, PLAIN)
POINTS = "{:+.2f} [{:+.2f}, {:+.2f}] (n = 3)".format(np.mean(RELU) - np.mean(PLAIN), *FOUND.confidence_interval())


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_worth_is_a_paired_difference_corrected_for_all_variants(record, baseline):
    runs = runs_of(record, {baseline: PLAIN, f"{baseline}-with-relu": RELU})
    table = worth_table(runs)
    rows = {row[0]: dict(zip(table.header, map(readable, row), strict=True)) for row in table.rows}
    assert rows.keys() == FORMS.keys() and 2 * len(FORMS) == FAMILY
    found = [rows["last activation ReLU"][head] for head in table.header[1:3]]
    expected = [f"{POINTS}, p = {FAMILY * FOUND.pvalue:.3f}", "not measured yet"]
    assert found == (expected if baseline == "ckdsnn" else expected[::-1])
    two = worth_table(runs[runs["seed"] < 2]).rows[0][1 + BASELINES.index(baseline)]
    assert "(n = 2)" in readable(two) and "p =" not in two


@pytest.mark.parametrize(
    ("gains", "shown", "clear"),
    [([1.0, 2.5, -0.5], False, False), ([1.0, 1.4, 1.2], True, False), ([30.0, 30.1, 30.3], True, True)],
)
def test_the_answer_names_what_is_shown_and_what_no_longer_is_after_the_correction(record, gains, shown, clear):
    runs = {"ckdsnn": PLAIN, "ckdsnn-with-relu": np.add(PLAIN, gains), "ckdsnn-with-mix": [49.0, 52.0, 50.0]}
    said = readable(answer(runs_of(record, runs)))
    assert said.startswith("The points in which the newest release differs from CKDSNN") and "noise mixed" not in said
    assert ("“last activation ReLU” (" in said and f"+{np.mean(gains):.2f} [" in said) == shown
    assert ("of none of these 2 changes is it shown" in said) != shown
    assert ("of the other 1 that is not shown" in said) == shown
    assert ("only without [Holm" in said) == (shown and not clear)
    assert answer(runs_of(record, {})) == NOTHING


def test_each_variant_changes_its_baseline_and_all_are_together_in_the_release():
    single = {name: pairs for name, pairs in FORMS.items() if ("ckdsnn-released", "ckdsnn") not in pairs}
    for at in range(len(BASELINES)):
        changes = [
            dict(ROWS[method].fields.items() - ROWS[baseline].fields.items())
            for method, baseline in (pairs[at] for pairs in single.values())
        ]
        together = dict(pair for change in changes for pair in change.items())
        assert all(changes) and ROWS["ckdsnn"].fields | together == ROWS["ckdsnn-released"].fields


def test_the_forms_of_both_baselines_are_the_suite():
    ours, count = map(forms, BASELINES)
    assert (ours[0], count[0]) == BASELINES and {*ours} & {*count} == {"ckdsnn-batch", "ckdsnn-released"}
    assert {*ours, *count} == {name.removeprefix("cifar10-16k-") for name in SUITES["released"]["reduced"]}


def test_the_best_epoch_is_worth_its_mean_gain(record):
    runs, gains = runs_of(record, {"kd": [50.0] * 5}), [0, 0, 0, 0.5, 1.5]
    said = readable(best_less_last(runs.assign(best_accuracy=[50.0 + gain for gain in gains])))
    numbers = [f"{value:+.2f}" for value in (np.median(gains), np.mean(gains), max(gains))]
    assert re.findall(r"\+\d\.\d\d", said) == numbers and "(n = 5)" in said
    assert f"`{runs['id'][4]}`" in said and "In 3 of them" in said
    assert best_less_last(runs_of(record, {})) == NOTHING


def test_every_field_that_the_page_names_is_one_of_a_recipe_and_its_default_is_in_bold():
    page = Path(__file__).parents[3] / "book" / "differences.md"
    known = {field.name: str(field.default).lower() for field in fields(Recipe)}
    said = re.findall(r"`(\w+)`(?: and `\w+`)?\s+=\s+([^.]+)", page.read_text())
    assert len(said) > 10 and {name for name, _ in said} <= known.keys()
    bold = {name: choice[1] for name, words in said if (choice := re.search(r"\*\*(\w+)", words))}
    assert len(bold) > 10
    assert all(known[name].removesuffix(".0").startswith(choice) for name, choice in bold.items())
