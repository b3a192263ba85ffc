"""The parts of the page of results."""

from dataclasses import asdict

from book.parts.generator import TIER, Generator, part
from book.provenance import with_data
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.recipe.fields import is_current
from ckdsnn.recipe.named import TIER_SETTINGS, places_by_digest
from ckdsnn.records import Record
from ckdsnn.records.paper import load_published
from ckdsnn.report.limits import setting
from ckdsnn.report.pages import results


def as_named(record: Record) -> bool:
    """Whether a run is of a named recipe: by its content, or, with another number of epochs, by its name of today."""
    run, known = Recipe.of(record.recipe), RECIPES.get(record.recipe["name"])
    if run.digest() in places_by_digest():
        return True
    return bool(known) and is_current(record.recipe) and run.digest() == known.replace(epochs=run.epochs).digest()


@part("published")
def published(book: Generator) -> str:
    """Published numbers, and beside them ours of the paper's tier."""
    return results.published_parts(load_published(book.results), book.frame(as_named), book.shown)


@part("results-answer")
def results_answer(book: Generator) -> str:
    """How near our runs come to what is published."""
    return results.answer(load_published(book.results), book.frame(as_named))


@part("setting")
def common_setting(book: Generator) -> str:
    """What the runs of all suites have in common, but for what a row names."""
    return setting(*(asdict(RECIPES[f"{TIER_SETTINGS[TIER]}-{name}"]) for name in ("snn", "teacher")))


@part("runs")
def all_runs(book: Generator) -> str:
    """Every run, to be sorted and filtered."""
    frame = book.runs.frame()
    book.data["results-runs"] = frame.to_csv(index=False)
    return f"{results.runs_table(frame, load_published(book.results))}\n\n{with_data('', 'results-runs')}"
