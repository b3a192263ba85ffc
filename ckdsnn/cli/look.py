"""Commands that look: list, data, eval, explain."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from ckdsnn.cli.options import add_data, add_out
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.checks import TIERS
from ckdsnn.records.store import RUNS
from ckdsnn.records.study import STUDIES


def list_parser() -> ArgumentParser:
    parser = ArgumentParser(description="Show the recipes, the suites, the records and the studies.")
    add_out(parser)
    return parser


def list_command(options: Namespace) -> None:
    for tier in TIERS:
        print(f"recipes, tier {tier}:")
        print(*(f"  {name}" for name, recipe in RECIPES.items() if recipe.tier == tier), sep="\n")
    print("suites, with the numbers of their recipes:")
    for name, tiers in SUITES.items():
        print(f"  {name}:", ", ".join(f"{tier} {len(names)}" for tier, names in tiers.items()))
    for kind, shelf in {"records": RUNS, "studies": STUDIES}.items():
        ids = [path.stem for path in shelf.files(options.out)]
        print(f"{kind} in {options.out}:", *(ids or ["none yet"]), sep="\n  ")


def data_parser() -> ArgumentParser:
    parser = ArgumentParser(description="Download a dataset once and check it.")
    parser.add_argument("name", type=str, help="digits, cifar10 or cifar100")
    add_data(parser)
    return parser


def data_command(options: Namespace) -> None:
    from ckdsnn.data import load_dataset

    data = load_dataset(options.name, options.data)
    train, test = tuple(data.x_train.shape), tuple(data.x_test.shape)
    print(f"{options.name}: train {train}, test {test}, {data.num_classes} classes, digest {data.digest}")


def eval_parser() -> ArgumentParser:
    parser = ArgumentParser(description="Evaluate a record's weights on the test set again.")
    parser.add_argument("record", type=str, help="a record's id")
    add_out(parser)
    add_data(parser)
    return parser


def eval_command(options: Namespace) -> None:
    from ckdsnn.analysis.evaluate import evaluate
    from ckdsnn.records import load_record

    now = evaluate(options.record, options.out, options.data)
    then = load_record(options.record, options.out).accuracy
    print(f"{options.record}: {now['value']:.2f} % now, {then:.2f} % on record ({now['test_images']} test images)")


def explain_parser() -> ArgumentParser:
    parser = ArgumentParser(description="Draw a picture with CAM, SAM and both predictions.")
    parser.add_argument("image", type=str, help="any picture file")
    parser.add_argument("--record", type=str, required=True, help="id of a student's record")
    add_out(parser)
    parser.add_argument("--to", type=str | None, default=None, help="the PNG to write (else IMAGE-explained.png)")
    return parser


def explain_command(options: Namespace) -> None:
    from ckdsnn.analysis.explain import explain
    from ckdsnn.report.map_plots import explanation
    from ckdsnn.report.style import save_figure

    figure = explanation(explain(options.image, options.record, options.out))
    print(save_figure(figure, options.to or f"{Path(options.image).stem}-explained.png"))
