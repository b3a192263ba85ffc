"""The parts of the page of claims: verdicts, evidence, and what each part of the method adds."""

import pandas as pd

from book.parts.generator import Generator, part
from ckdsnn.analysis.cells import load_cells, of_setting, recorded
from ckdsnn.errors import choose
from ckdsnn.recipe.named import STUDENT_RECIPES
from ckdsnn.recipe.suites import EVIDENCE, OVER_SETTINGS, PILOT, PILOT_SEED
from ckdsnn.report.claims import headline, page
from ckdsnn.report.claims.questions import CLAIMS
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.labels import label_of
from ckdsnn.report.limits import in_short
from ckdsnn.report.suites import VALIDATED
from ckdsnn.report.tables import Table
from ckdsnn.report.where import PAGES

AT_SCALE = ("gpu", "evidence")  # suites of the paper's networks
PILOT_SETTING = next(iter(EVIDENCE))
BY_KEY = {claim.key: claim for claim in CLAIMS}


@part("headline")
def additions(book: Generator) -> str:
    """What the runs come to, in one table."""
    return headline.headline(book.evidence, book.shown)


@part("headline-at-scale")
def additions_at_scale(book: Generator) -> str:
    """The same for the setting of the paper's networks that has most runs; "" where none has any."""
    found = {
        name: of_setting(load_cells(suite, "paper", book.results), name)
        for suite in AT_SCALE
        for name in OVER_SETTINGS[suite]
    }
    name, cells = max(found.items(), key=lambda one: len(one[1].records))
    caption = f"What each part adds with the paper's own network: {in_short(name)}"
    return (
        headline.headline(Evidence(lambda _: cells.frame()), book.shown, "headline-at-scale", caption) if cells else ""
    )


@part("verdicts")
def verdicts(book: Generator, name: str) -> str:
    """The claims in short, as a table of this name."""
    return page.summary(book.evidence, name)


@part("claim")
def claim(book: Generator, key: str) -> str:
    """One claim with its evidence."""
    return page.section(choose("claim", key, BY_KEY), book.evidence, book.shown)


@part("claims-answer")
def claims_answer(book: Generator) -> str:
    """How many claims are supported, contradicted and open."""
    return page.answer(book.evidence)


@part("pilot")
def pilot(book: Generator) -> str:
    """By which accuracies on validation images the weight of SAMD was picked."""
    runs = recorded({method: STUDENT_RECIPES[PILOT_SETTING][method] for method in PILOT}, book.results).frame()
    runs = runs[runs["seed"] == PILOT_SEED] if len(runs) else runs
    if runs.empty:
        return "The pilot is not on record yet."
    caption = f"The pilot that picks SAMD's weight, seed {PILOT_SEED}, on validation images alone"
    shown = {"Student": map(label_of, runs["method"]), VALIDATED: runs["validation_accuracy"].astype(float)}
    return book.shown(Table.of_frame("pilot", caption, pd.DataFrame(shown)), PAGES["evidence"], runs["id"])
