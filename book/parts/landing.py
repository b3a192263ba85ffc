"""The parts of the landing page."""

import pandas as pd

from book.parts.generator import TIER, Generator, part
from ckdsnn.analysis.cells import recorded
from ckdsnn.data import DATASETS
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.named import TIER_SETTINGS
from ckdsnn.records import load_arrays
from ckdsnn.records.bench import bench_frame, load_benches
from ckdsnn.records.study import KINDS, STUDIES
from ckdsnn.report import speed
from ckdsnn.report.claims import headline
from ckdsnn.report.claims.page import counted, measured_claims
from ckdsnn.report.pages import landing
from ckdsnn.report.pages.reproduce import hours
from ckdsnn.report.tables import series

SHOWN = ("snn", "ckdsnn")  # students whose maps the page has


@part("answer")
def answer_to_the_question(book: Generator) -> str:
    """What the runs answer to the landing page's question, in plain words, and what they say of the paper's claims."""
    return f"{headline.answer(book.evidence)} {counted(book.evidence)}"


@part("forest")
def forest(book: Generator) -> str:
    """The line under the landing page's figure, which it keeps."""
    return book.drawn("forest", headline.forest(book.evidence), "book/claims.md", headline.behind_forest(book.evidence))


@part("looks")
def looks(book: Generator) -> str:
    """The line under the landing page's maps, which it keeps; "" where a run is missing."""
    recipes = {name: RECIPES[f"{TIER_SETTINGS[TIER]}-{name}"] for name in ("teacher", *SHOWN)}
    found = recorded(recipes, book.results)
    if found.absent:
        return ""
    first = [found[name][0] for name in recipes]
    seen, *arrays = (load_arrays(run, book.results) for run in first)
    chart = landing.looks(seen, dict(zip(SHOWN, arrays, strict=True)), DATASETS[first[0].data["name"]].classes)
    return book.drawn("looks", chart, "notebooks/02_maps.ipynb", [run.id for run in first])


@part("facts")
def facts(book: Generator) -> str:
    """What stands behind the book."""
    studies = [study for kind in KINDS for study in STUDIES.find_all(f"{kind}-*", book.results)]
    time = hours([*book.runs, *studies])
    return landing.facts(book.runs.frame(), len(studies), measured_claims(book.evidence), time)


@part("speed")
def cost_of_a_step(book: Generator) -> str:
    """How many times as fast as its released form a training step is, by the newest measurement of each device."""
    if not (benches := load_benches(book.results)):
        return "how long a training step takes is not measured yet."
    runs = speed.compared(bench_frame(benches))
    found = [f"{gains_in_words(own)} on {name}" for name, own in runs.groupby("machine", sort=False)]
    return (
        "our training step is faster than the released recipe, which we wrote anew and which computes in float32: "
        f"{'; '.join(found)}, by network and T."
    )


def gains_in_words(runs: pd.DataFrame) -> str:
    """How many times as fast a machine computes our step, in which precision, and in the reference's."""
    dtype = series(runs.loc[runs["implementation"] == "ours", "dtype"].unique())
    alike = speed.gains(runs, name="ours-fp32")
    return f"{speed.gains(runs)} times in {dtype}" + f" ({alike} in float32)" * bool(alike)
