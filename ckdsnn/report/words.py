"""Sentences as a list: Markdown where it is understood, wrapped lines elsewhere."""

from collections.abc import Iterable
from textwrap import fill

COLUMNS = 78  # characters


def listed(sentences: Iterable[str]) -> str:
    """The sentences as the items of a Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def wrapped(text: str) -> str:
    """Markdown as lines that fit a terminal, those of an item below each other."""
    return "\n".join(fill(line, COLUMNS, subsequent_indent="  ", break_on_hyphens=False) for line in text.split("\n"))
