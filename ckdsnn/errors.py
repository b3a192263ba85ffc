"""The one error that a user's mistake raises, and the checks that name what would be valid."""

import difflib
import math
from collections.abc import Collection, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

T = TypeVar("T")
LISTED = 60  # choices that an error names in full; of more, the nearest
NEAREST = 8
LARGEST_SEED = 2**32 - 1  # one word of NumPy's; a larger one is two, as the numbers of a seed and an epoch are


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

    Raises CkdsnnError as `check_choice` does.
    """
    check_choice(kind, name, table)
    return table[name]


def check_choice(kind: str, name: str, choices: Collection[str]) -> None:
    """Raise CkdsnnError, naming `kind`, the unknown name and what would be known, unless `name` is one of `choices`."""
    if not isinstance(name, str) or name not in choices:
        raise CkdsnnError(f"unknown {kind} {shortened(name)}; choose one of: {offered(name, choices)}")


def offered(name: Any, choices: Collection[str]) -> str:
    """The choices in words; of a long list those that look most like `name`, and how many there are.

    >>> offered("resnet7", ["resnet8", "spikformer"])
    'resnet8, spikformer (the nearest: resnet8)'
    """
    text = name if isinstance(name, str) else ""
    near = difflib.get_close_matches(text[:200], choices, NEAREST, cutoff=0.6)
    if len(choices) <= LISTED:
        return ", ".join(choices) + (f" (the nearest: {near[0]})" if near else "")
    near = near or difflib.get_close_matches(text[:200], choices, NEAREST, cutoff=0)
    return f"{', '.join(near)}, ... (the nearest of {len(choices)}; see `ckdsnn list`)"


def shortened(value: Any, most: int = 80) -> str:
    """A value as Python writes it, its middle left out where it is long."""
    text = repr(value)
    return text if len(text) <= most + 2 else f"{text[: most // 2]}…{text[-most // 2 :]}"


def check_count(name: str, number: Any, least: int = 1, most: float = math.inf) -> int:
    """The number as a plain int, to be kept instead of one of NumPy's.

    Raises CkdsnnError, naming the argument, for anything but an integer from `least` to `most`.
    """
    if not isinstance(number, Integral) or isinstance(number, bool) or not least <= int(number) <= most:
        expected = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise CkdsnnError(f"{name} = {shortened(number)}; expected an integer {expected}")
    return int(number)


def check_seed(seed: Any) -> int:
    """The seed as a plain int. Raises CkdsnnError for anything but an integer from 0 to LARGEST_SEED."""
    return check_count("seed", seed, 0, LARGEST_SEED)


def check_share(name: str, share: Any) -> None:
    """Raise CkdsnnError, naming the argument, for anything but a number from 0 to 1."""
    if not isinstance(share, Real) or isinstance(share, bool) or not 0 <= share <= 1:
        raise CkdsnnError(f"{name} = {shortened(share)}; expected a share from 0 to 1")
