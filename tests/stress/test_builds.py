"""The stress test of builds works. Its three builds take half a minute, but nothing else kills a whole one."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_kill_of_a_build_leaves_a_whole_book_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "tests.stress.builds", "--count", "1", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "stress" / "builds.json").read_text())
    assert report["count"] == sum(report["parts"].values()) == 1 and report["failures"] == []
