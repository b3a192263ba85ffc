"""The explorers by name: what readers can try themselves on a page."""

from collections.abc import Callable, Iterable
from pathlib import Path

from book.explore.embed import Explorer, library
from book.explore.maps import maps
from book.explore.nld import nld
from book.explore.runs import runs
from book.explore.samd import samd
from ckdsnn.records import Record

__all__ = ["EXPLORERS", "library"]

EXPLORERS: dict[str, Callable[[Iterable[Record], Path], Explorer]] = {
    "maps": maps,
    "samd": samd,
    "nld": nld,
    "runs": lambda found, _: runs(found),
}
