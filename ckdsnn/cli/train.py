"""Commands that train: train, suite."""

import os
import shlex
import sys

from jsonargparse import Namespace

from ckdsnn.cli.complete import recipes, suites
from ckdsnn.cli.options import CHANGEABLE, RecipeParser, add_fields, add_option, add_own, add_training, in_seconds

RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")  # where Lightning, torchrun and SLURM say which process it is


def train_parser() -> RecipeParser:
    parser = RecipeParser()
    parser.add_argument("recipe", type=str, help="a recipe's name, see `ckdsnn list`").offered = recipes
    parser.add_argument("--seed", type=int, default=0, help="of weights, data order, augmentation and noise")
    add_option(parser, "progress", bool, True, "show a progress bar")
    parser.add_argument("--devices", type=int, default=1, help="devices of each node")
    parser.add_argument("--nodes", type=int, default=1, help="computers, as torchrun or SLURM has started them")
    parser.add_argument("--strategy", type=str, default="auto", help="how devices work together, as Lightning calls it")
    add_own(parser)
    add_training(parser)
    add_fields(parser)
    return parser


def announce(options: Namespace) -> None:
    """Say what begins, before torch is loaded, by one of all processes. Raises CkdsnnError as `resolve` does."""
    from ckdsnn.recipe.named import resolve

    changes = {field.name: options[field.name] for field in CHANGEABLE if field.name in options}
    recipe = resolve(options.recipe, changes)
    if all(os.environ.get(rank, "0") == "0" for rank in RANKS):
        text = f"{recipe.name}, seed {options.seed}: {recipe.epochs} epochs on {recipe.dataset}; loading torch"
        print(text, flush=True)


def train_command(options: Namespace) -> int:
    announce(options)
    from ckdsnn.training import Busy, OutOfTime, run
    from ckdsnn.training.machine import say

    try:
        record = run(**in_seconds(options))
    except (OutOfTime, Busy) as stop:
        print(f"ckdsnn train: {stop}", file=sys.stderr)
        return 3 if isinstance(stop, OutOfTime) else 4
    final = record.final["last_accuracy"]
    say(f"record {record.id} in {options.out}")
    say(f"last-epoch test accuracy {final['value']:.2f} % (95 % interval {final['low']:.2f} to {final['high']:.2f})")
    return 0


def suite_parser() -> RecipeParser:
    parser = RecipeParser()
    text = "a suite's name, several joined with +, or all; see `ckdsnn list`"
    parser.add_argument("name", type=str, help=text).offered = suites
    parser.add_argument("--tier", type=str, default="", help="smoke, reduced or paper (none: each suite's first)")
    seeds = "how many, from 0 on (none: as many as each suite was planned with, mostly 3)"
    parser.add_argument("--seeds", type=int | None, default=None, help=seeds)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, which share the machine")
    parser.add_argument("--results", type=str | None, default=None, help="another folder whose records count as done")
    add_option(parser, "dry_run", bool, False, "print the plan only")
    add_training(parser)
    add_fields(parser)
    return parser


def suite_command(options: Namespace) -> int:
    from ckdsnn.training import run_suite
    from ckdsnn.training.options import as_options, turned_switches
    from ckdsnn.training.suite import WELL

    fates = set(run_suite(**in_seconds(options)).values())
    if options.dry_run or fates <= WELL:
        return 0
    defaults = suite_parser().get_defaults()
    given = {key: value for key, value in vars(options).items() if key != "name" and value != defaults.get(key)}
    print("to go on:", shlex.join(["ckdsnn", "suite", options.name, *as_options(given | turned_switches())]))
    return 1 if "failed" in fates else 3
