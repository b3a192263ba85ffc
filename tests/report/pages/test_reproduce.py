"""How to repeat everything: every run is counted once, where it is planned."""

from dataclasses import replace

from ckdsnn.report.pages.reproduce import Plan, commands, study_rows, suite_rows, total
from tests.report.examples import cells_of, compared, readable

PLANS = {"rivals": Plan(["kd", "bkd"], 5), "noise": Plan(["kd", "nld", "nld-noise1"], 3)}
PAGES = {"rivals": "notebooks/a.ipynb", "noise": "notebooks/b.ipynb"}


def test_a_suite_says_its_command_its_own_runs_and_with_whom_it_shares_the_others(record):
    record = replace(record, seconds=900.0, env=record.env | {"threads": 2})
    shared = cells_of(record, {"kd": [1.0, 2.0]})
    suites = {"rivals": shared, "noise": shared | cells_of(record, {"nld": [3.0]})}
    first, second = suite_rows(suites, PLANS, PAGES, "reduced")
    device = record.env["device"]
    assert first[:4] == [
        "[rivals](../notebooks/a.ipynb)",
        "`ckdsnn suite rivals --tier reduced --seeds 5`",
        "2 / 10",
        "–",
    ]
    assert first[4:] == ["1.00\u00a0core\u00a0h", device]  # two runs of a quarter of an hour with two threads each
    assert second[1:4] == ["`ckdsnn suite noise --tier reduced --seeds 3`", "1 / 6", "rivals"]


def test_a_suite_without_runs_is_listed_all_the_same():
    assert [row[2:] for row in suite_rows({"rivals": {}, "noise": {}}, PLANS, PAGES, "reduced")] == [
        ["0 / 10", "–", "–", "–"],
        ["0 / 6", "rivals", "–", "–"],
    ]


def test_studies_have_a_row_a_kind_and_everything_a_sum(record):
    study = compared(record)
    (row,) = study_rows({"distributions": [study, study]}, {"distributions": "notebooks/a.ipynb"})
    assert row[:4] == ["[distributions](../notebooks/a.ipynb)", "`ckdsnn study distributions RECORD`", "2", "–"]
    both = total([replace(record, seconds=900.0)] * 2, [replace(study, seconds=1800.0)])
    assert both[2] == "2 runs, 1 studies" and both[4] == f"{record.env['threads']:.2f}\u00a0core\u00a0h"


def test_a_gpus_hours_are_not_those_of_its_threads(record):
    on_gpu = replace(record, seconds=1800.0, env=record.env | {"device": "cuda: NVIDIA H200", "threads": 16})
    assert readable(total([on_gpu], [])[4]) == "0.50 GPU h"
    both = total([on_gpu, replace(record, seconds=900.0, env=record.env | {"threads": 2})], [])
    assert readable(both[4]) == "0.50 core h, 0.50 GPU h"


def test_one_queue_holds_all_suites_and_a_second_one_those_with_more_seeds():
    lines = commands(PLANS, "reduced").splitlines()
    assert lines[1:-1:2] == [
        "ckdsnn suite all --tier reduced --seeds 3 \\",
        "ckdsnn suite rivals --tier reduced --seeds 5 \\",
    ]
