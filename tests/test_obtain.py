"""The records behind a figure: found where they are, trained live in the smoke tier alone."""

from importlib import import_module

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.obtain import obtain, obtain_suite, obtain_together
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.records import copy_record, load_record, load_records

run_module = import_module("ckdsnn.training.run")  # the package's name `run` is the function


@pytest.fixture
def tiny_suite(student, monkeypatch):
    """The tiny student as the one cell of a smoke suite."""
    monkeypatch.setitem(SUITES, "tiny", {"smoke": ["tiny-ckdsnn"], "reduced": ["tiny-ckdsnn"]})
    monkeypatch.setitem(RECIPES, "tiny-ckdsnn", student)


def test_what_is_on_record_is_not_trained_again(tiny_suite, record, results, tmp_path, monkeypatch):
    monkeypatch.setattr("ckdsnn.training.run_together", lambda *_, **__: pytest.fail("trained again"))
    assert obtain_suite("tiny", "smoke", 1, results, tmp_path) == {"tiny-ckdsnn": [record]}
    assert obtain_suite("tiny", "reduced", 3, results, tmp_path) == {"tiny-ckdsnn": [record]}


def test_the_smoke_tier_trains_what_is_missing(tiny_suite, record, results, tmp_path):
    copy_record(load_record(record.teacher["record"], results), results, tmp_path)
    cells = obtain_suite("tiny", "smoke", 2, "nowhere", tmp_path, progress=False)
    assert [found.seed for found in cells["tiny-ckdsnn"]] == [0, 1]
    assert cells["tiny-ckdsnn"][0].weights == record.weights


def test_another_tier_is_answered_with_the_command(tiny_suite, tmp_path):
    with pytest.raises(CkdsnnError, match=r"no record of the suite tiny .*; run `ckdsnn suite tiny --tier reduced`"):
        obtain_suite("tiny", "reduced", 1, tmp_path, tmp_path)
    with pytest.raises(CkdsnnError, match="seeds = 0; expected an integer of at least 1"):
        obtain_suite("tiny", "smoke", 0, tmp_path, tmp_path)


def test_obtain_trains_smoke_runs_only(tmp_path, results, record, student):
    with pytest.raises(CkdsnnError, match=r"run `ckdsnn train cifar10-reduced-snn --seed 7`"):
        obtain("cifar10-reduced-snn", 7, results, tmp_path)
    with pytest.raises(CkdsnnError, match=r"run `ckdsnn train cifar10-reduced-snn --seed 0 --flip=false --epochs=3`"):
        obtain("cifar10-reduced-snn", 0, results, tmp_path, flip=False, epochs=3)
    smoke, arrays = obtain("digits-snn", 0, results, tmp_path, progress=False, train_images=64, epochs=1)
    assert arrays["sam"].shape == (64, 4, 4) and smoke == load_records(tmp_path)[0]


def test_what_is_missing_of_several_is_trained_side_by_side(record, results, tmp_path, tiny_suite):
    names = ["digits-snn", "digits-kd", "tiny-ckdsnn"]
    changes = {"teacher": "tiny-teacher", "train_images": 96, "epochs": 2}
    found = obtain_together(names, 0, results, tmp_path, progress=False, **changes)
    assert [one.recipe["name"] for one, _ in found] == names and found[2][0] == record
    assert [one.side_by_side for one in load_records(tmp_path) if one.recipe["name"] in names] == [2, 2]
    assert all(arrays["sam"].shape == (64, 4, 4) for _, arrays in found)


def test_obtain_takes_a_teacher_from_either_folder(record, results, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "print", lambda *said, **_: pytest.fail(f"trained: {said}"), raising=False)
    changes = {"teacher": "tiny-teacher", "train_images": 96, "epochs": 1}
    learned, _ = obtain("digits-kd", 0, results, tmp_path, progress=False, **changes)
    assert learned.teacher == record.teacher
