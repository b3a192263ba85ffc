"""The parts of the page of differences between paper and released code."""

from book.parts.generator import TIER, Generator, part
from ckdsnn.report.answers import IN_BRACKETS
from ckdsnn.report.pages import differences


@part("worth")
def worth(book: Generator) -> str:
    """What each released variant is worth, with the records behind it."""
    runs = book.evidence.load("released")
    if runs.empty:
        return differences.NOTHING
    behind = [method for pair in differences.compared(runs) for method in pair]
    ids = runs.loc[runs["method"].isin(behind), "id"]
    return book.shown(differences.worth_table(runs), "book/differences.md", ids)


@part("worth-answer")
def worth_answer(book: Generator) -> str:
    """Which difference matters most."""
    return f"{differences.answer(book.evidence.load('released'))}\n\n{IN_BRACKETS}"


@part("best")
def best(book: Generator) -> str:
    """What the best epoch is worth in this tier."""
    return differences.best_less_last(book.frame(lambda run: run.tier == TIER))
