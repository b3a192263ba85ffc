"""Studies: measured once, kept, found again, and refused with a reason."""

import json
from dataclasses import replace

import pytest
import torch

from ckdsnn.assemble import load_network
from ckdsnn.cli import main
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.study import STUDIES, Study, find_studies, find_study
from ckdsnn.studies import study as module
from ckdsnn.studies.study import obtain_studies, obtain_study, plain, study


def accuracies(subject):
    """A stand-in for a study that uses all that a subject offers."""
    (test, y), (train, _) = subject.test_images(90), subject.training_images(5)
    with torch.no_grad():
        hits = {who: (net(test).logits.argmax(1) == y).float().mean().item() for who, net in
                (("student", subject.network), ("teacher", subject.teacher))}  # fmt: skip
    return {"images": 90}, hits | {"shape": torch.tensor(train.shape), "broken": [float("nan"), 1.23456789]}


@pytest.fixture
def folder(copy_of_results, tmp_path, monkeypatch):
    """A copy of the results, where a study may be left."""
    monkeypatch.setattr(module, "KINDS", ("accuracies",))
    monkeypatch.setattr(module, "measure_of", lambda _: accuracies)
    return copy_of_results(tmp_path)


def test_a_study_tells_what_was_measured_on_which_network(record, folder):
    made = study("accuracies", record.id, folder)
    x, y = module.Subject(record, folder).test_images(90)
    with torch.no_grad():
        right = (load_network(record, folder)(x).logits.argmax(1) == y).float().mean().item()
    assert made.values["student"] == float(f"{right:.6g}") and 0 <= made.values["teacher"] <= 1
    assert made.values["shape"] == [5, 3, 16, 16] and made.values["broken"] == [None, 1.23457]
    assert made.settings == {"images": 90} and made.weights == record.weights["sha256"] and made.tier == record.tier
    assert json.loads(STUDIES.path(made.id, folder).read_text())["recipe"] == record.recipe


def test_a_study_on_record_is_not_repeated(record, folder, monkeypatch):
    made = study("accuracies", record.id, folder)
    monkeypatch.setattr(module, "measure_of", lambda _: pytest.fail("measured again"))
    assert study("accuracies", record.id, folder) == made == obtain_study("accuracies", record, folder, folder / "new")


def test_a_study_of_other_weights_is_refused_by_every_look_up(record, folder):
    path = STUDIES.path(study("accuracies", record.id, folder).id, folder)
    again = replace(record, weights=record.weights | {"sha256": "0" * 64})
    for look in (
        lambda: find_study("accuracies", again, folder),
        lambda: obtain_study("accuracies", again, folder / "none", folder),
        lambda: find_studies("accuracies", [again], folder),
    ):
        with pytest.raises(CkdsnnError, match=f"{path} is of other weights than the record's; delete it and study"):
            look()
    assert [found.record for found in find_studies("accuracies", [record], folder / "none", folder)] == [record.id]


def test_the_command_does_not_take_a_study_of_other_weights(record, folder, capsys):
    path = STUDIES.path(study("accuracies", record.id, folder).id, folder)
    path.write_text(path.read_text().replace(record.weights["sha256"], "0" * 64))
    assert main(["study", "accuracies", record.id, "--out", str(folder)]) == 2
    assert "is of other weights" in capsys.readouterr().err


def test_a_smoke_run_is_studied_at_once_another_is_answered_with_the_command(record, folder):
    assert obtain_study("accuracies", record, folder / "none", folder).kind == "accuracies"
    STUDIES.path(f"accuracies-{record.id}", folder).unlink()
    made = obtain_study("accuracies", record, folder, folder / "new")  # a run of `ckdsnn suite`, say
    assert find_study("accuracies", record, folder / "new") == made and not find_study("accuracies", record, folder)
    reduced = record.__class__(**vars(record) | {"tier": "reduced", "recipe": record.recipe | {"tier": "reduced"}})
    with pytest.raises(CkdsnnError, match=f"run `ckdsnn study accuracies {record.id}`"):
        obtain_study("accuracies", reduced, folder, folder)
    assert obtain_studies("accuracies", [reduced], folder, folder) == []
    with pytest.raises(CkdsnnError, match="unknown study 'luck'; choose one of: "):
        obtain_studies("luck", [reduced], folder, folder)
    assert [made.record for made in obtain_studies("accuracies", [record], folder, folder)] == [record.id]


def test_the_command_measures_and_says_what_there_is(record, folder, capsys):
    assert main(["study", "accuracies", record.id, "--out", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(f"study accuracies-{record.id} in {folder}: student, teacher")
    assert main(["study", "luck", record.id, "--out", str(folder)]) == 2
    assert "unknown study 'luck'; choose one of: " in capsys.readouterr().err
    assert main(["study", "accuracies", record.teacher["record"], "--out", str(folder)]) == 2
    assert "is a teacher's" in capsys.readouterr().err


def test_a_study_that_contradicts_itself_is_refused(record, folder):
    made = study("accuracies", record.id, folder)
    with pytest.raises(CkdsnnError, match="contradicts itself"):
        Study(**vars(made) | {"record": "another"})
    with pytest.raises(CkdsnnError, match="breaks the schema at values/text"):
        Study(**vars(made) | {"values": {"text": "many"}})


def test_numbers_of_any_kind_become_plain():
    assert plain([torch.ones(2, 1), float("inf"), (1, 0.1234567)]) == [[[1.0], [1.0]], None, [1, 0.123457]]
