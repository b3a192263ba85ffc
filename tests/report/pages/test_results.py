"""The page of results: what stands in which row, and which runs count."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ckdsnn.recipe import RECIPES
from ckdsnn.records.paper import Published, load_published
from ckdsnn.report.pages.results import (
    ALONE,
    OURS,
    WITHOUT_TEACHER,
    WORKS,
    above,
    own_table,
    published_tables,
    remarks,
    setting,
    shown,
)
from tests.report.examples import cells_of, readable, with_accuracy

ROOT = Path(__file__).parents[3]
ENTRY = Published("CIFAR-100", "ResNet-19", 1, "CKDSNN", 79.11, "second-hand")
RIVAL = Published("CIFAR-100", "ResNet-19", 1, "EnOF", 77.08, "second-hand")


def at_scale(record, seed, accuracy, method="ckdsnn", **recipe):
    """`record` as if it were a paper-tier run of the entry's network."""
    like = {"tier": "paper", "dataset": "cifar100", "model": "resnet19", "timesteps": 1, "epochs": 100}
    made = with_accuracy(record, method, seed, accuracy)
    return replace(made, tier="paper", recipe=made.recipe | like | recipe)


def rows(text):
    """The table rows of a page, without heads."""
    lines = [line for line in readable(text).splitlines() if line.startswith("|")]
    return [line for line in lines if not line.startswith(("| ---", "| Student", "| Method"))]


def test_ours_stands_beside_the_published_number_of_the_same_run_alone(record):
    runs = [at_scale(record, seed, accuracy) for seed, accuracy in enumerate((77.0, 78.0))]
    other = [at_scale(record, 5, 10.0, timesteps=4), at_scale(record, 6, 10.0, "snn"), record]
    longer, scaled = at_scale(record, 0, 79.0, epochs=400), at_scale(record, 0, 78.5, "ckdsnn-count")
    text = published_tables([RIVAL, ENTRY], [*runs, *other, longer, scaled])
    assert shown([RIVAL, ENTRY], [*runs, *other, longer, scaled]) == [*runs, longer, scaled]
    assert ALONE not in text and "Ours (%), last epoch" in text
    assert rows(text) == [
        "| ResNet-19, T = 1 | CKDSNN {cite}`ckdsnn` | 79.11 | second-hand "
        "| CKDSNN: 77.50 ± 0.71 (n = 2), 100 epochs; CKDSNN: 79.00 (n = 1), 400 epochs; "
        "CKDSNN (count): 78.50 (n = 1), 100 epochs |",
        "| ResNet-19, T = 1 | EnOF {cite}`enof` | 77.08 | second-hand | – |",
    ]


def test_without_runs_of_ours_there_is_a_sentence_instead_of_a_column(record):
    text = published_tables([ENTRY, RIVAL], [record])
    assert text.startswith(ALONE) and "Ours" not in text


def test_each_data_set_has_a_table_and_an_uncertain_t_a_question_mark():
    doubtful = replace(ENTRY, data="CIFAR-10", unsure_of_t=True, remark="of a summary")
    unknown = Published("ImageNet-1K", "not named", None, "KDSNN", 63.42, "second-hand", epoch="best")
    text = published_tables([doubtful, unknown], [])
    assert ":name: results-published-cifar-10\n" in text and ":name: results-published-imagenet-1k\n" in text
    assert rows(text) == [
        "| ResNet-19, T = 1? | CKDSNN {cite}`ckdsnn` | 79.11 | second-hand |",
        "| not named, T = ? | KDSNN {cite}`kdsnn` | 63.42 (best) | second-hand |",
    ]
    assert "- CKDSNN, 79.11: of a summary." in text


def test_who_is_above_the_paper_with_as_few_steps_is_named():
    slower, better = replace(RIVAL, timesteps=2, accuracy=82.43), replace(RIVAL, student="VGG", accuracy=80.0)
    variant, unknown = replace(ENTRY, method="CKDSNN, more", accuracy=90.0), replace(RIVAL, timesteps=None, accuracy=85)
    assert above(ENTRY, [ENTRY, RIVAL, slower, variant, unknown]) == ""
    said = readable(above(ENTRY, [ENTRY, RIVAL, slower, variant, unknown, better]))
    assert "CKDSNN's 79.11" in said and said.endswith(": 80.00 by EnOF (VGG, T = 1).")
    assert above(replace(ENTRY, timesteps=None), [better]) == ""


def test_the_papers_number_for_events_has_others_above_it():
    entries = load_published(ROOT / "results")
    events = [entry for entry in entries if entry.data == "CIFAR10-DVS"]
    (own,) = [entry for entry in events if entry.method == "CKDSNN"]
    assert own.accuracy == 81.55 and above(own, events).count(" by ") == 3 and above(own, events) in remarks(events)
    large = [entry for entry in entries if entry.student == "SEW-ResNet-34" and entry.work != "CKDSNN"]
    assert max(large, key=lambda entry: entry.accuracy).work == "SAKD"


def test_what_is_published_is_known_by_a_work_and_a_recipe():
    assert OURS.keys() | set(WITHOUT_TEACHER) <= WORKS.keys()
    assert all(f"cifar100-resnet19-{method}" in RECIPES for methods in OURS.values() for method in methods)


def test_own_runs_are_means_over_the_seeds_methods_before_variants(record):
    teacher = with_accuracy(record, "teacher", 0, 80.0)
    suites = {
        "noise": cells_of(record, {"nld-noise1": [51.0], "nld": [49.0]}),
        "components": cells_of(record, {"kd": [50.0, 52.0], "nld": [49.0]}),
    }
    found = rows(own_table(suites, {"noise": "notebooks/a.ipynb", "components": "notebooks/b.ipynb"}, [teacher]))
    assert [row.split(" | ")[0] for row in found] == ["| Teacher (ANN)", "| KD", "| NLD", "| NLD, fixed deviation 1"]
    assert found[1].startswith("| KD | [components](../notebooks/b.ipynb) | 51.00 ± 1.41 (n = 2) |")
    assert found[2].startswith("| NLD | [noise](../notebooks/a.ipynb) |")
    energy = record.final["energy"]["compute_nj"] / 1000
    assert found[1].endswith(f" ± 0.0 | {energy:.2f} ± 0.00 |")


STUDENT, SHOWN = (
    "students ResNet-8 of width 1, T = 1",
    "changed by crops and flips, not by AutoAugment or random erasing",
)


@pytest.mark.parametrize("words", [STUDENT, "16,000 training images", "6 epochs (the", SHOWN])
def test_the_setting_is_told_from_the_recipes(words):
    student, teacher = (asdict(RECIPES[f"cifar10-16k-{name}"]) for name in ("snn", "teacher"))
    assert words in setting(student, teacher)
