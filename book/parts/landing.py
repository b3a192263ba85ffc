"""The parts of the landing page."""

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
from ckdsnn.report.claims.page import measured_claims
from ckdsnn.report.pages import landing

SHOWN = ("snn", "ckdsnn")  # students whose maps the page has


@part("answer")
def answer_in_short(book: Generator) -> str:
    """What the runs answer to the landing page's question, in plain words."""
    return headline.answer(book.evidence)


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
    studies = sum(len(STUDIES.find_all(f"{kind}-*", book.results)) for kind in KINDS)
    return landing.facts(book.runs.frame(), studies, measured_claims(book.evidence))


@part("speed")
def cost_of_a_step(book: Generator) -> str:
    """How many times as fast as its released form a training step is, by the newest measurement of each device."""
    if not (benches := load_benches(book.results)):
        return "how long a training step takes is not measured yet."
    runs = speed.compared(bench_frame(benches))
    found = [f"{speed.gains(own)} times on {name}" for name, own in runs.groupby("machine", sort=False)]
    return f"our training step is faster than that of the released code: {'; '.join(found)}, by network and T."
