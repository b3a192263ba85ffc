"""What a notebook read of the results: kept beside its outputs, which are good as long as all of that is the same."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ckdsnn.files import atomic, make_folder, scratch_folder
from ckdsnn.reads import TRACE, state

Read = tuple[str, str]  # a path below the root, its last part perhaps a pattern, and the state when it was read


@contextmanager
def noted(root: Path, own: Path) -> Iterator[list[Read]]:
    """A list that is filled, when the block ends, with what was read in it; own: as for `collect`."""
    found: list[Read] = []
    with scratch_folder(make_folder(root / "_build") / "reads") as folder:
        trace = folder / "reads"
        os.environ[TRACE] = str(trace)
        try:
            yield found
        finally:
            del os.environ[TRACE]
        found += collect(trace, root, own)


def collect(trace: Path, root: Path, own: Path) -> list[Read]:
    """The reads noted in the file `trace`, each once, sorted; without those in `own`, a folder below the root.

    It is the run's own folder of results, emptied before: what the notebook finds there, it has made.
    """
    lines = trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []
    base = root.resolve()  # as the kernel sees it
    noted = {(os.path.relpath(pattern, base), then) for pattern, then in map(json.loads, lines)}
    return sorted(read for read in noted if not Path(read[0]).is_relative_to(own))


def write_stamp(stamp: Path, key: str, reads: list[Read]) -> None:
    """Declare the outputs beside `stamp` good for `key`, the digest of all other inputs. To be written after them."""
    with atomic(stamp) as partial:
        partial.write_text(json.dumps({"key": key, "reads": reads}, indent=1) + "\n", encoding="utf-8")


def is_fresh(stamp: Path, key: str, root: Path) -> bool:
    """Whether the outputs beside `stamp` are still good: same key, and all that was read is as it was.

    A pattern that was read in two states, because it changed meanwhile, is never as it was.
    """
    if not stamp.exists():
        return False
    stamped = json.loads(stamp.read_text(encoding="utf-8"))
    return stamped["key"] == key and all(state(root / pattern) == then for pattern, then in stamped["reads"])
