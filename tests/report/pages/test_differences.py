"""What a released variant and the best epoch are worth: numbers that can be worked out from the records."""

from dataclasses import replace

from ckdsnn.recipe import SUITES
from ckdsnn.report.pages.differences import FORMS, best_less_last, forms, unmeasured, worth_table
from tests.report.examples import cells_of, readable


def test_a_worth_is_a_paired_difference_and_what_is_unknown_is_named_in_a_line(record):
    cells = cells_of(record, {"ckdsnn": [50.0, 51.0, 52.5], "ckdsnn-with-relu": [53.0, 53.5, 55.9]})
    lines = readable(worth_table(cells)).splitlines()
    assert lines[5] == "| last activation ReLU | +2.97 [+1.85, +4.09] (n = 3) | 0.122 | not measured yet | – |"
    # 16 times the p value of the paired t test, 0.0076
    assert len(lines) == 7 and "p, Holm over 16" in lines[3]
    assert unmeasured(cells).startswith("Not measured yet: map of the teacher's class; maps 0 to 1 over the batch; ")
    assert "ReLU" not in unmeasured(cells)


def test_without_records_there_is_the_line_alone():
    assert worth_table({}) == "" and unmeasured({}).count(";") == len(FORMS) - 1


def test_a_readings_forms_are_its_variants_and_those_of_no_reading(record):
    cells = cells_of(record, {method: [50.0] for pairs in FORMS.values() for pair in pairs for method in pair})
    count, sample = (forms(cells, baseline) for baseline in ("ckdsnn", "ckdsnn-sample"))
    assert next(iter(count)) == "ckdsnn" and next(iter(sample)) == "ckdsnn-sample"
    assert count.keys() & sample.keys() == {"ckdsnn-batch", "ckdsnn-released"}
    assert count.keys() | sample.keys() == cells.keys()
    assert list(forms({"ckdsnn-batch": []}, "ckdsnn")) == ["ckdsnn-batch"]


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
