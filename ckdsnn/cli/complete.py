"""The command that prints what a shell needs to complete commands, options and names at once, without Python."""

from collections.abc import Iterable

from jsonargparse import Namespace

from ckdsnn.cli.options import Parser
from ckdsnn.errors import check_choice

SHELLS = ("bash", "zsh", "tcsh")


def recipes() -> Iterable[str]:
    from ckdsnn.recipe import RECIPES

    return RECIPES


def suites() -> Iterable[str]:
    from ckdsnn.recipe import SUITES

    return SUITES


def datasets() -> Iterable[str]:
    from ckdsnn.data import DATASETS

    return DATASETS


def completion_parser() -> Parser:
    parser = Parser()
    parser.add_argument("shell", type=str, help=", ".join(SHELLS)).offered = lambda: SHELLS
    return parser


def completion_command(options: Namespace) -> None:
    import shtab

    from ckdsnn.cli import COMMANDS, parser_for
    from ckdsnn.recipe.checks import CHOICES

    check_choice("shell", options.shell, SHELLS)
    whole = {name: command.parser() for name, command in COMMANDS.items()}
    for action in (action for parser in whole.values() for action in parser._actions):  # as shtab itself reads them
        if hasattr(action, "offered"):
            action.choices = list(action.offered())
        elif action.dest in CHOICES:
            action.choices = list(CHOICES[action.dest])
    print(shtab.complete(parser_for(whole), options.shell))
