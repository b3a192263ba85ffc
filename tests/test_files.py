"""Files appear whole or not at all."""

import errno
import hashlib
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from ckdsnn import files
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic, data_root, inside, lives, make_folder, nearest, reading, scratch_folder, sha256_file


def everything_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_atomic_writes_into_new_folders(tmp_path):
    with atomic(tmp_path / "a" / "b" / "file.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "a/b/file.txt").exists()
    assert everything_below(tmp_path) == ["a", "a/b", "a/b/file.txt"]
    assert (tmp_path / "a/b/file.txt").read_text() == "whole"


def test_the_temporary_file_keeps_folder_and_suffix(tmp_path):
    with atomic(tmp_path / "x.npz") as partial:
        np.savez(partial, a=np.arange(3))
        assert partial.parent == tmp_path and partial.name.startswith(".")
    assert everything_below(tmp_path) == ["x.npz"]


def test_two_threads_write_the_same_file_each_as_a_whole(tmp_path):
    both = Barrier(2)

    def write(text):
        with atomic(tmp_path / "file.txt") as partial:
            partial.write_text(text)
            both.wait(60)
            assert partial.read_text() == text

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ["one", "the other"]))
    assert everything_below(tmp_path) == ["file.txt"] and (tmp_path / "file.txt").read_text() in ("one", "the other")


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, CkdsnnError])
@pytest.mark.parametrize("before", [None, "old"])
def test_a_failure_leaves_what_was_there(tmp_path, failure, before):
    path = tmp_path / "file.txt"
    if before:
        path.write_text(before)
    with pytest.raises(failure), atomic(path) as partial:
        partial.write_text("half")
        raise failure
    assert everything_below(tmp_path) == (["file.txt"] if before else [])
    assert not before or path.read_text() == before


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(CkdsnnError, match=r"cannot write .*file\.txt: No space left"), atomic(tmp_path / "file.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(CkdsnnError, match=r"cannot write .*: odd"), atomic(tmp_path / "file.txt"):
        raise OSError("odd")
    assert everything_below(tmp_path) == []


def test_an_error_that_names_another_file_is_none_of_writing_this_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"), atomic(tmp_path / "file.txt"):
        (tmp_path / "missing").read_text()
    with pytest.raises(CkdsnnError, match=r"cannot write .*file\.txt: No such file"), atomic(tmp_path / "file.txt"):
        pass  # it was not written
    assert everything_below(tmp_path) == []


def test_what_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "missing"
    with pytest.raises(CkdsnnError, match=f"cannot read {path}: No such file.*; restore it"), reading(path):
        path.read_text()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for make in (make_folder, lambda folder: atomic(folder / "x").__enter__()):
        with pytest.raises(CkdsnnError, match=r"cannot write to the folder .*file/below: .*; choose another"):
            make(tmp_path / "file" / "below")
    with pytest.raises(CkdsnnError, match=r"cannot write .*file/data: "), scratch_folder(tmp_path / "file" / "data"):
        pass


def test_sha256_of_a_file(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "x").write_bytes(content)
    assert sha256_file(tmp_path / "x") == hashlib.sha256(content).hexdigest()


def test_data_root_prefers_the_given_then_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CKDSNN_DATA", raising=False)
    assert data_root() == tmp_path / ".cache" / "ckdsnn"
    monkeypatch.setenv("CKDSNN_DATA", "~/elsewhere")
    assert data_root() == tmp_path / "elsewhere"
    assert data_root("given") == Path("given")


def test_results_are_found_here_above_or_in_the_clone_of_the_package(tmp_path, monkeypatch):
    clone, elsewhere = tmp_path / "clone", tmp_path / "project" / "notebooks"
    for folder in (clone / "ckdsnn", clone / "results", elsewhere):
        folder.mkdir(parents=True)
    monkeypatch.setattr(files, "__file__", str(clone / "ckdsnn" / "files.py"))
    monkeypatch.chdir(elsewhere)
    assert nearest("results") == clone / "results" and nearest("nowhere") == Path("nowhere")
    (elsewhere.parent / "results").mkdir()
    assert nearest("results") == elsewhere.parent / "results"
    (elsewhere / "results").mkdir()
    assert nearest("results") == Path("results")


def test_what_a_killed_process_left_is_swept_but_no_living_ones_and_no_other_machines(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here, there = platform.node(), "elsewhere"
    living = [f".x.{here}.{os.getpid()}-1.partial.npz", f".x.{there}.{gone.pid}-1.partial.npz", ".hidden", "x.partial"]
    for name in [f".x.{here}.{gone.pid}-1.partial.npz", f".y.{here}.{gone.pid}-23.partial", *living]:
        (tmp_path / name).write_text("")
    with atomic(tmp_path / "new.txt") as partial:
        partial.write_text("new")
    assert everything_below(tmp_path) == sorted([*living, "new.txt"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_process_that_nobody_has_waited_for_lives_no_more():
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""], stdout=subprocess.PIPE)
    ended.stdout.read()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not lives(ended.pid) and lives(os.getpid())
    ended.communicate()


def test_a_folder_for_a_while_is_empty_and_goes_also_when_its_process_is_killed(tmp_path):
    program = "import os, sys, pathlib; from ckdsnn.files import scratch_folder\n"
    program += "with scratch_folder(pathlib.Path(sys.argv[1])) as f: (f / 'x').touch(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program, tmp_path / "data"])
    assert len(everything_below(tmp_path)) == 2
    with scratch_folder(tmp_path / "data") as folder:
        assert not list(folder.iterdir())
        (folder / "x").touch()
    assert len(everything_below(tmp_path)) == 2
    with atomic(tmp_path / "data.npz") as partial:
        partial.touch()
    assert everything_below(tmp_path) == ["data.npz"]


def test_in_a_read_only_folder_the_first_error_is_the_one_that_is_seen(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with (
        pytest.raises(CkdsnnError, match=r"cannot write .*file\.txt: Permission denied"),
        atomic(tmp_path / "file.txt"),
    ):
        refuse()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a\0b", "x" * 256])
def test_a_files_name_leads_nowhere_else(tmp_path, name):
    with pytest.raises(CkdsnnError, match=r"is no file's name"):
        inside(tmp_path, name)


def test_a_link_may_lead_within_its_folder_alone(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "file")
    (tmp_path / "a" / "out").symlink_to(tmp_path / "secret")
    assert inside(tmp_path / "a", "link").name == "link"
    with pytest.raises(CkdsnnError, match="outside its folder"):
        inside(tmp_path / "a", "out")
