"""What readers can try themselves."""

from typing import TYPE_CHECKING

from book.parts.generator import Generator, part
from ckdsnn.errors import choose

if TYPE_CHECKING:
    from book.explore.embed import Explorer  # with torch and Bokeh, as all of them: pages without any need not wait


@part("explore")
def explorer(book: Generator, name: str) -> str:
    """What readers can try themselves, by its name."""
    from book.explore.explorers import EXPLORERS

    return laid_out(book, choose("explorer", name, EXPLORERS)(book.runs, book.results))


@part("explore-library")
def explore_library(book: Generator) -> str:
    """What a page with explorers loads first."""
    from book.explore.embed import library

    return laid_out(book, library())


def laid_out(book: Generator, explorer: "Explorer") -> str:
    """The HTML of an explorer, its files being noted."""
    book.files |= explorer.files
    book.data |= explorer.data
    return explorer.html
