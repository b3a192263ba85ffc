"""Options that several commands share."""

import os
import runpy
import sys
from argparse import SUPPRESS
from dataclasses import fields
from typing import Any, NoReturn

from docstring_parser import parse_from_object
from jsonargparse import ArgumentParser, Namespace

from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError, offered, shortened
from ckdsnn.files import LONGEST
from ckdsnn.recipe import Recipe

CHANGEABLE = [
    field for field in fields(Recipe) if field.name not in ("name", "tier", "role")
]  # what it is, and is worth


MOST_SAID = 1500  # characters of a mistake in a command's line
PATHS = ("out", "data", "results", "own", "file", "image", "to")  # options that name files or folders


class Parser(ArgumentParser):
    """Takes whole names only: an option that is added later must not change what a beginning of its name means."""

    def __init__(self, **options: Any):
        super().__init__(allow_abbrev=False, **options)

    def parse_args(self, *arguments: Any, **options: Any) -> Namespace:
        try:
            parsed = super().parse_args(*arguments, **options)
        except (ValueError, ArithmeticError, RecursionError, TypeError, AttributeError) as error:
            self.error(f"{type(error).__name__}: {error}")  # what jsonargparse lets through, as of 400 digits
        for name, value in vars(parsed.get(parsed.get("command"), parsed)).items():
            if name in PATHS and value and max(map(len, os.fsencode(value).split(b"/"))) > LONGEST:
                self.error(f"{name} = {shortened(value)}; expected no name of more than {LONGEST} bytes")
        return parsed

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """End with status 2 and the mistake in one line, where jsonargparse would print all options before it."""
        called, words = self.prog.replace(" [options]", ""), " ".join(message.split())
        print(f"{called}: error: {words[:MOST_SAID]} (options: {called} --help)", file=sys.stderr)
        sys.exit(2)


class RecipeParser(Parser):
    """Names a recipe's fields where it is given an unknown one."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        if "nrecognized arguments" in message:
            word = message.partition("--")[2].split("=")[0].split(" ")[0]
            message += f". The fields of a recipe are: {offered(word, [field.name for field in CHANGEABLE])}"
        super().error(message, ex)


def add_option(parser: ArgumentParser, name: str, kind: type, default: Any, text: str) -> None:
    """The option `--name`; one that is true or false may also stand alone, which is true."""
    alone = {"nargs": "?", "const": True} if kind is bool else {}
    parser.add_argument(f"--{name}", type=kind, default=default, help=text, **alone)


def add_out(parser: ArgumentParser) -> None:
    add_option(parser, "out", str, "results", "folder of records, arrays and weights")


def add_data(parser: ArgumentParser) -> None:
    add_option(parser, "data", str | None, None, "data folder (else $CKDSNN_DATA)")


def add_own(parser: ArgumentParser) -> None:
    text = "a file of Python of your own that is run first: rows of STUDENTS, TEACHERS and RECIPES"
    parser.add_argument("--own", type=str | None, default=None, help=text)


def run_file(path: str) -> None:
    """Run a file of Python for what it adds to tables. Raises CkdsnnError for one that is missing or fails."""
    try:
        runpy.run_path(path)
    except Exception as error:  # whatever that file does wrong
        raise CkdsnnError(f"own = {path!r} fails: {type(error).__name__}: {error}") from error


def add_engine(parser: ArgumentParser) -> None:
    """One option for each switch of the engine, documented by the switch's own docstring."""
    documents = {p.arg_name: p.description for p in parse_from_object(Engine).params}
    for field in fields(Engine):
        add_option(parser, f"engine.{field.name}", field.type, field.default, documents[field.name])


def add_training(parser: ArgumentParser) -> None:
    """What every command that trains takes."""
    add_out(parser)
    add_data(parser)
    parser.add_argument("--accelerator", type=str, default="auto", help="auto, cpu, cuda or another of Lightning's")
    readers = "processes that read pictures from files, for each training (none: as many as there are cores, 8 at most)"
    parser.add_argument("--workers", type=int | None, default=None, help=readers)
    parser.add_argument("--budget", type=str, default=SUPPRESS, help="time to stop after: 90s, 9m, 1h30m")
    add_engine(parser)


def add_fields(parser: ArgumentParser) -> None:
    """One option for each field of a recipe that may be changed, documented by the field's own docstring."""
    documents = {p.arg_name: p.description for p in parse_from_object(Recipe).params}
    for field in CHANGEABLE:
        add_option(parser, field.name, field.type, SUPPRESS, documents[field.name])


def in_seconds(options: Namespace) -> dict:
    """The options as arguments, a budget as its seconds. Raises CkdsnnError for text that is no duration."""
    from ckdsnn.training import parse_duration

    budget = {"budget": parse_duration(options.budget)} if "budget" in options else {}
    return vars(options) | budget
