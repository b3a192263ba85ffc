"""The part on the paper's own networks: its rows, its differences, and what it says of the setting."""

from dataclasses import asdict

import numpy as np
import pytest

from ckdsnn.recipe import RECIPES
from ckdsnn.report.labels import label_of
from ckdsnn.report.pages.scale import FAIR, fair, name_of, pilot_table, scale_table
from tests.report.examples import readable, runs_of

ACCURACIES = {"nld": [66.0, 67.0], "snn": [58.0, 60.0], "kd": [66.5]}


@pytest.fixture
def runs(record):
    return runs_of(record, ACCURACIES).assign(alignment=[0.3, 0.5, np.nan, np.nan, 0.2])


def test_each_method_stands_below_the_teacher_and_beside_the_plain_network_and_nld(record, runs):
    teachers = runs_of(record, {"teacher": [72.224]}).assign(last_firing_rate=None)
    table = scale_table("t", "c", runs, teachers)
    cells = [list(map(readable, row)) for row in table.rows]
    assert [row[0] for row in cells] == [label_of(name) for name in ("teacher", "snn", "kd", "nld")]
    teacher, plain, kd, nld = (row[1:4] for row in cells)
    assert teacher == ["72.22 (n = 1)", "–", "–"] and kd == ["66.50 (n = 1)", "+8.50 (n = 1)", "+0.50 (n = 1)"]
    assert (
        plain[:2] == ["59.00 ± 1.41 (n = 2)", "–"] and plain[2].startswith("-7.50 [") and nld[1].startswith("+7.50 [")
    )
    alignment = [row[table.header.index("Alignment of SAM with CAM, mean ± sd")] for row in cells]
    assert alignment == ["–", "–", "0.20", "0.40 ± 0.14"]
    assert not any("Validation" in head for head in table.header), "no run has validation images"
    assert len(scale_table("t", "c", runs, teachers.iloc[:0]).rows) == 3


def test_validation_images_have_a_column_and_pick_the_pilots_best(runs):
    checked = runs.assign(validation_accuracy=[42.0, 43.0, 41.0, 41.0, 44.0])
    table = scale_table("t", "c", checked, checked.iloc[:0])
    (at,) = [index for index, head in enumerate(table.header) if "Validation" in head]
    assert [readable(row[at]) for row in table.rows] == [
        "41.00 ± 0.00 (n = 2)", "44.00 (n = 1)", "42.50 ± 0.71 (n = 2)"
    ]  # fmt: skip
    best = {row[0]: row[-1] for row in pilot_table("t", "c", checked).rows}
    assert best == {label_of("nld"): "–", label_of("snn"): "–", label_of("kd"): "yes"}


def test_the_first_release_stands_against_what_has_its_relu_too(record):
    said = readable(fair(runs_of(record, dict(zip(FAIR, ([64.0, 65.0, 66.2], [60.0, 61.0, 62.0]), strict=True)))))
    assert f"{label_of(FAIR[0])}** is better than {label_of(FAIR[1])}: +4.07 [" in said
    assert fair(runs_of(record, {"snn": [50.0]})) == ""


def test_the_setting_is_named_in_words(runs):
    student = asdict(RECIPES["cifar100-resnet19-e20-nld"])
    assert name_of(student, runs.iloc[:0]) == "ResNet-19 on CIFAR-100, T = 1, 20 of 400 epochs"
    assert name_of(student, runs[runs["method"] == "kd"]).endswith("epochs, teacher 66.50 %")
    assert "but 5,000 for validation" in name_of(asdict(RECIPES["cifar100-resnet20-e20-nld"]), runs.iloc[:0])
