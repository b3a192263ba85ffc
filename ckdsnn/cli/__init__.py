"""The `ckdsnn` command: list, export, data, train, suite, eval, explain, study, bench, cite, completion.

What a command needs is loaded when it is called, and torch not before its work begins.
"""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from jsonargparse import Namespace

import ckdsnn
from ckdsnn.cli.options import Parser, run_file
from ckdsnn.engine import Engine, using, wait_asleep
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import OF_WRITING, cannot_write
from ckdsnn.signals import INTERRUPTED, Stopped, end_with_parent, stoppable


class Command(NamedTuple):
    """A command, whose parser and work are NAME_parser and NAME_command in a module of this package."""

    name: str
    module: str
    text: str
    """what it does, in one sentence"""

    def part(self, kind: str) -> Callable[..., Any]:
        return getattr(import_module(f"ckdsnn.cli.{self.module}"), f"{self.name}_{kind}")

    def parser(self) -> Parser:
        """Reads its arguments."""
        parser = self.part("parser")()
        parser.description = self.text
        return parser

    def run(self, options: Namespace) -> int | None:
        """Does its work; returns the exit status, None for 0."""
        return self.part("command")(options)


COMMANDS = {
    command.name: command
    for command in (
        Command("list", "look", "Show the recipes, the suites, the records and the studies."),
        Command("export", "look", "Write the records as a table, one row a run."),
        Command("data", "look", "Download a dataset once, or read what lies there, and check it."),
        Command(
            "train", "train", "Train a recipe, or several side by side, and write the records; interrupted, it goes on."
        ),
        Command("suite", "train", "Train what a suite has no records of; called again, it goes on."),
        Command("eval", "look", "Evaluate a record's weights on the test set again."),
        Command("explain", "look", "Draw a picture with CAM, SAM and both predictions."),
        Command("study", "measure", "Measure something on a trained student, and keep what was found."),
        Command("bench", "measure", "Measure the training step against the released form of it, and spikingjelly's."),
        Command("cite", "cite", "Print the BibTeX of a work, or of all works that a recipe or a method builds on."),
        Command("completion", "complete", "Print what a shell needs to complete this command's line at Tab."),
    )
}

DESCRIPTION = (
    "Distil spiking networks with an ANN as teacher; see the book for the whole story. To begin: `ckdsnn explain "
    "PICTURE` shows where a trained pair looks, `ckdsnn train digits-ckdsnn` trains a small teacher, then a student "
    "with the paper's method: SAMD, with both maps 0 to 1 within each image, and NLD."
)


def parser_for(parsers: Mapping[str, Parser]) -> Parser:
    """Reads the whole line; of the commands without a parser here it knows the names and what they do."""
    parser = Parser(prog="ckdsnn", description=DESCRIPTION, version=ckdsnn.__version__)
    commands = parser.add_subcommands(dest="command", required=True)
    for name, command in COMMANDS.items():
        commands.add_subcommand(name, parsers.get(name) or Parser(), help=command.text)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status.

    0 done, 1 a run of a suite failed, 2 a mistake in the call, or too little memory or room on the disk, 3 stopped
    before the end of the work, by the budget or a signal such as SIGTERM: the same command goes on, 4 another process
    trains that run, 130 interrupted by Ctrl-C, which a second one does at once
    """
    wait_asleep()
    arguments = sys.argv[1:] if arguments is None else arguments
    called = {name: COMMANDS[name].parser() for name in arguments[:1] if name in COMMANDS}
    options = parser_for(called).parse_args(arguments)
    own = options[options.command]
    try:
        with stoppable():
            end_with_parent()
            status = perform(COMMANDS[options.command], own)
            sys.stdout.flush()
    except CkdsnnError as error:
        complain(options.command, error)
        return 2
    except BrokenPipeError:  # the reader has had enough: `ckdsnn list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno not in OF_WRITING:
            raise
        lacking = cannot_write(error.filename, error) if error.filename else f"cannot print: {error.strerror}"
        complain(options.command, lacking)
        return 2
    except KeyboardInterrupt as stop:
        complain(options.command, str(stop) or "interrupted")
        return 3 if isinstance(stop, Stopped) else INTERRUPTED
    return status or 0


def complain(command: str, text: object) -> None:
    """Say on the standard error why a command ends; where that cannot be written to, the status must say it alone."""
    with suppress(OSError):
        print(f"ckdsnn {command}: {text}", file=sys.stderr, flush=True)


def perform(command: Command, options: Namespace) -> int | None:
    """The command's work, after the user's own file, under the switches that were given."""
    if path := options.pop("own", None):
        run_file(path)
    with using(Engine(**vars(options.pop("engine", Namespace())))):
        return command.run(options)
