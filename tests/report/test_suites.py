"""What a suite has found: every number in tables, figures and answers can be worked out from the records."""

from pathlib import Path

import numpy as np
import pytest

from ckdsnn.analysis.cells import Cells
from ckdsnn.data import DATASETS
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import SUITES
from ckdsnn.recipe.suites import SUITE_METHODS
from ckdsnn.report.compare import against, silent
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.suites import (
    CHANCE,
    accuracy_figure,
    answers,
    pair_figure,
    pair_table,
    pairs_of,
    suite_figure,
    suite_table,
)
from ckdsnn.report.where import PAGES
from tests.report.examples import cells_of, readable, runs_of

ACCURACIES = {"snn": [50.0, 51.0, 52.5], "kd": [53.0, 53.5, 55.9], "nld": [50.5], "e2kd": [20.0, 21.0, 22.5]}
PAIRS = {"maps": ("ckdsnn", "nld"), "noise": ("nld", "kd"), "logits": ("nld", "snn")}
PAIRED = {"snn": [45.0, 46.0, 46.5], "nld": [54.0, 55.0, 53.5, 54.0], "ckdsnn": [54.5, 54.0, 54.5]}


def test_the_table_shows_means_differences_and_what_is_not_known(record):
    table = suite_table("t", "c", runs_of(record, ACCURACIES), "snn")
    assert table.header[3] == "p, Holm over 1"  # NLD has one pair, and e2KD's equal differences have no spread
    assert [list(map(readable, row[:4])) for row in table.rows] == [
        ["plain SNN", "51.17 ± 1.26 (n = 3)", "–", "–"],
        ["KD", "54.13 ± 1.55 (n = 3)", "+2.97 [+1.85, +4.09] (n = 3)", "0.008"],
        ["e2KD", "21.17 ± 1.26 (n = 3)", "-30.00 (n = 3)", "–"],
        ["NLD", "50.50 (n = 1)", "+0.50 (n = 1) from 50.00", "–"],
    ]


def test_validation_accuracies_have_a_column_where_there_are_any(record):
    cells = Cells(cells_of(record, {"snn": [50.0, 51.0], "kd": [52.0]}))
    for run, value in zip(cells.records, (40.0, 42.0, None), strict=True):
        run.final["validation_accuracy"] = value
    table = suite_table("t", "c", cells.frame(), "snn")
    at = table.header.index("Validation accuracy (%)")
    assert [readable(row[at]) for row in table.rows] == ["41.00 ± 1.41", "–"]


def test_the_table_names_what_is_not_measured(record):
    runs = Cells(cells_of(record, {"snn": [50.0]}), ["kd", "ckdsnn-beta30"]).frame()
    assert suite_table("t", "c", runs, "snn").caption.endswith(f"Not measured yet: KD; {label_of('ckdsnn-beta30')}.")


def test_the_baseline_comes_first_and_a_variant_with_its_method(record):
    names = ["samd-count", "samd", "at", "samd-beta10", "ckdsnn-beta30", "ckdsnn-raw", "at-beta32", "x"]
    shown = ["samd-count", "at", "at-beta32", "samd", "samd-beta10", "ckdsnn-beta30", "ckdsnn-raw", "x"]
    runs = runs_of(record, {name: [50.0] for name in names})
    assert [row[0] for row in suite_table("t", "c", runs, "samd-count").rows] == [label_of(name) for name in shown]
    for draw, first in ((suite_figure, 1), (accuracy_figure, 0)):
        ticks = draw(runs, "samd-count").figure.axes[0].get_yticklabels()
        assert [tick.get_text().replace("\n", " ") for tick in ticks] == [label_of(name) for name in shown[first:]]


@pytest.mark.parametrize(("values", "marks"), [([10.0, 11.0], " (at chance)"), ([30.0, 31.0], "")])
def test_networks_at_chance_are_marked(record, values, marks):
    assert suite_table("t", "c", runs_of(record, {"snn": values}), "snn").rows[0][0] == label_of("snn") + marks


def test_networks_that_no_longer_spike_are_marked_whatever_they_reach(record):
    cells = Cells(cells_of(record, {"snn": [30.0, 31.0]}))
    for run in cells.records:
        run.final["firing_rate"] |= {list(run.final["firing_rate"])[-1]: 0.0009}
    assert silent(cells.frame()) and suite_table("t", "c", cells.frame(), "snn").rows[0][0].endswith("(silent)")


def test_every_data_set_has_a_chance_and_every_suite_a_page():
    for name, found in DATASETS.items():
        assert CHANCE[name] == pytest.approx(100 / len(found.classes)) if found.classes else name in CHANCE
    assert SUITES.keys() <= PAGES.keys() and SUITE_METHODS.keys() <= SUITES.keys()
    root = Path(__file__).parents[2]
    for page in PAGES.values():
        assert (root / page).is_file() or (root / page).with_suffix(".md").is_file(), page


