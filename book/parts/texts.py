"""Parts that stand elsewhere in the project already."""

import re

from book.parts.generator import Generator, part
from ckdsnn.cli.cite import works
from ckdsnn.errors import choose


@part("bibtex")
def bibtex(book: Generator, key: str) -> str:
    """The entry of a work."""
    return f"```bibtex\n{choose('work', key, works())}\n```"


@part("changelog")
def changelog(book: Generator) -> str:
    """The changelog without its title, which the page has."""
    return (book.root / "CHANGELOG.md").read_text().split("\n", 1)[1]


@part("example")
def example(book: Generator, wanted: str) -> str:
    """The README's first example that has this in its code; a test runs them all."""
    blocks = re.findall(r"^```python\n.*?^```$", (book.root / "README.md").read_text(), re.M | re.S)
    return next(block for block in blocks if wanted in block)
