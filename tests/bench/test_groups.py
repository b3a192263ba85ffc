"""Trainings side by side and alone are real trainings; what a step takes is read in their records."""

import json

import pytest

from ckdsnn.bench import groups
from ckdsnn.cli import main
from ckdsnn.data import DATASETS
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.store import record_files


def test_every_method_is_trained_alone_and_beside_the_others(monkeypatch):
    called, curves = [], {}

    def call(arguments):
        """The command in this process."""
        called.append([word for word in arguments if not word.startswith("--")])
        assert main(arguments) == 0
        (out,) = (word.removeprefix("--out=") for word in arguments if word.startswith("--out="))
        for path in record_files(out):
            record = json.loads(path.read_text())
            assert record["env"].get("side_by_side", 1) == len(called[-1]) - 1 and record["env"]["threads"] == 1
            curves[record["recipe"]["name"], len(called[-1]) - 1] = record["curve"]

    for name, value in {"SETTING": "digits", "METHODS": ("snn", "nld"), "STEPS": 2, "TESTED": 16, "call": call}.items():
        monkeypatch.setattr(groups, name, value)
    monkeypatch.setitem(DATASETS, groups.DATA_SET, None)  # what the command puts there goes with the test
    entries = groups.measure_groups(2)
    first, second = "digits-snn", "digits-nld"
    assert called == [["train", first], ["train", first], ["train", second], ["train", first, second]]
    assert [(e["recipe"], e["side_by_side"]) for e in entries] == [
        ("digits-snn", 1), ("digits-nld", 1), ("digits-snn", 2), ("digits-nld", 2)
    ]  # fmt: skip
    for entry in entries:
        _, *counted = curves[entry["recipe"], entry["side_by_side"]]
        steps = [(epoch["seconds"] - epoch["test_seconds"]) / 2 for epoch in counted]
        assert entry["step_seconds"] == pytest.approx(steps) and len(steps) == 2
        assert entry["command_seconds"] > 2 * sum(steps)


def test_a_command_that_fails_is_an_error_with_its_last_words():
    with pytest.raises(CkdsnnError, match=r"`ckdsnn train digits-sn \.\.\.` failed: .*unknown recipe 'digits-sn'"):
        groups.call(["train", "digits-sn"])
