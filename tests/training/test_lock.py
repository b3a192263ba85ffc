"""No two processes train one run: the second waits, takes over what is left, or leaves it alone."""

import errno
import fcntl
import threading
import time

import pytest

from ckdsnn import CkdsnnError, run
from ckdsnn.cli import main
from ckdsnn.recipe import RECIPES
from ckdsnn.records import copy_record, load_records
from ckdsnn.training import Busy, lock
from ckdsnn.training.lock import only_process
from ckdsnn.training.run import work_folder

SNN = RECIPES["digits-snn"].replace(name="lock-snn", train_images=64, epochs=1)


def hold(work, meanwhile, held):
    """Another process's part: hold the lock, do something, let go."""
    with only_process(work):
        held.set()
        meanwhile()


def beside(work, meanwhile):
    held = threading.Event()
    thread = threading.Thread(target=hold, args=(work, meanwhile, held))
    thread.start()
    held.wait()
    return thread


def test_a_run_that_another_process_trains_is_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lock, "GRACE", 0.3)
    work = work_folder(SNN, 0, tmp_path)
    with only_process(work), pytest.raises(Busy, match=f"another process is training {SNN.record_id(0)}"):
        run(SNN, out=tmp_path, progress=False)
    assert "waiting for it" in capsys.readouterr().out
    assert [path.name for path in work.iterdir()] == ["lock"]
    with only_process(work, 0):
        pass  # the lock is free again


def test_the_command_says_so_by_its_status(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lock, "GRACE", 0)
    recipe = RECIPES["digits-snn"].replace(train_images=64)
    with only_process(work_folder(recipe, 0, tmp_path)):
        assert main(["train", "digits-snn", "--train_images", "64", "--out", str(tmp_path)]) == 4
    assert "another process is training digits-snn-s0" in capsys.readouterr().err


def test_what_the_other_process_has_finished_meanwhile_is_not_trained_again(tmp_path, monkeypatch):
    done = run(SNN, out=tmp_path / "there", progress=False)

    def finish():
        time.sleep(0.5)
        copy_record(done, tmp_path / "there", tmp_path)

    other = beside(work_folder(SNN, 0, tmp_path), finish)
    monkeypatch.setattr("ckdsnn.training.trainer.L.Trainer.fit", lambda *_, **__: pytest.fail("trained again"))
    assert run(SNN, out=tmp_path, progress=False) == done
    other.join()


def test_a_student_waits_for_a_teacher_that_another_process_trains_and_takes_over_if_that_ends(
    student, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(lock, "GRACE", 0)  # it waits longer than for itself
    teacher = RECIPES["tiny-teacher"]
    other = beside(work_folder(teacher, 0, tmp_path), lambda: time.sleep(2))  # then it is killed
    record = run(student, out=tmp_path, progress=False)
    other.join()
    assert f"another process is training {teacher.record_id(0)}: waiting for it" in capsys.readouterr().out
    assert [found.id for found in load_records(tmp_path)] == [record.id, teacher.record_id(0)]


def test_a_file_system_without_locks_hinders_no_training_but_is_told_of(tmp_path, monkeypatch, capsys):
    def unsupported(*_):
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with only_process(tmp_path / "first"), only_process(tmp_path / "first"):
        pass
    assert capsys.readouterr().out.count("there are no locks where") == 2


def test_a_lock_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(CkdsnnError, match=r"cannot write .*/lock: Is a directory"), only_process(tmp_path):
        pass
