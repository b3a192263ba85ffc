"""What a released variant and the best epoch are worth: numbers that can be worked out from the records."""

import re
from dataclasses import fields, replace
from pathlib import Path

from ckdsnn.recipe import SUITES
from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.methods import ROWS
from ckdsnn.report.pages.differences import (
    BASELINES,
    FAMILY,
    FORMS,
    best_less_last,
    forms,
    unmeasured,
    worth_table,
)
from tests.report.examples import cells_of, readable

ACCURACIES = {"ckdsnn": [50.0, 51.0, 52.5], "ckdsnn-with-relu": [53.0, 53.5, 55.9]}
WORTH = "+2.97 [+1.85, +4.09] (n = 3), p = 0.122"  # 16 times the p value of the paired t test, 0.0076


def test_a_worth_is_a_paired_difference_and_what_is_unknown_is_named_in_a_line(record):
    cells = cells_of(record, ACCURACIES)
    rows = readable(worth_table(cells)).splitlines()[3:]
    assert rows[0] == "| Released variant | minus CKDSNN | minus CKDSNN (count) |"
    assert rows[2:4] == [f"| last activation ReLU | {WORTH} | not measured yet |", ":::"]
    assert FAMILY == 16 and "over 16 comparisons" in worth_table(cells)
    assert unmeasured(cells).startswith("Not measured yet: map of the teacher's class; maps 0 to 1 over the batch; ")
    assert "ReLU" not in unmeasured(cells)


def test_the_same_of_counts_stands_in_their_column(record):
    cells = cells_of(record, {method.replace("ckdsnn", "ckdsnn-count"): runs for method, runs in ACCURACIES.items()})
    assert f"| last activation ReLU | not measured yet | {WORTH} |" in readable(worth_table(cells))


def test_two_seeds_have_no_p_value(record):
    cells = cells_of(record, {method: runs[:2] for method, runs in ACCURACIES.items()})
    assert "(n = 2) | not measured yet |" in readable(worth_table(cells))


def test_without_records_there_is_the_line_alone():
    assert worth_table({}) == "" and unmeasured({}).count(";") == len(FORMS) - 1


def test_a_baselines_forms_are_its_variants_and_those_of_both(record):
    cells = cells_of(record, {method: [50.0] for pairs in FORMS.values() for pair in pairs for method in pair})
    ours, count = (forms(cells, baseline) for baseline in BASELINES)
    assert [next(iter(found)) for found in (ours, count)] == ["ckdsnn", "ckdsnn-count"]
    assert count.keys() & ours.keys() == {"ckdsnn-batch", "ckdsnn-released"}
    assert count.keys() | ours.keys() == cells.keys()
    assert list(forms({"ckdsnn-batch": []}, "ckdsnn")) == ["ckdsnn-batch"]


def test_each_variant_changes_its_baseline_and_all_are_together_in_the_release():
    single = {name: pairs for name, pairs in FORMS.items() if ("ckdsnn-released", "ckdsnn") not in pairs}
    for at in range(len(BASELINES)):
        changes = [
            dict(ROWS[method].fields.items() - ROWS[baseline].fields.items())
            for method, baseline in (pairs[at] for pairs in single.values())
        ]
        together = dict(pair for change in changes for pair in change.items())
        assert all(changes) and ROWS["ckdsnn"].fields | together == ROWS["ckdsnn-released"].fields


def test_every_form_is_in_the_suite():
    methods = {name.removeprefix("cifar10-16k-") for name in SUITES["released"]["reduced"]}
    assert {method for pairs in FORMS.values() for pair in pairs for method in pair} == methods


def test_without_runs_the_best_epoch_is_worth_a_sentence():
    assert best_less_last([]) == "No run of the tier is on record yet."


def test_the_best_epoch_is_worth_its_mean_gain(record):
    runs = [
        replace(run, final=run.final | {"best_accuracy": run.final["best_accuracy"] | {"value": 50.0 + gain}})
        for run, gain in zip(cells_of(record, {"kd": [50.0] * 4})["kd"], (0, 0, 0.5, 1.5), strict=True)
    ]
    said = readable(best_less_last(runs))
    assert "of the tier (n = 4): +0.25 points in the median, +0.50 on average, at most +1.50" in said
    assert f"(`{runs[3].id}`). In 2 of them" in said


def test_every_field_that_the_page_names_is_one_of_a_recipe_and_its_default_is_in_bold():
    page = Path(__file__).parents[3] / "book" / "differences.md"
    known = {field.name: str(field.default).lower() for field in fields(Recipe)}
    said = re.findall(r"`(\w+)`(?: and `\w+`)?\s+=\s+([^.]+)", page.read_text())
    assert len(said) > 10 and {name for name, _ in said} <= known.keys()
    bold = {name: choice[1] for name, words in said if (choice := re.search(r"\*\*(\w+)", words))}
    assert len(bold) > 10
    assert all(known[name].removesuffix(".0").startswith(choice) for name, choice in bold.items())
