"""The `ckdsnn` command: list, data, train, suite, eval, explain, bench."""

import os
import shlex
import sys
from argparse import SUPPRESS
from dataclasses import fields
from pathlib import Path

from docstring_parser import parse_from_object
from jsonargparse import ArgumentParser, Namespace

from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.fields import TIERS
from ckdsnn.records import record_files


class Parser(ArgumentParser):
    """Names the valid options where an unknown one is given, as every other mistake is answered."""

    def error(self, message: str, ex: Exception | None = None) -> None:
        if "nrecognized arguments" in message:
            message += f". The fields of a recipe are: {', '.join(field.name for field in fields(Recipe)[1:])}"
        super().error(message, ex)


def add_common(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--out", type=str, default="results", help="folder of records, arrays and weights")
    parser.add_argument("--data", type=str | None, default=None, help="data folder (else $CKDSNN_DATA)")
    return parser


def list_parser() -> ArgumentParser:
    return add_common(ArgumentParser(description="Show the recipes, the suites and the records."))


def list_command(options: Namespace) -> None:
    for tier in TIERS:
        print(f"recipes, tier {tier}:")
        print(*(f"  {name}" for name, recipe in RECIPES.items() if recipe.tier == tier), sep="\n")
    print("suites, with the numbers of their recipes:")
    for name, tiers in SUITES.items():
        print(f"  {name}:", ", ".join(f"{tier} {len(names)}" for tier, names in tiers.items()))
    ids = [path.stem for path in record_files(options.out)]
    print(f"records in {options.out}:", *(ids or ["none yet"]), sep="\n  ")


def data_parser() -> ArgumentParser:
    parser = add_common(ArgumentParser(description="Download a dataset once and check it."))
    parser.add_argument("name", type=str, help="digits, cifar10 or cifar100")
    return parser


def data_command(options: Namespace) -> None:
    from ckdsnn.data import load_dataset

    data = load_dataset(options.name, options.data)
    train, test = tuple(data.x_train.shape), tuple(data.x_test.shape)
    print(f"{options.name}: train {train}, test {test}, {data.num_classes} classes, digest {data.digest}")


def add_training(parser: ArgumentParser) -> None:
    """What every command that trains takes."""
    parser.add_argument("--accelerator", type=str, default="auto", help="auto, cpu, cuda or another of Lightning's")
    parser.add_argument("--budget", type=str, default=SUPPRESS, help="time to stop after: 90s, 9m, 1h30m")


def add_fields(parser: ArgumentParser, *but: str) -> None:
    """One option for each field of a recipe but its name, documented by the field's own docstring."""
    documents = {p.arg_name: p.description for p in parse_from_object(Recipe).params}
    for field in fields(Recipe)[1:]:
        if field.name not in but:
            parser.add_argument(f"--{field.name}", type=field.type, default=SUPPRESS, help=documents[field.name])


def train_parser() -> ArgumentParser:
    parser = add_common(ArgumentParser(description="Train a recipe and write its record; interrupted, it goes on."))
    parser.add_argument("recipe", type=str, help="a recipe's name, see `ckdsnn list`")
    parser.add_argument("--seed", type=int, default=0, help="of weights, data order, augmentation and noise")
    parser.add_argument("--progress", type=bool, default=True, help="show a progress bar")
    parser.add_argument("--devices", type=int, default=1, help="how many accelerators")
    add_training(parser)
    add_fields(parser)
    return parser


def in_seconds(options: Namespace) -> dict:
    """The options as arguments, a budget as its seconds. Raises CkdsnnError for text that is no duration."""
    from ckdsnn.training import parse_duration

    budget = {"budget": parse_duration(options.budget)} if "budget" in options else {}
    return vars(options) | budget


def train_command(options: Namespace) -> int:
    from ckdsnn.training import OutOfTime, run

    try:
        record = run(**in_seconds(options))
    except OutOfTime as stop:
        print(f"ckdsnn train: {stop}", file=sys.stderr)
        return 3
    final = record.final["last_accuracy"]
    print(f"record {record.id} in {options.out}")
    print(f"last-epoch test accuracy {final['value']:.2f} % (95 % interval {final['low']:.2f} to {final['high']:.2f})")
    return 0


def suite_parser() -> ArgumentParser:
    parser = add_common(ArgumentParser(description="Train what a suite has no records of; called again, it goes on."))
    parser.add_argument("name", type=str, help="a suite's name, see `ckdsnn list`")
    parser.add_argument("--tier", type=str, default="smoke", help="smoke, reduced or paper")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on; seed 0 of everything comes first")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, which share the machine")
    parser.add_argument("--results", type=str | None, default=None, help="another folder whose records count as done")
    parser.add_argument("--dry_run", type=bool, default=False, help="print the plan only")
    add_training(parser)
    add_fields(parser, "tier")
    return parser


