"""Pages follow the records: a record that is gone changes what they say, and an unknown part is refused."""

import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean

import pytest

from book.contents import pages
from book.parts import PARTS, PLACE, Generator
from book.parts.results import as_named
from book.provenance import Figure, find_records
from ckdsnn.analysis.cells import load_cells
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.suites import BEST, PICKED, PILOT, PILOT_SEED
from ckdsnn.records import save_record
from ckdsnn.records.study import KINDS
from ckdsnn.report.claims import questions
from ckdsnn.report.claims.questions import ask
from ckdsnn.report.compare import LEAST, silent, table_of
from ckdsnn.report.labels import label_of
from ckdsnn.report.selection import on_other_seeds
from ckdsnn.report.where import PAGES
from tests.report.examples import readable

ROOT = Path(__file__).parents[2]


def save_as(record, name, seed, accuracy, root):
    """Save `record` as if it were of this recipe and seed, and had reached this accuracy."""
    recipe = RECIPES[name]
    last = record.final["last_accuracy"] | {"value": accuracy}
    final = record.final | {"last_accuracy": last, "firing_rate": {"activation": 0.1}}
    run = replace(record, id=recipe.record_id(seed), tier=recipe.tier, recipe=asdict(recipe), seed=seed, final=final)
    save_record(run, root / "results")


@pytest.fixture
def root(record, tmp_path):
    """A project whose results hold three seeds of four methods of the book's tier."""
    for method, gain in (("snn", 0.0), ("nld", 3.0), ("ckdsnn-with-relu", 1.0), ("ckdsnn", 2.0)):
        for seed in range(3):
            save_as(record, f"cifar10-16k-{method}", seed, 50 + gain + (0.1 + gain / 100) * seed, tmp_path)
    shutil.copy(ROOT / "results" / "paper.json", tmp_path / "results")
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_a_figure_of_some_runs_of_a_suite_has_their_number_of_seeds(root):
    records = find_records(root)
    drawn = tuple(name for name in records if "-s0-" in name)
    book = Generator(root, records, [Figure("cam-sam", ".png", b"", "", records=drawn)])
    rows = [line.split(" | ") for line in book.make("status", "figures").splitlines() if line.startswith("| Figure")]
    seeds = {row[0].removeprefix("| "): row[5] for row in rows}
    assert seeds["Figure 3 (b, c)"] == "1" and seeds["Figure 4 (a)"] == "3"


def generator(root):
    return Generator(root, find_records(root))


def generated(root, page):
    return readable(generator(root).fill((ROOT / "book" / page).read_text()))


def test_a_record_that_is_gone_changes_what_the_page_says(root):
    row = f"| accuracy: NLD > {label_of('snn')} |"
    assert f"{row} 53.13 ± 0.13 / 50.10 ± 0.10 | +3.03 [" in generated(root, "claims.md")
    (root / "results" / "runs" / f"{RECIPES['cifar10-16k-nld'].record_id(2)}.json").unlink()
    assert f"{row} 53.06 ± 0.09 / 50.05 ± 0.07 | +3.01 [" in generated(root, "claims.md")


def test_every_part_has_its_place_and_none_is_left_open(root):
    files, book = sorted((ROOT / "book").glob("*.md")), generator(root)
    assert {match[1] for file in files for match in PLACE.finditer(file.read_text())} == PARTS.keys()
    for file in files:
        assert "<!-- generated" not in book.fill(file.read_text())


def test_tables_leave_their_numbers_for_download(root):
    made = generator(root)
    text = made.fill("<!-- generated: worth -->\n<!-- generated: runs -->")
    linked = re.findall(r'href="../_static/data/(.*?)\.csv"', text)
    assert {*linked} == made.data.keys() == {"differences-worth", "results-runs"}
    assert made.data["results-runs"].count("\n") == 1 + 12 and "-1.01" in made.data["differences-worth"].replace(
        "−", "-"
    )
    assert all(f"records/{record}.html" in text for record in find_records(root))


@pytest.mark.parametrize("place", ["luck", "claim C99"])
def test_an_unknown_part_or_source_is_refused(root, place):
    with pytest.raises((CkdsnnError, KeyError), match=place.split()[-1]):
        generator(root).fill(f"<!-- generated: {place} -->")
    with pytest.raises(CkdsnnError, match="unknown suite or kind of study 'landscapes'; choose one of: components"):
        generator(root).evidence.load("landscapes")


@pytest.mark.parametrize(
    ("changes", "same"), [({"epochs": 7}, True), ({"noise_scale": "variance"}, False), ({"width": 1}, False)]
)
def test_a_run_with_changed_fields_is_not_the_recipe_that_it_is_named_after(record, changes, same):
    recipe = asdict(RECIPES["cifar100-resnet19-e100-ckdsnn"].replace(**changes))
    assert as_named(replace(record, id="x-s0-1", tier="paper", recipe=recipe)) == same
    assert not as_named(record)  # its name is none of the named recipes'


def test_every_suite_and_every_kind_of_study_has_a_page_of_the_book():
    known = pages(ROOT)
    assert {*SUITES, *KINDS} <= PAGES.keys() | {"theory"}
    assert all(page in known or page.replace(".ipynb", ".md") in known for page in PAGES.values())


def test_runs_of_the_papers_networks_show_on_their_own(root, record):
    assert not generator(root).make("headline-at-scale")
    for method, accuracy in (("snn", 58.0), ("nld", 66.5)):
        save_as(replace(record, teacher=None), f"cifar100-resnet19-e20-{method}", 0, accuracy, root)
    assert "| NLD, to the plain SNN | +8.50 | 1 |" in readable(generator(root).make("headline-at-scale"))


def test_the_pilot_shows_its_validation_accuracies_and_takes_no_part_in_the_suite(root, record):
    assert "not on record" in generator(root).make("pilot")
    checked = replace(record, teacher=None, final=record.final | {"validation_accuracy": 40.0})
    for method in PILOT:
        save_as(checked, f"cifar100-resnet20-e20-{method}", PILOT_SEED, 90.0, root)
    assert readable(generator(root).make("pilot")).count("| 40 |") == len(PILOT)
    cells = load_cells("evidence", "paper", root / "results")
    assert not cells and f"cifar100-resnet20-e20-{PICKED}" in cells.absent


def test_what_pages_say_of_weights_and_map_ranges_holds():
    """The best of four weights by the seeds that picked it, the pick beside NLD, the weight that silences students."""
    runs = load_cells("map-losses", "reduced", ROOT / "results").frame()
    weights = table_of(runs[runs["seed"] < 3]).filter(regex=r"^samd(?!-count)")
    means = {method: mean(values.dropna()) for method, values in weights.items()}
    assert len(means) == 4 and max(means, key=means.get) == "samd-beta10"
    assert silent(runs[runs["method"] == "at"]) and not silent(runs[runs["method"] == "at-beta32"])
    best, seen, judged = on_other_seeds(load_cells("ranges", "reduced", ROOT / "results").frame(), "nld")
    assert best == BEST and seen == [0, 1, 2] and judged.n >= LEAST
    assert ask("ranges", best, "nld")[0].map_range == questions.HEAVY
