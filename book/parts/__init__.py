"""What pages have computed anew by every build, a file for each page: `<!-- generated: NAME ARGUMENT... -->`."""

from book.parts import claims, differences, explorers, landing, reproduce, results, status, tested, texts
from book.parts.generator import PARTS, PLACE, Generator

PAGES = (
    landing,
    claims,
    status,
    results,
    differences,
    reproduce,
    tested,
    explorers,
    texts,
)  # each makes its parts known

__all__ = ["PAGES", "PARTS", "PLACE", "Generator"]
