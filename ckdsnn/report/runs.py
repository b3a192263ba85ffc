"""Runs and recipes in tables, and what single runs answer."""

from collections.abc import Iterable, Mapping

from ckdsnn.recipe import Recipe
from ckdsnn.records import Record
from ckdsnn.report.tables import DASH, Table, spread, whole

RATE = "Firing rate, unweighted mean of the layers (%)"
ENERGY = "Energy, arithmetic, strict count (µJ)"


def interval(record: Record) -> str:
    """Last-epoch accuracy with its 95 % interval, in percent."""
    last = record.final["last_accuracy"]
    return f"{last['value']:.2f} " + whole(f"[{last['low']:.2f}, {last['high']:.2f}]")


def accuracy_table(name: str, caption: str, runs: Mapping[str, Record]) -> Table:
    """One row a labelled run: accuracies, firing rate, energy and epochs; the hardware is part of the caption."""
    columns = {
        "Run": lambda label: label,
        "Test accuracy, last epoch (%) [95 %]": lambda label: interval(runs[label]),
        "Best epoch, chosen on the test set (%)": lambda label: spread([runs[label].final["best_accuracy"]["value"]]),
        RATE: lambda label: DASH if runs[label].firing_rate is None else f"{runs[label].firing_rate:.1f}",
        ENERGY: lambda label: f"{runs[label].arithmetic_energy:.2f}",
        "Epochs": lambda label: str(runs[label].recipe["epochs"]),
    }
    devices = dict.fromkeys(record.env["device"] for record in runs.values())
    return Table.of(name, f"{caption.rstrip('.')}. Hardware: {', '.join(devices)}.", runs, columns)


def accuracy_answer(runs: Mapping[str, Record]) -> str:
    """What share of the test images each labelled run recognises, and, of several, that one run each tells little."""
    images = " or ".join(dict.fromkeys(str(run.final["last_accuracy"]["test_images"]) for run in runs.values()))
    parts = [f"{label} {interval(run)} %" for label, run in runs.items()]
    caution = " Other seeds would give other numbers: one run of each cannot tell which student is better."
    return (
        f"The share of {images} test images that is recognised after the last epoch, with its 95 % interval: "
        f"{'; '.join(parts)}.{caution * (len(runs) > 1)}"
    )


def recipe_table(name: str, caption: str, recipes: Iterable[Recipe]) -> Table:
    """One row a recipe: what it trains, on what, for how long."""
    columns = {
        "Recipe": lambda recipe: f"`{recipe.name}`",
        "Tier": lambda recipe: recipe.tier,
        "Network": lambda recipe: f"{recipe.model}, width {recipe.width}",
        "T": lambda recipe: "ANN" if recipe.is_teacher else str(recipe.timesteps),
        "Learns from": lambda recipe: " + ".join(["labels", *recipe.loss_names]),
        "Epochs": lambda recipe: str(recipe.epochs),
    }
    return Table.of(name, caption, recipes, columns)
