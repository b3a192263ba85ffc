"""Two builds at once, and pages that are put in place of others."""

import fcntl
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from book import alone as module
from book.alone import alone, exchange, former, put_in_place, recover


def write(folder, text):
    folder.mkdir()
    for name in ("index.html", "other.html"):
        (folder / name).write_text(text)
    return folder


def texts(folder):
    """The text of both pages, if they are there and of one kind."""
    found = [path.read_text() for path in folder.glob("*")]
    return found[0] if len(found) == 2 and found[0] == found[1] else None


@pytest.mark.parametrize("able", [True, False])
@pytest.mark.parametrize("step", range(5))
def test_pages_that_are_put_in_place_leave_a_whole_book_wherever_that_is_killed(tmp_path, monkeypatch, step, able):
    target, steps = write(tmp_path / "html", "old"), iter(range(9))

    def killed(call):
        def until_the_step(*arguments, **options):
            if next(steps) == step:
                raise SystemExit
            return call(*arguments, **options)

        return until_the_step

    with monkeypatch.context() as patch:
        patch.setattr(module, "exchange", killed(exchange) if able else lambda *_: False)
        patch.setattr(module.shutil, "rmtree", killed(shutil.rmtree))
        patch.setattr(Path, "rename", killed(Path.rename))
        with suppress(SystemExit):
            put_in_place(write(tmp_path / "new", "new"), target)
    if not able:
        recover(target)  # as the next build does at its start
    assert texts(target) in ("old", "new")
    recover(target)
    put_in_place(write(tmp_path / "newer", "newer"), target)
    assert texts(target) == "newer" and not former(target).exists() and not (tmp_path / "newer").exists()


def test_folders_are_exchanged_where_that_can_be_done(tmp_path):
    one, other = write(tmp_path / "one", "1"), write(tmp_path / "other", "2")
    assert exchange(one, other) and (texts(one), texts(other)) == ("2", "1")
    assert not exchange(one, tmp_path / "nowhere") and texts(one) == "2"


def is_held(folder):
    with open(folder / "lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_second_build_waits_for_the_first(tmp_path, capsys):
    done = []

    def second():
        with alone(tmp_path):
            done.append("second")

    with alone(tmp_path):
        thread = Thread(target=second)
        thread.start()
        thread.join(0.3)
        done.append("first")
    thread.join()
    assert done == ["first", "second"] and "another build is at work here: waiting for it" in capsys.readouterr().out


def test_what_a_killed_build_has_left_running_holds_its_lock(tmp_path):
    with alone(tmp_path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)  # as the builder starts Jupyter Book
    assert is_held(tmp_path)
    child.kill()
    child.wait()
    assert not is_held(tmp_path)


def test_without_locks_a_build_says_so_and_goes_on(tmp_path, capsys, monkeypatch):
    def unsupported(*_):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with alone(tmp_path):
        assert f"there are no locks where {tmp_path / 'lock'} lies" in capsys.readouterr().out
