"""Commands that train: train, suite."""

import os
import shlex
import sys

from jsonargparse import Namespace

from ckdsnn.cli.complete import recipes, suites
from ckdsnn.cli.options import CHANGEABLE, RecipeParser, add_fields, add_option, add_own, add_training, in_seconds
from ckdsnn.errors import CkdsnnError, check_count

MOST_THREADS = 1024
RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")  # where Lightning, torchrun and SLURM say which process it is


def train_parser() -> RecipeParser:
    parser = RecipeParser()
    text = "a recipe's name, see `ckdsnn list`; students of several with one teacher are trained side by side"
    parser.add_argument("recipe", type=str, nargs="+", help=text).offered = recipes
    parser.add_argument("--seed", type=int, default=0, help="of weights, data order, augmentation and noise")
    add_option(parser, "progress", bool, True, "show a progress bar")
    parser.add_argument("--devices", type=int, default=1, help="devices of each node")
    parser.add_argument("--nodes", type=int, default=1, help="computers, as torchrun or SLURM has started them")
    parser.add_argument("--strategy", type=str, default="auto", help="how devices work together, as Lightning calls it")
    threads = (
        "CPU threads of a training (none: one a core, shared out to students side by side); runs with different "
        "numbers differ in rounding"
    )
    parser.add_argument("--threads", type=int | None, default=None, help=threads)
    add_own(parser)
    add_training(parser)
    add_fields(parser)
    return parser


def announce(options: Namespace) -> None:
    """Say what begins, before torch is loaded, by one of all processes. Raises CkdsnnError as `resolve` does."""
    from ckdsnn.recipe.named import resolve

    changes = {field.name: options[field.name] for field in CHANGEABLE if field.name in options}
    chosen = [resolve(name, changes) for name in options.recipe]
    if all(os.environ.get(rank, "0") == "0" for rank in RANKS):
        lines = [f"{recipe.name}, seed {options.seed}: {recipe.epochs} epochs on {recipe.dataset}" for recipe in chosen]
        print("\n".join(lines) + "; loading torch", flush=True)


def train_command(options: Namespace) -> int:
    announce(options)
    from ckdsnn.training import Busy, OutOfTime

    try:
        train(options)
    except (OutOfTime, Busy) as stop:
        print(f"ckdsnn train: {stop}", file=sys.stderr)
        return 3 if isinstance(stop, OutOfTime) else 4
    return 0


def train(options: Namespace) -> None:
    """Train one recipe, or several side by side, and say what came out. Raises CkdsnnError as `run_together` does."""
    import torch

    from ckdsnn.training import run, run_together
    from ckdsnn.training.machine import say

    given = in_seconds(options)
    names, threads = given.pop("recipe"), given.pop("threads")
    if threads is not None:
        check_count("threads", threads, most=MOST_THREADS)
    if len(names) > 1:
        records = run_together(names, threads=threads, **on_one_device(given))
    else:
        torch.set_num_threads(threads or torch.get_num_threads())
        records = [run(names[0], **given)]
    for record in records:
        value, low, high = (record.final["last_accuracy"][name] for name in ("value", "low", "high"))
        say(f"record {record.id} in {options.out}")
        say(f"last-epoch test accuracy {value:.2f} % (95 % interval {low:.2f} to {high:.2f})")


def on_one_device(given: dict) -> dict:
    """The arguments without those for several devices. Raises CkdsnnError where these ask for more than one."""
    one = {"devices": 1, "nodes": 1, "strategy": "auto"}
    for name, value in one.items():
        if given[name] != value:
            raise CkdsnnError(f"{name} = {given[name]!r}: several recipes are trained side by side on one device")
    return {name: value for name, value in given.items() if name not in one}


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
    from ckdsnn.recipe.words import as_options, turned_switches
    from ckdsnn.training import run_suite
    from ckdsnn.training.suite import WELL

    fates = set(run_suite(**in_seconds(options)).values())
    if options.dry_run or fates <= WELL:
        return 0
    defaults = suite_parser().get_defaults()
    given = {key: value for key, value in vars(options).items() if key != "name" and value != defaults.get(key)}
    print("to go on:", shlex.join(["ckdsnn", "suite", options.name, *as_options(given | turned_switches())]))
    return 1 if "failed" in fates else 3
