"""The page of results: what stands in which row, which runs count, and that every run is in the table of runs."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ckdsnn.recipe import RECIPES
from ckdsnn.records.frame import Records
from ckdsnn.records.paper import Published, load_published
from ckdsnn.report.labels import label_of
from ckdsnn.report.pages.results import (
    OURS,
    above,
    answer,
    in_order,
    published_parts,
    runs_script,
    runs_table,
)
from tests.report.examples import readable, runs_of, with_accuracy

ROOT = Path(__file__).parents[3]
ENTRY = Published("CIFAR-100", "ResNet-19", 1, "CKDSNN", 79.11, "second-hand", cite="liu2026closer")
RIVAL = Published("CIFAR-100", "ResNet-19", 1, "EnOF", 77.08, "second-hand", cite="enof")


def at_scale(record, seed, accuracy, method="ckdsnn", **recipe):
    """`record` as if it were a paper-tier run of the entry's network, whose interval is two points wide."""
    like = {"tier": "paper", "dataset": "cifar100", "model": "resnet19", "timesteps": 1, "epochs": 100}
    made = with_accuracy(record, method, seed, accuracy)
    last = made.final["last_accuracy"] | {"low": accuracy - 1, "high": accuracy + 1}
    name = f"{made.id}-{'-'.join(map(str, recipe.values()))}"
    return replace(
        made, id=name, tier="paper", recipe=made.recipe | like | recipe, final=made.final | {"last_accuracy": last}
    )


@pytest.fixture
def runs(record):
    """Of the published network and method: two seeds, a longer training, a variant; and others that count nowhere."""
    return Records([
        at_scale(record, 0, 77.0), at_scale(record, 1, 78.0), at_scale(record, 0, 79.0, epochs=400),
        at_scale(record, 0, 78.5, "ckdsnn-count"), at_scale(record, 5, 10.0, timesteps=4),
        at_scale(record, 6, 10.0, "snn"), at_scale(record, 7, 10.0, dataset="cifar10"), record,
    ]).frame()  # fmt: skip


def rows(text):
    """The table rows of a page, without heads."""
    lines = [line for line in readable(text).splitlines() if line.startswith("|")]
    return [line for line in lines if not line.startswith(("| ---", "| Student"))]


def test_ours_stands_beside_the_published_number_of_the_same_run_alone(runs):
    assert rows(published_parts([RIVAL, ENTRY], runs, plain)) == [
        "| ResNet-19, T = 1 | CKDSNN {cite}`liu2026closer` | 79.11 | second-hand "
        "| CKDSNN: 77.50 ± 0.71 (n = 2), 100 epochs; CKDSNN: 79.00 (n = 1), 400 epochs; "
        "CKDSNN (count): 78.50 (n = 1), 100 epochs |",
        "| ResNet-19, T = 1 | EnOF {cite}`enof` | 77.08 | second-hand | – |",
    ]


def test_the_answer_is_the_best_group_of_each_published_network(runs):
    said = readable(answer([RIVAL, ENTRY], runs))
    assert said.count("79.00 % (n = 1) by CKDSNN in 400 of 400 epochs, published 79.11 %") == 1 and "77.50" not in said
    assert "No run" in answer([RIVAL, ENTRY], runs[runs["tier"] != "paper"])


def test_the_answer_says_what_methods_without_maps_have_reached_in_as_many_epochs(record):
    reached = [("ckdsnn", 79.0, 400), ("nld", 80.5, 400), ("kd", 90.0, 20)]
    runs = [at_scale(record, 0, accuracy, method, epochs=epochs) for method, accuracy, epochs in reached]
    assert "79.00 % (n = 1) by CKDSNN in 400 of 400 epochs (in as many NLD 80.50), published 79.11 %" in readable(
        answer([ENTRY], Records(runs).frame())
    )


def plain(table, page, ids):
    """The table alone."""
    return table.markdown()


def shown(runs, entries=()):
    """The rows of the table of runs, as a browser gets them: record -> head -> cell."""
    html = runs_table(runs, entries)
    heads = re.findall(r"<th>(.*?)</th>", re.search(r'"table_html": (".*?)</thead>', html)[1])
    rows = json.loads(json.loads(re.search(r'"data_json": (".*"),\n', html)[1]))
    found = [dict(zip(heads, row, strict=True)) for row in rows]
    return {re.search(r"records/(.*)\.html", row["Record"])[1]: row for row in found}


