"""The stress test of kills works: three of them, in a process that has no threads yet."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_three_kills_lose_nothing(tmp_path):
    command = [sys.executable, "-m", "tests.stress.kills", "--count", "3", "--suites", "0", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "stress" / "kills.json").read_text())
    assert report["count"] == sum(report["parts"].values()) >= 3 and report["failures"] == []
    assert set(report["environment"]) == {"date", "commit", "seconds", "python", "torch", "machine"}