def suite_command(options: Namespace) -> int:
    from ckdsnn.training import run_suite
    from ckdsnn.training.suite import as_options

    fates = set(run_suite(**in_seconds(options)).values())
    if options.dry_run or fates <= {"done"}:
        return 0
    defaults = suite_parser().get_defaults()
    given = {key: value for key, value in vars(options).items() if key != "name" and value != defaults.get(key)}
    print("to go on:", shlex.join(["ckdsnn", "suite", options.name, *as_options(given)]))
    return 1 if "failed" in fates else 3


def eval_parser() -> ArgumentParser:
    parser = add_common(ArgumentParser(description="Evaluate a record's weights on the test set again."))
    parser.add_argument("record", type=str, help="a record's id")
    return parser


def eval_command(options: Namespace) -> None:
    from ckdsnn.analysis.evaluate import evaluate
    from ckdsnn.records import load_record

    now = evaluate(options.record, options.out, options.data)
    then = load_record(options.record, options.out).accuracy
    print(f"{options.record}: {now['value']:.2f} % now, {then:.2f} % on record ({now['test_images']} test images)")


def explain_parser() -> ArgumentParser:
    parser = add_common(ArgumentParser(description="Draw a picture with CAM, SAM and both predictions."))
    parser.add_argument("image", type=str, help="any picture file")
    parser.add_argument("--record", type=str, required=True, help="id of a student's record")
    parser.add_argument("--to", type=str | None, default=None, help="the PNG to write (else IMAGE-explained.png)")
    return parser


def explain_command(options: Namespace) -> None:
    from ckdsnn.analysis.explain import explain
    from ckdsnn.report.map_plots import explanation
    from ckdsnn.report.style import save_figure

    figure = explanation(explain(options.image, options.record, options.out))
    print(save_figure(figure, options.to or f"{Path(options.image).stem}-explained.png"))


def bench_parser() -> ArgumentParser:
    parser = add_common(ArgumentParser(description="Measure the training step against the released form of it."))
    parser.add_argument("--models", type=str, default="resnet20,resnet19", help="names, each with :width if wanted")
    parser.add_argument("--timesteps", type=str, default="1,4", help="values of T")
    parser.add_argument("--batch", type=int, default=128, help="images a step")
    parser.add_argument("--rounds", type=int, default=5, help="blocks of each implementation, in alternation")
    parser.add_argument("--steps", type=int, default=0, help="steps of a block (0: as many as take about 3 s)")
    choices = "of reference, ours, ours-fp32, ours-bf16 (none: those that differ here)"
    parser.add_argument("--implementations", type=str, default="", help=choices)
    parser.add_argument("--sweep", type=bool, default=False, help="also cost against T, batch and width")
    parser.add_argument("--switches", type=bool, default=False, help="also ResNet-20 with each fast path turned off")
    return parser


def bench_command(options: Namespace) -> None:
    from ckdsnn.bench.run import run_bench
    from ckdsnn.report.bench_tables import bench_table, sweep_table

    arguments = {name: value for name, value in vars(options).items() if name != "data"}
    record = run_bench(**arguments)
    print(bench_table("bench", record).text())
    if record.sweep:
        print("", sweep_table("sweep", record).text(), sep="\n")
    print(f"record {record.id} in {options.out}")


COMMANDS = {
    "list": (list_parser, list_command),
    "data": (data_parser, data_command),
    "train": (train_parser, train_command),
    "suite": (suite_parser, suite_command),
    "eval": (eval_parser, eval_command),
    "explain": (explain_parser, explain_command),
    "bench": (bench_parser, bench_command),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status.

    0 done, 1 a run of a suite failed, 2 a mistake in the call, 3 the budget ended before the work, 130 interrupted
    """
    parser = Parser(prog="ckdsnn", description="Distil spiking networks; see the book for the whole story.")
    commands = parser.add_subcommands(dest="command", required=True)
    for name, (make_parser, _) in COMMANDS.items():
        commands.add_subcommand(name, make_parser())
    options = parser.parse_args(arguments)
    try:
        status = COMMANDS[options.command][1](options[options.command])
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


if __name__ == "__main__":
    sys.exit(main())
