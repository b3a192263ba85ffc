"""How to repeat everything: every run is counted once, where it is planned."""

from dataclasses import replace

import pytest

from ckdsnn.report.pages.reproduce import Line, Plan, commands, reproduce_table, suite_lines
from tests.report.examples import cells_of, compared, readable

PLANS = {"rivals": Plan(["kd", "bkd"], 5), "noise": Plan(["kd", "nld", "nld-noise1"], 3)}
LINKS = {"rivals": "[rivals](a.ipynb)", "noise": "[noise](b.ipynb)"}


def table(lines, everything=()):
    """The rows as head -> cell."""
    found = reproduce_table(lines, everything)
    return [dict(zip(found.header, map(readable, row), strict=True)) for row in found.rows]


def test_a_run_of_two_suites_belongs_to_the_first_and_the_other_says_so(record):
    shared = cells_of(record, {"kd": [1.0, 2.0]})
    suites = {"rivals": shared, "noise": shared | cells_of(record, {"nld": [3.0]})}
    first, second = suite_lines(suites, PLANS, LINKS, "reduced")
    assert first == Line(LINKS["rivals"], "ckdsnn suite rivals --tier reduced --seeds 5", shared["kd"], 10, {})
    assert second.documents == suites["noise"]["nld"] and second.planned == 6 and [*second.shared] == ["rivals"]
    one, other, together = table([first, second], first.documents)
    assert (one["On record / planned"], other["On record / planned"]) == ("2 / 10", "1 / 6")
    assert (one["Shared with"], other["Shared with"], together["On record / planned"]) == ("–", "rivals", "2")
    assert one["Command"] == f"`{first.command}`" and one["Hardware"] == record.env["device"]


def test_a_suite_without_runs_is_listed_all_the_same():
    rows = table([*suite_lines({"rivals": {}, "noise": {}}, PLANS, LINKS, "reduced"), Line("[x](x.md)", "c", [])])
    assert [row["On record / planned"] for row in rows] == ["0 / 10", "0 / 6", "0", "0"]


@pytest.mark.parametrize(("device", "threads", "at_once", "hours"), [
    ("cpu: x", 2, 1, "1.00 core h"),  # threads count on a CPU
    ("cpu: x", 1, 4, "2.00 core h"),  # those of all students that computed at once
    ("cuda: x", 16, 1, "0.50 GPU h"),
])  # fmt: skip
def test_hours_are_those_of_cores_or_of_gpus(record, device, threads, at_once, hours):
    env = record.env | {"device": device, "threads": threads, "at_once": at_once}
    runs = [replace(found, seconds=900.0, env=env) for found in (record, compared(record))]
    assert table([Line("p", "c", runs)], runs)[0]["Hours"] == hours
    other = replace(record, seconds=3600.0, env=record.env | {"device": "cuda: y"})
    assert table([], [*runs, other])[-1]["Hours"] == ("1.50 GPU h" if "cuda" in device else f"{hours}, 1.00 GPU h")


def test_one_queue_holds_all_suites_and_a_second_one_those_with_more_seeds():
    text = commands(PLANS, "reduced")
    assert text.index("ckdsnn suite all --tier reduced --seeds 3 ") < text.index(
        "ckdsnn suite rivals --tier reduced --seeds 5 "
    )
    assert text.count("ckdsnn suite") == 2
