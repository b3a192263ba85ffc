"""What pages have computed anew by every build, a file for each page: `<!-- generated: NAME ARGUMENT... -->`."""

from book.parts import claims, differences, explorers, landing, reproduce, results, status, texts  # noqa: F401
from book.parts.generator import PARTS, PLACE, Generator

__all__ = ["PARTS", "PLACE", "Generator"]
