"""What changes a run, as words and back: "epochs=10" in a parameter, `--epochs=10` in the line of a command."""

import shlex
from dataclasses import asdict, fields
from typing import Any

from ckdsnn.engine import DEFAULT, engine
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.named import RECIPES

ONE_PRECISION = {"engine.cpu_bf16": False}
"""with this, precision auto is float32 on every CPU, so that runs of several machines can be compared"""


def parse_changes(text: str) -> dict[str, Any]:
    """Field values from "epochs=10 beta=0.5", each read as its field's type; "" gives none.

    Raises CkdsnnError for an unknown field, a missing =, or text that does not read as the type.

    >>> parse_changes("epochs=10 beta=0.5 flip=false")
    {'epochs': 10, 'beta': 0.5, 'flip': False}
    """
    known = {field.name: field for field in fields(Recipe)}
    changes = {}
    for part in text.split():
        name, equals, value = part.partition("=")
        kind = choose("recipe field", name, known).type
        try:
            changes[name] = {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        except (KeyError, ValueError) as error:
            wanted = "true or false" if kind is bool else kind.__name__
            raise CkdsnnError(f"{part!r}: expected {name}{equals or '='}{wanted}, fields apart by spaces") from error
    return changes


def as_options(values: dict[str, Any]) -> list[str]:
    """The words that give a command these options."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return [f"--{name}={text}" for name, text in texts.items()]


def changes_of(recipe: Recipe) -> dict[str, Any]:
    """The fields in which a recipe differs from the one that is known by its name."""
    known = asdict(RECIPES[recipe.name])
    return {field: value for field, value in asdict(recipe).items() if value != known[field]}


def turned_switches() -> dict[str, Any]:
    """The engine's switches that are not at their defaults, as options."""
    defaults = asdict(DEFAULT)
    return {f"engine.{name}": value for name, value in asdict(engine()).items() if value != defaults[name]}


def shell_command(name: str, seed: int, changes: dict[str, Any]) -> str:
    """The line, ready for a shell, that trains a named recipe with fields changed."""
    return shlex.join(["ckdsnn", "train", name, "--seed", str(seed), *as_options(changes)])