def test_the_figure_draws_each_seeds_difference_their_mean_and_its_interval(record):
    chart = suite_figure(runs_of(record, ACCURACIES), "snn")
    drawn = {m: own["points"].tolist() for m, own in chart.data.groupby("method")}
    assert drawn == {"kd": pytest.approx([3.0, 2.5, 3.4]), "nld": [0.5], "e2kd": [-30.0] * 3}
    (axes,) = chart.figure.axes
    (found,) = [one for one in against(runs_of(record, ACCURACIES), "snn") if one.method == "kd"]
    drawn = [np.asarray(line.get_xdata(), dtype=float) for line in axes.lines]
    spans = [(np.nanmin(xs), np.nanmax(xs)) for xs in drawn if np.isfinite(xs).any()]
    assert any(span == pytest.approx(found.interval) for span in spans)
    assert any(line.get_xdata()[0] == pytest.approx(found.mean) for line in axes.lines if line.get_marker() == "D")


def test_a_row_far_below_is_told_at_the_edge_and_no_marker_lies_outside(record):
    runs = runs_of(record, ACCURACIES | {"samd": [45.0, 44.0, 46.0]})
    (axes,) = suite_figure(runs, "snn").figure.axes
    assert [readable(text.get_text()) for text in axes.texts] == ["← -30.0"]
    low, high = axes.get_xlim()
    points = [*np.concatenate([line.get_xdata() for line in axes.lines if line.get_marker() == "D"])]
    points += [x for dots in axes.collections for x in dots.get_offsets()[:, 0]]
    assert all(low < x < high for x in points if np.isfinite(x)) and min(points) < -5


def test_rows_that_the_axis_has_room_for_are_drawn_however_far_below_zero(record):
    (axes,) = suite_figure(runs_of(record, {"snn": [60.0], "kd": [38.0], "nld": [23.0]}), "snn").figure.axes
    assert not axes.texts and axes.get_xlim()[0] < -37


def test_a_row_near_zero_is_drawn_whatever_the_others_reach(record):
    (axes,) = suite_figure(runs_of(record, {"snn": [50.0], "kd": [49.5], "nld": [65.0]}), "snn").figure.axes
    assert not axes.texts


def test_where_all_rows_lie_far_below_they_are_drawn_where_they_lie(record):
    (axes,) = suite_figure(runs_of(record, {"snn": [50.0, 51.0], "kd": [20.0, 22.0], "nld": [25.0]}), "snn").figure.axes
    assert not axes.texts and axes.get_xlim()[1] > -25 > axes.get_xlim()[0]


def test_the_accuracies_are_drawn_as_they_are_in_the_methods_colour(record):
    chart = accuracy_figure(runs_of(record, ACCURACIES), "snn")
    assert {m: own["accuracy"].tolist() for m, own in chart.data.groupby("method", observed=True)} == ACCURACIES
    (axes,) = chart.figure.axes
    bars = [line for line in axes.lines if line.get_marker() == "|"]
    means = [x for bar in bars for x in bar.get_xdata() if np.isfinite(x)]
    assert sorted(means) == pytest.approx(sorted(map(np.mean, ACCURACIES.values())))
    assert colour_of("kd") in {bar.get_markerfacecolor() for bar in bars} | {bar.get_color() for bar in bars}


def test_a_pair_is_compared_over_the_seeds_of_both_and_what_is_not_on_record_is_left_out(record):
    runs = runs_of(record, PAIRED)
    maps, logits = ([readable(text) for text in row] for row in pair_table("t", "c", runs, PAIRS).rows)
    assert maps[:3] == ["maps", "CKDSNN minus NLD", "54.33 ± 0.29 / 54.17 ± 0.76"]  # without the fourth seed
    assert maps[3].startswith("+0.17 [") and maps[3].endswith("(n = 3)") and float(maps[4]) > 0.05
    assert logits[3].startswith("+8.33 [") and float(logits[4]) < 0.05
    assert pair_figure(runs, PAIRS.values()).data.groupby("baseline")["points"].mean().to_dict() == pytest.approx(
        {"nld": 0.5 / 3, "snn": 25 / 3}
    )


def test_the_answer_says_which_way_each_comparison_went(record):
    runs = runs_of(record, PAIRED)
    logits, maps = readable(answers(runs, [PAIRS["logits"], PAIRS["maps"]])).split(". ")
    assert logits.startswith("**NLD** helps (+8.33 [") and "n = 3" in logits
    assert maps.startswith("It is not shown that **SAMD**, added to NLD, helps (+0.17 [")
    swapped = readable(answers(runs, [("snn", "nld")]))
    assert swapped.startswith("**plain SNN** is worse than NLD (-8.33 [")
    assert "Not measured yet: CKDSNN against KD." in answers(runs, [PAIRS["maps"], ("ckdsnn", "kd")])


def test_pairs_are_read_and_others_refused():
    assert pairs_of("nld:snn ckdsnn-beta30:nld") == [("nld", "snn"), ("ckdsnn-beta30", "nld")]
    with pytest.raises(CkdsnnError, match="kd is not METHOD:BASELINE"):
        pairs_of("nld:snn kd")