def test_every_run_is_in_the_table_with_its_accuracy_and_a_link(runs, record):
    teacher = with_accuracy(record, "teacher", 0, 80.0)
    frame = Records([*[with_accuracy(record, "kd", seed, 50 + seed / 100) for seed in range(900)], teacher]).frame()
    found = shown(frame)  # more than the library would show by itself
    assert found.keys() == {*frame["id"]}
    for run in frame.itertuples():
        row = found[run.id]
        assert float(row["Accuracy (%)"]) == pytest.approx(run.accuracy) and row["Seed"] == run.seed
    ann = found[teacher.id]
    assert ann["Method"] == label_of("teacher") and ann["T"] == "ANN" and "nan" not in str(found).lower()


def test_the_papers_networks_come_first_and_a_teacher_before_its_students(record):
    names = (
        "digits-kd",
        "cifar10-16k-kd",
        "cifar10-16k-snn",
        "cifar100-resnet19-e20-kd",
        "cifar100-resnet19-e20-teacher",
    )
    runs = Records()
    for name in names:
        recipe = RECIPES[name]
        runs.append(replace(record, id=recipe.record_id(0), tier=recipe.tier, recipe=asdict(recipe)))
    frame = runs.frame()
    assert [name.rsplit("-s0-", 1)[0] for name in in_order(frame)["id"]] == [names[n] for n in (4, 3, 2, 1, 0)]


def test_a_run_says_whether_the_published_number_lies_in_its_interval(runs):
    found = {name: row["Published (%)"] for name, row in shown(runs, [RIVAL, ENTRY]).items()}
    for run in runs.itertuples():
        same = (run.tier, run.dataset, run.T) == ("paper", "cifar100", 1) and run.method != "snn"
        inside = run.accuracy_low <= ENTRY.accuracy <= run.accuracy_high
        assert found[run.id] == (f"79.11, {'within' if inside else 'outside'}" if same else "")
    assert {*found.values()} == {"", "79.11, within", "79.11, outside"}


def test_the_tables_script_brings_all_that_the_table_waits_for(record):
    waits_for = re.search(r"await window\.(\w+)", runs_table(runs_of(record, {"kd": [50.0]}), []))[1]
    assert f"window.{waits_for} =" in runs_script() and "https://www.unpkg.com" not in runs_script()


def test_each_data_set_has_a_table_and_an_uncertain_t_a_question_mark(record):
    doubtful = replace(ENTRY, data="CIFAR-10", unsure_of_t=True, remark="of a summary")
    unknown = Published("ImageNet-1K", "not named", None, "KDSNN", 63.42, "second-hand", epoch="best", cite="kdsnn")
    text = published_parts([doubtful, unknown], Records([record]).frame(), plain)
    assert re.findall(":name: (.*)", text) == ["results-published-cifar-10", "results-published-imagenet-1k"]
    assert rows(text) == [
        "| ResNet-19, T = 1? | CKDSNN {cite}`liu2026closer` | 79.11 | second-hand | of a summary |",
        "| not named, T = ? | KDSNN {cite}`kdsnn` | 63.42 (best) | second-hand |",
    ]


def test_who_is_above_the_paper_with_as_few_steps_is_named():
    slower, better = replace(RIVAL, timesteps=2, accuracy=82.43), replace(RIVAL, student="VGG", accuracy=80.0)
    variant, unknown = replace(ENTRY, method="CKDSNN, more", accuracy=90.0), replace(RIVAL, timesteps=None, accuracy=85)
    others = [ENTRY, RIVAL, slower, variant, unknown]
    assert above(ENTRY, others) == "" and above(replace(ENTRY, timesteps=None), [better]) == ""
    assert readable(above(ENTRY, [*others, better])).endswith(": 80.00 by EnOF (VGG, T = 1).")


def test_of_the_published_numbers_all_is_known_and_those_above_the_paper_are_named():
    entries = load_published(ROOT / "results")
    events = [entry for entry in entries if entry.data == "CIFAR10-DVS"]
    (own,) = [entry for entry in events if entry.method == "CKDSNN"]
    assert own.accuracy == 81.55 and above(own, events).count(" by ") == 3
    assert OURS.keys() <= {entry.work for entry in entries}
    assert all(f"cifar100-resnet19-{method}" in RECIPES for methods in OURS.values() for method in methods)
