"""Pages follow the records: a record that is gone changes what they say, and an unknown part is refused."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean

import pytest

from book.generated import AT_SCALE, NOTEBOOKS, STUDY_PAGES, Generator, as_named
from book.provenance import find_records
from ckdsnn.analysis.cells import load_cells
from ckdsnn.studies.study import MEASURES
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.suites import BEST, PICKED, PILOT, PILOT_SEED
from ckdsnn.records import save_record
from ckdsnn.report.claims import questions
from ckdsnn.report.claims.questions import ask
from ckdsnn.report.compare import LEAST, accuracies, silent
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.selection import on_other_seeds
from tests.report.examples import readable

ROOT = Path(__file__).parents[2]
PAGES = ("claims.md", "results.md", "reproduce.md", "differences.md")


def save_as(record, name, seed, accuracy, root):
    """Save `record` as if it were of this recipe and seed, and had reached this accuracy."""
    recipe = RECIPES[name]
    last = record.final["last_accuracy"] | {"value": accuracy}
    final = record.final | {"last_accuracy": last, "firing_rate": {"activation": 0.1}}
    run = replace(record, id=recipe.record_id(seed), tier=recipe.tier, recipe=asdict(recipe), seed=seed, final=final)
    save_record(run, root / "results")


@pytest.fixture
def root(record, tmp_path):
    """A project whose results hold three seeds of three methods of the book's tier."""
    for method, gain in (("snn", 0.0), ("nld", 3.0), ("ckdsnn-with-relu", 1.0), ("ckdsnn", 2.0)):
        for seed in range(3):
            save_as(record, f"cifar10-16k-{method}", seed, 50 + gain + (0.1 + gain / 100) * seed, tmp_path)
    shutil.copy(ROOT / "results" / "paper.json", tmp_path / "results")
    return tmp_path


def generated(root, page):
    return readable(Generator(root, find_records(root)).fill((ROOT / "book" / page).read_text()))


def test_a_record_that_is_gone_changes_what_the_page_says(root):
    before = generated(root, "claims.md")
    assert "| accuracy: NLD > SNN, no distillation | 53.13 ± 0.13 / 50.10 ± 0.10 | +3.03 [" in before
    (root / "results" / "runs" / f"{RECIPES['cifar10-16k-nld'].record_id(2)}.json").unlink()
    after = generated(root, "claims.md")
    assert "| accuracy: NLD > SNN, no distillation | 53.06 ± 0.09 / 50.05 ± 0.07 | +3.01 [" in after


@pytest.mark.parametrize("page", PAGES)
def test_no_place_is_left_open(root, page):
    text = generated(root, page)
    assert "<!-- generated" not in text and len(text) > 500


def test_a_worth_stands_in_its_row(root):
    (row,) = [line for line in generated(root, "differences.md").splitlines() if line.startswith("| last activation")]
    assert row.startswith("| last activation ReLU | -1.01 [-1.03, -0.99] (n = 3)") and "not measured yet" in row


def test_an_unknown_part_is_refused(root):
    with pytest.raises(CkdsnnError, match="unknown generated part 'luck'; choose one of: claims"):
        Generator(root, {}).fill("<!-- generated: luck -->")


def test_a_mistyped_source_is_refused(root):
    with pytest.raises(CkdsnnError, match="unknown suite or kind of study 'landscapes'; choose one of: components"):
        Generator(root, {}).load("landscapes")


@pytest.mark.parametrize(
    ("changes", "same"), [({"epochs": 7}, True), ({"noise_scale": "variance"}, False), ({"width": 1}, False)]
)
def test_a_run_with_changed_fields_is_not_the_recipe_that_it_is_named_after(record, changes, same):
    recipe = asdict(RECIPES["cifar100-resnet19-e100-ckdsnn"].replace(**changes))
    assert as_named(replace(record, tier="paper", recipe=recipe)) == same
    assert not as_named(record)  # its name is none of the named recipes'


def test_every_suite_of_the_books_tier_and_every_kind_of_study_has_a_page():
    assert NOTEBOOKS.keys() == SUITES.keys() - AT_SCALE.keys() and STUDY_PAGES.keys() == MEASURES.keys()
    assert all((ROOT / page).is_file() for page in (*NOTEBOOKS.values(), *STUDY_PAGES.values()))


def test_the_weight_that_pages_call_the_best_of_four_is_by_the_seeds_that_picked_it():
    cells = load_cells("map-losses", "reduced", ROOT / "results")
    picking = {m: [run for run in runs if run.seed < 3] for m, runs in cells.items() if m.startswith("samd")}
    means = {m: mean(accuracies(runs).values()) for m, runs in picking.items() if m != "samd-count"}
    assert len(means) == 4 and max(means, key=means.get) == "samd-beta10"


def test_what_holds_under_conditions_is_traced_to_its_records():
    told = Generator(ROOT, find_records(ROOT)).conditions()
    assert "β\u00a0=\u00a030 minus NLD**" in told
    runs = load_cells("conditions", "reduced", ROOT / "results").values()
    assert all(f"{record.id}.json" in told for records in runs for record in records)


def test_runs_of_the_papers_networks_show_on_their_own(root, record):
    assert "None is on record yet" in generated(root, "claims.md") and "own network" not in generated(root, "index.md")
    for method, accuracy in (("snn", 58.0), ("nld", 66.5)):
        save_as(replace(record, teacher=None), f"cifar100-resnet19-e20-{method}", 0, accuracy, root)
    assert "| NLD | 66.50 (n = 1) | +8.50 (n = 1) | – | – |" in generated(root, "claims.md")
    assert "| NLD, to the plain SNN | +8.50 | 1 |" in generated(root, "index.md")


def test_the_evidence_fills_itself_without_the_pilots_seed(root, record):
    generator = Generator(root, find_records(root))
    assert generator.scale("evidence") == "None is on record yet." and "not on record" in generator.pilot()
    checked = replace(record, teacher=None, final=record.final | {"validation_accuracy": 40.0})
    for method, seed, accuracy in (("nld", 0, 41.0), ("nld", 1, 42.0), (PICKED, 0, 41.5)):
        save_as(checked, f"cifar100-resnet20-e20-{method}", seed, accuracy, root)
    for method in PILOT:
        save_as(checked, f"cifar100-resnet20-e20-{method}", PILOT_SEED, 90.0, root)
    generator = Generator(root, find_records(root))
    rows = readable(generator.scale("evidence")).splitlines()
    assert "| NLD | 41.50 ± 0.71 (n = 2) | – | – | 40.00 ± 0.00 (n = 2) | – |" in rows
    assert f"| {readable(label_of(PICKED))} | 41.50 (n = 1) | – | +0.50 (n = 1) | 40.00 (n = 1) | – |" in rows
    assert readable(generator.pilot()).count("| 40.00 (n = 1) |") == len(PILOT)


def test_the_weight_at_which_pages_say_that_students_fall_silent_silences_them():
    cells = load_cells("map-losses", "reduced", ROOT / "results")
    assert silent(cells["at"]) and not silent(cells["at-beta32"])


def test_the_map_range_that_pages_call_the_best_is_the_pick_of_the_seeds_that_all_have():
    best, seen, judged = on_other_seeds(load_cells("ranges", "reduced", ROOT / "results"), "nld")
    assert best == BEST and seen == [0, 1, 2] and judged.n >= LEAST
    assert ask("ranges", best, "nld")[0].map_range == questions.HEAVY
