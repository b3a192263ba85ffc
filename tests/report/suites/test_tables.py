"""What a suite has found: every number in table and sentences can be worked out from the records."""

from dataclasses import replace

import pytest

from ckdsnn.data import DATASETS
from ckdsnn.recipe import SUITES
from ckdsnn.recipe.named import TIER_SETTINGS
from ckdsnn.recipe.suites import SUITE_METHODS
from ckdsnn.report.compare import against
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.suites.plots import edge_of, suite_figure
from ckdsnn.report.suites.tables import CHANCE, silent, suite_table
from ckdsnn.report.suites.words import findings
from tests.report.examples import STYLES, cells_of, readable

ACCURACIES = {"snn": [50.0, 51.0, 52.5], "kd": [53.0, 53.5, 55.9], "nld": [50.5], "e2kd": [20.0, 21.0, 22.5]}


def test_the_table_shows_means_differences_and_what_is_not_known(record):
    table = suite_table("t", "c", cells_of(record, ACCURACIES), "snn")
    assert table.header[2] == "minus SNN, no distillation, points [95 %, paired t]"
    assert table.header[3] == "p, Holm over 1"  # NLD has one pair, and e2KD's equal differences have no spread
    assert [list(map(readable, row)) for row in table.rows] == [
        ["SNN, no distillation", "51.17 ± 1.26 (n = 3)", "–", "–"],
        ["KD", "54.13 ± 1.55 (n = 3)", "+2.97 [+1.85, +4.09] (n = 3)", "0.008"],
        ["e2KD", "21.17 ± 1.26 (n = 3)", "-30.00 (n = 3)", "–"],
        ["NLD", "50.50 (n = 1)", "+0.50 (n = 1) from 50.00", "–"],
    ]


def test_the_baseline_comes_first_and_a_variant_with_its_method(record):
    names = ["samd-count", "samd", "at", "samd-beta10", "ckdsnn-beta30", "ckdsnn-raw", "at-beta32", "x"]
    shown = ["samd-count", "at", "at-beta32", "samd", "samd-beta10", "ckdsnn-beta30", "ckdsnn-raw", "x"]
    cells = cells_of(record, {name: [50.0] for name in names})
    assert [row[0] for row in suite_table("t", "c", cells, "samd-count").rows] == [label_of(name) for name in shown]
    ticks = suite_figure(cells, "samd-count").axes[0].get_yticklabels()
    assert [tick.get_text().replace("\n", " ") for tick in ticks] == [label_of(name) for name in shown]


def test_a_difference_of_few_seeds_says_what_it_starts_from(record):
    cells = cells_of(record, {"kd": [54.51, 51.0, 52.0], "nld-noise0.5": [53.70]})
    row = suite_table("t", "c", cells, "kd").rows[1]
    assert [readable(cell) for cell in row[1:3]] == ["53.70 (n = 1)", "-0.81 (n = 1) from 54.51"]


def test_networks_that_have_not_learned_or_do_not_spike_are_marked(record):
    cells = cells_of(record, {"kd": [50.0], "at": [11.3], "catkd": [11.9], "e2kd": [48.0]})
    for method in ("at", "e2kd"):
        cells[method] = [replace(run, final=run.final | {"firing_rate": {"last": 2e-4}}) for run in cells[method]]
    rows = [row[0] for row in suite_table("t", "c", cells, "kd").rows]
    assert rows == ["KD", "AT (at chance, silent)", "CAT-KD (at chance)", "e2KD (silent)"]
    assert {name: 100 / len(data.classes) for name, data in DATASETS.items()} == CHANCE
    assert not silent([replace(cells["kd"][0], final=cells["kd"][0].final | {"firing_rate": {}})])


def test_sentences_tell_the_clear_from_the_unclear(record):
    cells = cells_of(record, ACCURACIES | {"at": [50.0, 51.5, 52.0], "bkd": [47.0, 48.1, 49.4]})
    told = readable(findings(against(cells, "snn"), ["e2kd", "nld-noise2"])).split("\n")
    assert told[0].startswith("- **Above SNN, no distillation**, in points – KD: +2.97 [") and "AT" not in told[0]
    assert told[1].startswith("- **Below SNN, no distillation**, in points – BKDSNN: -3.00 [")
    assert told[2].startswith("- **Not told apart from SNN, no distillation**, in points – AT: +0.00 [")
    assert told[3:] == [
        "- **No verdict against SNN, no distillation**, in points – NLD: +0.50; e2KD: -30.00.",
        "- After Holm's correction for 3 comparisons still told apart: KD; BKDSNN.",
        "- **Not measured yet**: e2KD; NLD, fixed deviation 2.",
    ]


def test_sentences_begin_with_the_largest_difference(record):
    cells = cells_of(record, {"snn": [50.0], "kd": [51.0], "nld": [53.0]})
    assert findings(against(cells, "snn")).index("NLD") < findings(against(cells, "snn")).index("KD: +1")


def test_every_method_of_a_suite_has_a_label_and_a_colour():
    for suite, tiers in SUITES.items():
        for tier in tiers.keys() & TIER_SETTINGS.keys() if suite in SUITE_METHODS else ():
            methods = [name.removeprefix(f"{TIER_SETTINGS[tier]}-") for name in tiers[tier]]
            assert len({label_of(method) for method in methods}) == len(methods)
            assert all(label_of(method) != method for method in methods)
            assert {colour_of(method) for method in methods} <= {colour for _, colour in STYLES.values()}


def test_a_variant_has_its_methods_colour():
    assert colour_of("ckdsnn-ts0.1") == colour_of("ckdsnn") != colour_of("ckdsnn-rate")
    assert label_of("nld-t4") == "NLD, T\u00a0=\u00a04"
    assert label_of("unheard-of") == "unheard-of"


@pytest.mark.parametrize(
    ("means", "edge"),
    [([54.0, 53.0, 52.5], 51.5), ([54.0, 53.0, 29.0], 52.0), ([54.0], 53.0), ([54.0, 44.0, 43.9], 43.0)],
)
def test_a_panel_ends_below_the_lowest_row_that_is_not_far_below_the_best(means, edge):
    assert edge_of(means) == edge
