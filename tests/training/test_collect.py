"""The records of a suite: found where they are, trained live in the smoke tier alone."""

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.records import copy_record, load_record
from ckdsnn.training import collect, obtain_suite


@pytest.fixture
def tiny_suite(student, monkeypatch):
    """The tiny student as the one cell of a smoke suite."""
    monkeypatch.setitem(SUITES, "tiny", {"smoke": ["tiny-ckdsnn"], "reduced": ["tiny-ckdsnn"]})
    monkeypatch.setitem(RECIPES, "tiny-ckdsnn", student)


def test_what_is_on_record_is_not_trained_again(tiny_suite, record, results, tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "run_together", lambda *_, **__: pytest.fail("trained again"))
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
