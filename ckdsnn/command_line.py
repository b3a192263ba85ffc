"""The words of a command that trains: what a call in Python says, as options of `ckdsnn train` and `ckdsnn suite`."""

import shlex
from dataclasses import asdict
from typing import Any

from ckdsnn.engine import DEFAULT, engine
from ckdsnn.recipe import RECIPES, Recipe


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


def train_command(name: str, seed: int, changes: dict[str, Any]) -> str:
    """The line, ready for a shell, that trains a named recipe with fields changed."""
    return shlex.join(["ckdsnn", "train", name, "--seed", str(seed), *as_options(changes)])
