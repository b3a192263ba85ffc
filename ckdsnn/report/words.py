"""Sentences as a list that fits a page of the book."""

from collections.abc import Iterable
from textwrap import fill

COLUMNS = 78  # characters


def listed(sentences: Iterable[str]) -> str:
    """The sentences as the items of a list, wrapped."""
    indents = {"initial_indent": "- ", "subsequent_indent": "  "}
    return "\n".join(fill(sentence, COLUMNS, break_on_hyphens=False, **indents) for sentence in sentences)
