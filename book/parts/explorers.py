"""What readers can try themselves."""

from book.explore import explorers
from book.explore.embed import Explorer
from book.parts.generator import Generator, part
from ckdsnn.errors import choose


@part("explore")
def explorer(book: Generator, name: str) -> str:
    """What readers can try themselves, by its name."""
    return laid_out(book, choose("explorer", name, explorers.EXPLORERS)(book.runs, book.results))


@part("explore-library")
def explore_library(book: Generator) -> str:
    """What a page with explorers loads first."""
    return laid_out(book, explorers.library())


def laid_out(book: Generator, explorer: Explorer) -> str:
    """The HTML of an explorer, its files being noted."""
    book.files |= explorer.files
    book.data |= explorer.data
    return explorer.html
