"""The one error that a user's mistake raises, and the look-up that names the valid choices."""

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


class CkdsnnError(ValueError):
    """A mistake in what was asked for; the message names the input and what would be valid."""


def choose(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return `table[name]`.

    Raises CkdsnnError, naming `kind`, the unknown name and every known one.
    """
    if name not in table:
        raise CkdsnnError(f"unknown {kind} {name!r}; choose one of: {', '.join(table)}")
    return table[name]
