"""Damaged copies of good inputs: of bytes, of what JSON holds, of single values and words."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

NUMBERS = [0, -1, 1, 0.5, -0.0, 1e308, 10**9, 2**31, 2**63, 10**400, True, False]
TEXTS = [
    "",
    " ",
    "x",
    "a" * 1000,
    "../x",
    "/",
    "a\0b",
    "é\ud800",
    "nan",
    "1e400",
    "9" * 5000,
    "<b>&",
    "%s{}",
    "-s0-",
    "*",
]
VALUES = [None, *NUMBERS, float("nan"), float("inf"), *TEXTS, [], {}, [[]], {"a": 1}, [None] * 50]
LARGE = [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\x00\x00\x00"]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The bytes with one to thirty changes."""
    own = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 3, 30))):
        at, length = rng.randrange(len(own) + 1), rng.choice((1, 4, 16, 100))
        match rng.randrange(8):
            case 0 | 1 | 2 if own:
                own[at % len(own)] ^= 1 << rng.randrange(8)
            case 3:
                own[at : at + 4] = rng.choice(LARGE)
            case 4:
                del own[at : at + length]
            case 5:
                own[at:at] = own[at : at + length]
            case 6:
                other = rng.randrange(len(own) + 1)
                own[at : at + length], own[other : other + length] = own[other : other + length], own[at : at + length]
            case _:
                own[at : at + length] = rng.randbytes(length)
    whole = rng.randrange(12)
    if whole == 0:
        del own[rng.randrange(len(own) + 1) :]
    return b"" if whole == 1 and rng.random() < 0.1 else bytes(own)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a tree of lists and dictionaries, with each of its keys or indices."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else []
    for key in keys:
        yield tree, key
        yield from places(tree[key])


def altered(tree: Any, rng: random.Random) -> Any:
    """A copy of a tree with one to five values, keys or parts replaced, removed, added or swapped."""
    own = deepcopy(tree)
    for _ in range(rng.choice((1, 1, 2, 5))):
        found = list(places(own))
        if not found:
            return rng.choice(VALUES)
        (holder, key), (other, another) = rng.choice(found), rng.choice(found)
        match rng.randrange(8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[str(rng.choice(TEXTS))] = holder.pop(key)
            case 2:
                holder[key] = deepcopy(other[another])
            case 3 if type(holder[key]) in (int, float) and abs(holder[key]) < 1e300:
                holder[key] = holder[key] * rng.choice((-1, 10, 0.1)) + rng.choice((0, 1))
            case 4 if isinstance(holder[key], list):
                holder[key] = holder[key] * rng.choice((0, 2))
            case _:
                holder[key] = deepcopy(rng.choice(VALUES))
    return own


def varied(tree: Any, rng: random.Random) -> Any:
    """A copy of a tree with one to three values replaced by others of their kind, as a forger would."""
    own = deepcopy(tree)
    leaves = [(holder, key) for holder, key in places(own) if isinstance(holder[key], int | float | str)]
    for holder, key in rng.sample(leaves, min(len(leaves), rng.choice((1, 2, 3)))):
        kind = type(holder[key])
        holder[key] = rng.choice([value for value in (*NUMBERS, *TEXTS) if type(value) is kind])
    return own


def hostile_json(text: str, rng: random.Random) -> bytes:
    """A file of JSON that is damaged, altered, doubled, or no JSON any more."""
    match rng.randrange(9):
        case 0:
            return damaged(text.encode(), rng)
        case 1:
            return (b"[" * rng.choice((900, 100_000))) + text.encode()
        case 2:
            at = text.index("{") + 1
            return (
                text[:at] + rng.choice(('"id": "x",', '"seed": 1e400,', '"a": NaN,', "'a': 1,")) + text[at:]
            ).encode()
        case kind:
            made = json.dumps((varied if kind > 5 else altered)(json.loads(text), rng))
            return made.replace("1e+308", rng.choice(("1e308", "1e400", "-1e999"))).encode()


def words(line: list[str], rng: random.Random) -> list[str]:
    """A command's line with words changed, doubled, lost or added."""
    own = list(line)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(own) + 1)
        match rng.randrange(6):
            case 0 if own:
                own.pop(at % len(own))
            case 1 if own:
                own[at % len(own)] = damaged(own[at % len(own)].encode("utf-8", "replace"), rng).decode(
                    "utf-8", "replace"
                )
            case 2 if own:
                name = own[at % len(own)].partition("=")[0]
                own[at % len(own)] = f"{name}={rng.choice(VALUES)}"
            case 3 if own:
                own.insert(at, rng.choice(own))
            case _:
                own.insert(at, str(rng.choice(VALUES)))
    return [word.replace("\0", "") for word in own]  # no system passes it to a command
