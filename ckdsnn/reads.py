"""A trace of what is read of the results, for a build that repeats only what depends on something changed.

Where the environment variable CKDSNN_READS names a file, every look-up appends one line of JSON to it: what was looked
for, and the state of that before it was read. A change during the run then differs from what was noted, and so counts.
Unset, as for every ordinary use, nothing is noted.
"""

import hashlib
import json
import os
from pathlib import Path

from ckdsnn.files import sha256_file

TRACE = "CKDSNN_READS"


def matches(pattern: Path) -> list[Path]:
    """The paths that fit `pattern`, sorted. Only its last part may hold wildcards."""
    return sorted(pattern.parent.glob(pattern.name))


def state(pattern: Path) -> str:
    """Hex digest of the names and contents of the files that fit `pattern`; "nothing there" is a state, too."""
    found = [[path.name, sha256_file(path)] for path in matches(pattern) if path.is_file()]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def note_read(pattern: Path) -> None:
    """To be called before every look-up of a file, there or not, and of all files that fit a pattern."""
    if trace := os.environ.get(TRACE):
        line = json.dumps([os.path.abspath(pattern), state(pattern)])
        with open(trace, "a", encoding="utf-8") as file:
            file.write(line + "\n")
