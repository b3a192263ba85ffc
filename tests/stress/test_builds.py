"""The stress test of builds works. Its three builds take a quarter of a minute, but nothing else kills a whole one."""

import json

from tests.forked import fork, status_of
from tests.stress.builds import main


def test_a_kill_of_a_build_leaves_a_whole_book_and_nothing_else(tmp_path):
    words, log = ["--count", "1", "--results", str(tmp_path)], tmp_path / "log"
    assert status_of(fork(words, log, main, OMP_NUM_THREADS="1")) == 0, log.read_text()
    report = json.loads((tmp_path / "stress" / "builds.json").read_text())
    assert report["count"] == sum(report["parts"].values()) == 1 and report["failures"] == []
