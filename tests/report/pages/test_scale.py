"""The part on the paper's own networks: its rows, its differences, and what it says of the setting."""

from dataclasses import asdict, replace

from ckdsnn.recipe import RECIPES
from ckdsnn.report.pages.scale import Scale, name_of, pilot_table, scale_part
from tests.report.examples import cells_of, readable

SETTING = "cifar100-resnet19-e20"
STUDENT, TEACHER = (asdict(RECIPES[f"{SETTING}-{name}"]) for name in ("nld", "teacher"))


def rows(cells, teachers=(), aligned=None):
    text = readable(scale_part(SETTING, Scale(cells, aligned or {}, teachers, STUDENT, TEACHER)))
    return [line for line in text.splitlines() if line.startswith("| ")][2:]


def test_each_method_stands_beside_the_plain_network_and_nld(record):
    cells = cells_of(record, {"nld": [66.0, 67.0], "snn": [58.0, 60.0], "kd": [66.5]})
    plain, other, best = rows(cells, aligned={"nld": {0: 0.3, 1: 0.5}})
    assert plain.startswith("| SNN, no distillation | 59.00 ± 1.41 (n = 2) | – | -7.50 [")
    assert other.startswith("| KD | 66.50 (n = 1) | +8.50 (n = 1) | +0.50 (n = 1) |")
    assert best.startswith("| NLD | 66.50 ± 0.71 (n = 2) | +7.50 [")
    assert best.endswith("| – | 0.40 ± 0.14 |") and other.endswith("| – |")


def test_the_teacher_comes_first_and_has_no_differences(record):
    cells = cells_of(record, {"snn": [58.0]})
    teacher = replace(cells["snn"][0], final=cells["snn"][0].final | {"firing_rate": {}})
    first, *_ = rows(cells, [teacher])
    assert first == "| Teacher (ANN) | 58.00 (n = 1) | – | – | – |"


def test_the_setting_is_named_in_words(record):
    assert name_of(STUDENT, []) == "ResNet-19 on CIFAR-100, T = 1, 20 of 400 epochs"
    teachers = cells_of(record, {"snn": [72.224]})["snn"]
    assert name_of(STUDENT, teachers) == "ResNet-19 on CIFAR-100, T = 1, 20 of 400 epochs, teacher 72.22 %"
    text = readable(scale_part(SETTING, Scale({}, {}, [], STUDENT, TEACHER)))
    assert "students ResNet-19 of width 8" in text and "AutoAugment and random erasing" in text


def validated(records, accuracy):
    return [replace(run, final=run.final | {"validation_accuracy": accuracy + run.seed}) for run in records]


def test_where_there_are_validation_images_their_accuracy_stands_beside(record):
    student = asdict(RECIPES["cifar100-resnet20-e20-nld"])
    cells = {"nld": validated(cells_of(record, {"nld": [40.0, 41.0]})["nld"], 42.0)}
    text = readable(scale_part("evidence", Scale(cells, {}, [], student, TEACHER)))
    assert "all training images but 5,000 for validation" in text and "but the last 5,000" in text
    assert "| NLD | 40.50 ± 0.71 (n = 2) | – | – | 42.50 ± 0.71 (n = 2) | – |" in text


def test_the_pilot_marks_the_best_on_validation_images(record):
    cells = {
        method: validated(cells_of(record, {method: [50.0]})[method], accuracy)
        for method, accuracy in (("ckdsnn-beta10", 41.0), ("ckdsnn-beta30", 42.0))
    }
    assert [row[-1] for row in pilot_table("t", "c", cells).rows] == ["–", "yes"]
