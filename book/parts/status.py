"""The parts of the page that says how far everything is rebuilt."""

from functools import cache

from book.parts.generator import Generator, part
from ckdsnn.analysis.cells import load_cells
from ckdsnn.recipe import SUITES
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import KINDS, STUDIES
from ckdsnn.report.claims.questions import CLAIMS
from ckdsnn.report.pages import status


@cache
def behind(book: Generator) -> dict[str, status.Documents]:
    """Suite, kind of study or figure of a notebook -> its records in all tiers but smoke."""
    runs = {
        suite: [
            run for tier in SUITES[suite] if tier != "smoke" for run in load_cells(suite, tier, book.results).records
        ]
        for suite in SUITES
    }
    drawn = {name: [] for name in status.FIGURES} | {
        figure.name: [RUNS.read(book.records[name]) for name in figure.records]
        for figure in book.notebooks
        if figure.name in status.FIGURES
    }
    return runs | drawn | {kind: STUDIES.find_all(f"{kind}-*", book.results) for kind in KINDS}


@part("status")
def how_far(book: Generator, which: str) -> str:
    """How far the paper's figures and tables, or its claims, are rebuilt."""
    pieces, caption = {
        "figures": (status.PIECES, "The paper's figures and tables, and how far they are rebuilt"),
        "claims": (status.claimed(CLAIMS), "The paper's claims, and with what they are tested"),
    }[which]
    return book.shown(status.status_table(f"status-{which}", caption, pieces, behind(book)), "book/status.md")


@part("status-answer")
def status_answer(book: Generator) -> str:
    """How many of them stand where."""
    return status.answer(behind(book), status.claimed(CLAIMS))
