"""What a stress test has found, as results/stress/NAME.json: read by the book's page on how all of this is tested.

{"name": "kills", "what": "one sentence: what was done, and what had to hold",
 "count": 200, "parts": {"train": 120, "suite": 80}, "failures": [],
 "environment": {"date", "commit", "seconds", "python", "torch", "machine"}}
"""

import json
import platform
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from ckdsnn.engine import usable_cores
from ckdsnn.files import atomic
from ckdsnn.records.provenance import git, processor_name, utc_now

RESULTS = Path(__file__).parents[2] / "results"


@dataclass
class Report:
    """Counts what was tried, by part; a failure is a text that says how to try the same again."""

    name: str
    what: str
    parts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    start: float = field(default_factory=time.monotonic)

    def tried(self, part: str, failure: str = "") -> None:
        """One more of a part; without a text it held."""
        self.parts[part] += 1
        if failure:
            self.failures.append(f"{part}: {failure}")

    def write(self, results: Path = RESULTS) -> Path:
        """Write it below a folder of results, in the place of the last one."""
        environment = {
            "date": utc_now(),
            "commit": git("rev-parse", "HEAD"),
            "seconds": round(time.monotonic() - self.start),
            "python": platform.python_version(),
            "torch": version("torch"),
            "machine": f"{platform.system()}, {processor_name()}, {usable_cores()} cores",
        }
        found = {"name": self.name, "what": self.what, "count": self.parts.total(), "parts": dict(self.parts)}
        path = results / "stress" / f"{self.name}.json"
        with atomic(path) as partial:
            partial.write_text(
                json.dumps(found | {"failures": self.failures, "environment": environment}, indent=1) + "\n"
            )
        return path
