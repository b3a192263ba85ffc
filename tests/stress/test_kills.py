"""The stress test of kills works: three of them, in a process that has no threads yet."""

import json

from tests.forked import fork, status_of
from tests.stress.kills import main


def test_three_kills_lose_nothing(tmp_path):
    words, log = ["--count", "3", "--suites", "0", "--results", str(tmp_path)], tmp_path / "log"
    assert status_of(fork(words, log, main, OMP_NUM_THREADS="1")) == 0, log.read_text()
    report = json.loads((tmp_path / "stress" / "kills.json").read_text())
    assert report["count"] == sum(report["parts"].values()) >= 3 and report["failures"] == []
    assert set(report["environment"]) == {"date", "commit", "seconds", "python", "torch", "machine"}
