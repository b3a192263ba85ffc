"""What asks a command to end: each signal leaves all in order, and nothing outlives its parent."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from ckdsnn.signals import ASKING, PARENT, Stopped, stoppable


def python(program: str, **options) -> subprocess.Popen:
    """Start a program of Python that Ctrl-C reaches, also where the tests themselves run with it ignored."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize("number", ASKING)
def test_a_signal_that_asks_raises_stopped_which_says_its_name(number):
    before = signal.getsignal(number)
    with pytest.raises(Stopped, match=f"^stopped by {number.name}$"), stoppable():
        os.kill(os.getpid(), number)
        time.sleep(60)
    assert signal.getsignal(number) == before


def test_ctrl_c_is_no_such_signal():
    with pytest.raises(KeyboardInterrupt) as stop, stoppable():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    assert not isinstance(stop.value, Stopped)


def test_a_second_request_does_not_disturb_the_end():
    ended = []
    with pytest.raises(Stopped, match="SIGTERM"), stoppable():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)
            ended.append(True)
    assert ended


def test_what_is_ignored_stays_ignored():
    """As SIGHUP under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_nothing_changes():
    seen = []

    def look():
        with stoppable():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


def test_a_second_ctrl_c_ends_at_once():
    program = """
        import time
        from ckdsnn.signals import stoppable
        with stoppable():
            try:
                print("working", flush=True)
                time.sleep(60)
            finally:
                print("ending", flush=True)
                time.sleep(60)
        """
    with python(program) as process:
        for word in ("working", "ending"):
            assert process.stdout.readline() == f"{word}\n"
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == ""


def test_ctrl_c_is_quiet_while_the_command_is_loaded():
    command = [sys.executable, "-X", "importtime", "-m", "ckdsnn", "list"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while "argparse" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = process.communicate()
    assert process.returncode == -signal.SIGINT and said[0] == ""
    assert "Traceback" not in said[1]


def test_a_terminal_that_is_closed_stops_a_command_without_a_word(tmp_path):
    program = f"""
        import os, pty, sys, time
        child, terminal = pty.fork()
        if not child:
            from ckdsnn.signals import Stopped, stoppable
            try:
                with stoppable():
                    print("working", flush=True)
                    time.sleep(60)
            except Stopped as stop:
                print(stop, flush=True)  # fails where the terminal is not let go of
                open({str(tmp_path / "told")!r}, "w").write(str(stop))
            os._exit(3)
        while b"working" not in os.read(terminal, 100):
            pass
        os.close(terminal)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    with python(program) as process:
        assert process.wait(timeout=60) == 3, process.stderr.read()
    assert (tmp_path / "told").read_text() == "stopped by SIGHUP"


def test_a_process_stops_when_its_parent_has_been_killed(tmp_path):
    child = f"""
        import os, time
        from ckdsnn.signals import Stopped, end_with_parent, stoppable
        try:
            with stoppable():
                end_with_parent()
                assert {PARENT!r} not in os.environ
                print(os.getpid(), flush=True)
                time.sleep(60)
        except Stopped as stop:
            open({str(tmp_path / "told")!r}, "w").write(str(stop))
        """
    parent = f"""
        import os, subprocess, sys
        environment = os.environ | {{{PARENT!r}: str(os.getpid())}}
        subprocess.run([sys.executable, "-c", {textwrap.dedent(child)!r}], env=environment)
        """
    with python(parent) as process:
        orphan = int(process.stdout.readline())
        time.sleep(1)  # with its parent there it goes on
        os.kill(orphan, 0)
        process.kill()
    told, end = tmp_path / "told", time.monotonic() + 30
    while not (told.exists() and told.read_text()) and time.monotonic() < end:
        time.sleep(0.05)
    assert told.read_text() == "stopped by SIGTERM"
