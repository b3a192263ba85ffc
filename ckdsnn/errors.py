"""The one error that a user's mistake raises, and the checks that name what would be valid."""

import math
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class CkdsnnError(ValueError):
    """A mistake in what was asked for; the message names the input and what would be valid.

    >>> from ckdsnn import Recipe
    >>> try:
    ...     made = Recipe("mine", model="resnet7")
    ... except CkdsnnError as mistake:
    ...     print(mistake)
    unknown model of a student 'resnet7'; choose one of: ...
    """


def choose(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return `table[name]`.

    Raises CkdsnnError, naming `kind`, the unknown name and every known one.
    """
    check_choice(kind, name, table)
    return table[name]


def check_choice(kind: str, name: str, choices: Collection[str]) -> None:
    """Raise CkdsnnError, naming `kind`, the unknown name and every known one, unless `name` is one of `choices`."""
    if name not in choices:
        raise CkdsnnError(f"unknown {kind} {name!r}; choose one of: {', '.join(choices)}")


def check_count(name: str, number: Any, least: int = 1, most: float = math.inf) -> None:
    """Raise CkdsnnError, naming the argument, for anything but an integer from `least` to `most`."""
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        expected = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise CkdsnnError(f"{name} = {number!r}; expected an integer {expected}")
