"""Remembering the teacher: the same run as with asking it, and asked only once for all runs that show it the same."""

import pytest
import torch

from ckdsnn import run
from ckdsnn.distill import Objective
from ckdsnn.engine import Engine, using
from ckdsnn.models import Features
from ckdsnn.records import load_record
from ckdsnn.training.recall import Recall, make_recall
from ckdsnn.training.teacher import from_record

CPU = torch.device("cpu")


def features(step: int) -> Features:
    generator = torch.Generator().manual_seed(step)
    logits, stage = torch.randn(4, 3, generator=generator), torch.randn(4, 2, 5, 5, generator=generator)
    return Features(logits, (torch.zeros(4, 6, 9, 9), stage))


def one_epoch(recall: Recall, epoch: int, steps: int, look) -> list[Features]:
    recall.begin(epoch)
    seen = [recall.features(lambda step=step: look(step)) for step in range(steps)]
    recall.end()
    return seen


def never(step: int):
    raise AssertionError(f"the teacher is asked again, step {step}")


def test_an_epoch_is_asked_for_once_and_remembered_to_the_last_bit(tmp_path):
    one_epoch(Recall(tmp_path), 2, 3, features)
    for step, seen in enumerate(one_epoch(Recall(tmp_path), 2, 3, never)):
        torch.testing.assert_close(seen.logits, features(step).logits, rtol=0, atol=0)
        torch.testing.assert_close(seen.stages[-1], features(step).stages[-1], rtol=0, atol=0)
        assert seen.stages[0].shape == (4, 6, 0, 0) and seen.stages[0].is_meta  # what reads it fails
    with pytest.raises(AssertionError, match="asked again"):
        one_epoch(Recall(tmp_path), 3, 1, never)  # another epoch is not known


def test_every_question_has_its_own_answers_in_the_order_of_the_steps(tmp_path):
    def epoch(look) -> list[float]:
        recall = Recall(tmp_path)
        recall.begin(0)
        seen = [recall.see(name, lambda n=name, s=s: look(n, s))[0].item() for s in range(2) for name in ("one", "two")]
        recall.end()
        return seen

    first = epoch(lambda name, step: (torch.tensor(float(len(name) + 10 * step + (name == "two"))),))
    assert first == [3.0, 4.0, 13.0, 14.0] == epoch(lambda name, step: never(step))


def test_an_epoch_that_was_broken_off_is_not_remembered(tmp_path):
    recall = Recall(tmp_path)
    recall.begin(0)
    recall.features(lambda: features(0))
    recall.begin(0)
    recall.end()
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_the_teacher_is_asked_every_time():
    asked = []
    for _ in range(2):
        one_epoch(Recall(None), 0, 2, lambda step: asked.append(step))
    assert asked == [0, 1, 0, 1]


@pytest.fixture
def remembering():
    with using(Engine(remember_teacher=True)):
        yield


def test_a_run_that_remembers_equals_one_that_asks(tmp_path, student, record, results, monkeypatch):
    with using(Engine(remember_teacher=True)):
        run(student.replace(gamma=0.5), out=tmp_path, results=results, progress=False)  # fills the memory
        monkeypatch.setattr(Objective, "observe", never)
        again = run(student, out=tmp_path, progress=False)
    assert again.weights["sha256"] == record.weights["sha256"]
    assert [point["samd"] for point in again.curve] == [point["samd"] for point in record.curve]


def test_maps_at_earlier_stages_are_remembered_too(tmp_path, student, results, record, monkeypatch):
    everywhere = student.replace(every_stage=True, teacher_range="rate")
    asked = run(everywhere, out=tmp_path / "asked", results=results, progress=False)
    with using(Engine(remember_teacher=True)):
        run(everywhere.replace(gamma=0.5), out=tmp_path, results=results, progress=False)
        monkeypatch.setattr(Objective, "observe", never)
        monkeypatch.setattr("ckdsnn.distill.samd.grad_cam", never)
        again = run(everywhere, out=tmp_path, progress=False)
    assert again.weights["sha256"] == asked.weights["sha256"] != record.weights["sha256"]


def test_the_memory_belongs_to_a_teacher_its_images_and_a_seed(student, record, results, tmp_path, remembering):
    teacher = from_record(load_record(record.teacher["record"], results), results)

    def folder(recipe=student, seed=0):
        return make_recall(recipe, seed, teacher, "", tmp_path, CPU, 1).folder

    assert folder() == folder(student.replace(losses="kd", beta=3.0, epochs=9))
    others = [folder(seed=1), folder(student.replace(flip=True)), folder(student.replace(batch_size=16))]
    assert len({folder(), *others}) == 4


def test_what_a_run_needs_beyond_it_is_not_remembered(student, record, results, tmp_path, remembering):
    teacher = from_record(load_record(record.teacher["record"], results), results)
    assert make_recall(student.replace(losses="at", stage=0), 0, teacher, "", tmp_path, CPU, 1).folder is None
    assert make_recall(student.replace(losses="at"), 0, teacher, "", tmp_path, CPU, 1).folder
    assert make_recall(student, 0, teacher, "", tmp_path, CPU, 2).folder is None
    assert make_recall(student, 0, None, "", tmp_path, CPU, 1).folder is None


def test_nothing_is_remembered_unless_asked_for(student, record, results, tmp_path):
    teacher = from_record(load_record(record.teacher["record"], results), results)
    assert make_recall(student, 0, teacher, "", tmp_path, CPU, 1).folder is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_what_is_remembered_is_on_the_runs_device(tmp_path):
    def on_gpu(step: int) -> Features:
        logits, stages = features(step)
        return Features(logits.cuda(), tuple(stage.cuda() for stage in stages))

    for look in (on_gpu, never):
        (seen,) = one_epoch(Recall(tmp_path, "cuda"), 0, 1, look)
        assert seen.logits.is_cuda and seen.stages[-1].is_cuda
        torch.testing.assert_close(seen.logits.cpu(), features(0).logits, rtol=0, atol=0)
