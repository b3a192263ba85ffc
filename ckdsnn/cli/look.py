"""Commands that look: list, data, eval, explain."""

from collections.abc import Iterable
from pathlib import Path

from jsonargparse import Namespace

from ckdsnn.cli.complete import datasets
from ckdsnn.cli.options import Parser, add_data, add_out, add_own
from ckdsnn.data.specs import DATASETS
from ckdsnn.engine import reading_processes
from ckdsnn.errors import CkdsnnError
from ckdsnn.pair import STUDENT, pair_folder
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.checks import TIERS
from ckdsnn.records.failure import FAILURES
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import STUDIES


def list_parser() -> Parser:
    parser = Parser()
    parser.add_argument("part", type=str, nargs="?", default="", help="only what has this in its name")
    add_out(parser)
    return parser


def list_command(options: Namespace) -> None:
    for tier in TIERS:
        show(f"recipes, tier {tier}", [n for n, recipe in RECIPES.items() if recipe.tier == tier], options.part)
    sizes = {name: ", ".join(f"{tier} {len(found)}" for tier, found in tiers.items()) for name, tiers in SUITES.items()}
    show("suites, with the numbers of their recipes", [f"{n}: {size}" for n, size in sizes.items()], options.part)
    records, studies = ([path.stem for path in shelf.files(options.out)] for shelf in (RUNS, STUDIES))
    trained = {path.stem for path in Path(options.out, "weights").glob("*.safetensors")}
    marked = [f"{name}, with weights" if name in trained else name for name in records]
    show(f"records in {options.out}", marked, options.part)
    show(f"failed runs in {options.out}", [failed_run(path) for path in FAILURES.files(options.out)], options.part)
    pair = [f"{path.stem}, with weights" for path in RUNS.files(pair_folder())]
    show(f"records in {pair_folder()}, the package's own pair", pair, options.part)
    show(f"studies in {options.out}", studies, options.part)


def failed_run(path: Path) -> str:
    """Its id, and why it failed."""
    try:
        found = FAILURES.read(path)
    except CkdsnnError:  # one damaged file is not to hide the list
        return f"{path.stem}, its file {path} is damaged"
    return f"{found.id}, {found.term} was not finite at step {found.step} of epoch {found.epoch}"


def show(title: str, names: Iterable[str], part: str) -> None:
    """The names that hold `part`, below their title."""
    print(f"{title}:", *([name for name in names if part in name] or ["none"]), sep="\n  ")


def export_parser() -> Parser:
    parser = Parser()
    parser.add_argument("file", type=str, help="what to write: FILE.csv or FILE.parquet")
    add_out(parser)
    return parser


def export_command(options: Namespace) -> None:
    from ckdsnn.records import load_records
    from ckdsnn.records.frame import export

    records = load_records(options.out)
    export(records, options.file)
    print(f"{len(records)} runs in {options.file}")


def data_parser() -> Parser:
    parser = Parser()
    parser.add_argument("name", type=str, help=f"{', '.join(DATASETS)}, or folder:PATH").offered = datasets
    add_data(parser)
    return parser


def data_command(options: Namespace) -> None:
    from ckdsnn.data import Streamed, load_dataset
    from ckdsnn.data.source import SPLITS
    from ckdsnn.data.streamed import CHECKED_AT_ONCE

    source = load_dataset(options.name, options.data, workers=reading_processes())
    if isinstance(source, Streamed) and sum(len(source.labels(split)) for split in SPLITS) > CHECKED_AT_ONCE:
        source.check()
    train, test = (len(source.labels(split)) for split in SPLITS)
    inputs, classes = source.spec.inputs, len(source.spec.classes)
    size = f"{inputs.height} x {inputs.width}" + (f", {inputs.timesteps} frames" if inputs.timesteps else "")
    print(f"{options.name}: {train} to train on, {test} to test on, {size}, {classes} classes, digest {source.digest}")


def eval_parser() -> Parser:
    parser = Parser()
    parser.add_argument("record", type=str, help="a record's id")
    add_out(parser)
    add_data(parser)
    add_own(parser)
    return parser


def eval_command(options: Namespace) -> None:
    from ckdsnn.analysis.evaluate import evaluate
    from ckdsnn.records import load_record

    now = evaluate(options.record, options.out, options.data)
    then = load_record(options.record, options.out).accuracy
    print(f"{options.record}: {now['value']:.2f} % now, {then:.2f} % on record ({now['test_images']} test images)")


def explain_parser() -> Parser:
    parser = Parser()
    parser.add_argument("image", type=str, help="any picture file")
    text = "id of a student's record in --out (none: the student of the small pair that comes with the package)"
    parser.add_argument("--record", type=str | None, default=None, help=text)
    add_out(parser)
    add_own(parser)
    parser.add_argument(
        "--to", type=str | None, default=None, help="the PNG, SVG or PDF to write (else IMAGE-explained.png)"
    )
    return parser


def explain_command(options: Namespace) -> None:
    from ckdsnn.analysis.explain import explain
    from ckdsnn.report.chart import format_of, save_figure
    from ckdsnn.report.maps import explanation

    to = options.to or f"{Path(options.image).stem}-explained.png"
    format_of(to)  # before the networks have been asked
    record, out = (options.record, options.out) if options.record else (STUDENT, pair_folder())
    chart = explanation(explain(options.image, record, out))
    print(save_figure(chart.figure, to))
