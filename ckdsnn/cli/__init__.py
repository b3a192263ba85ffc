"""The `ckdsnn` command: list, export, data, train, suite, eval, explain, study, bench, cite."""

import os
import sys

from jsonargparse import Namespace

from ckdsnn.cli.cite import cite_command, cite_parser
from ckdsnn.cli.look import (
    data_command,
    data_parser,
    eval_command,
    eval_parser,
    explain_command,
    explain_parser,
    export_command,
    export_parser,
    list_command,
    list_parser,
)
from ckdsnn.cli.measure import bench_command, bench_parser, study_command, study_parser
from ckdsnn.cli.options import Parser, run_file
from ckdsnn.cli.train import suite_command, suite_parser, train_command, train_parser
from ckdsnn.engine import Engine, using
from ckdsnn.errors import CkdsnnError

COMMANDS = {
    "list": (list_parser, list_command),
    "export": (export_parser, export_command),
    "data": (data_parser, data_command),
    "train": (train_parser, train_command),
    "suite": (suite_parser, suite_command),
    "eval": (eval_parser, eval_command),
    "explain": (explain_parser, explain_command),
    "study": (study_parser, study_command),
    "bench": (bench_parser, bench_command),
    "cite": (cite_parser, cite_command),
}

DESCRIPTION = (
    "Distil spiking networks with an ANN as teacher; see the book for the whole story. To begin: `ckdsnn train "
    "digits-ckdsnn` trains a small teacher, then a student with the paper's method: SAMD, with both maps 0 to 1 within "
    "each image, and NLD."
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status.

    0 done, 1 a run of a suite failed, 2 a mistake in the call, 3 the budget ended before the work, 130 interrupted
    """
    parser = Parser(prog="ckdsnn", description=DESCRIPTION)
    commands = parser.add_subcommands(dest="command", required=True)
    for name, (make_parser, _) in COMMANDS.items():
        own = make_parser()
        commands.add_subcommand(name, own, help=own.description)
    options = parser.parse_args(arguments)
    own = options[options.command]
    try:
        if path := own.pop("own", None):
            run_file(path)
        with using(Engine(**vars(own.pop("engine", Namespace())))):
            status = COMMANDS[options.command][1](own)
        sys.stdout.flush()
    except CkdsnnError as error:
        print(f"ckdsnn {options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has had enough: `ckdsnn list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt as stop:
        print(f"ckdsnn {options.command}: {str(stop) or 'interrupted'}", file=sys.stderr)
        return 130
    return status or 0
