"""Histograms, distances and answer: what is drawn is what was measured, and whose student is called nearer."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy import stats

from ckdsnn.report.labels import label_of
from ckdsnn.report.tables import whole
from ckdsnn.studies.distributions.report import (
    DISTANCES,
    POPULATIONS,
    PROFILE,
    answer,
    distance_table,
    distances,
    histograms,
    profile_table,
)
from tests.report.examples import STYLES, compared, readable, study_of

GAPS = {"snn": (0.5, 0.56, 0.43), "ckdsnn": (0.25, 0.32, 0.19), "ckdsnn-count": (0.8, 0.83, 0.75)}


@pytest.fixture
def studies(record):
    """Three seeds of three methods, which differ in every distance alike."""
    return [compared(record, method, seed, gap) for method, own in GAPS.items() for seed, gap in enumerate(own)]


def blank(value):
    """The same shape, nothing in it finite."""
    return [blank(part) for part in value] if isinstance(value, list) else None


def test_histograms_are_the_shares_in_percent_between_their_edges(studies):
    shown = studies[::3]
    chart = histograms(shown)
    for study, population in ((study, population) for study in shown for population in POPULATIONS):
        own = chart.data.query("id == @study.id and population == @population")
        for network, found in own.groupby("network"):
            np.testing.assert_allclose(found["percent"], 100 * np.array(study.values[f"{network}-{population}"]))
            edges = study.values[f"{population}-edges"]
            np.testing.assert_array_equal(found[["left", "right"]], np.transpose([edges[:-1], edges[1:]]))


def test_the_student_is_filled_in_its_colour_and_as_high_as_its_shares(studies):
    grid = np.reshape(histograms(studies[::3]).figure.axes, (len(POPULATIONS), len(GAPS)))
    for row, population in zip(grid, POPULATIONS, strict=True):
        for axes, study, method in zip(row, studies[::3], GAPS, strict=True):
            (filled,), (outline,) = axes.collections, axes.lines
            assert to_hex(filled.get_facecolor()[0]) == STYLES[method][1].lower()
            heights = 100 * np.array([study.values[f"{who}-{population}"] for who in ("student", "teacher")])
            assert filled.get_paths()[0].vertices[:, 1].max() == pytest.approx(heights[0].max())
            assert max(outline.get_ydata()) == pytest.approx(heights[1].max())


def test_every_seed_is_a_dot_and_the_bar_is_their_mean(studies):
    for axes, (name, (label, _, goal)) in zip(distances(studies).figure.axes, DISTANCES.items(), strict=True):
        assert axes.get_xlabel() == label and axes.lines[0].get_xdata()[0] == goal
        bars = [line.get_xdata()[np.isfinite(line.get_xdata())] for line in axes.lines if line.get_marker() == "|"]
        for dots, bar, gaps in zip(axes.collections, bars, GAPS.values(), strict=True):
            values = np.abs(goal - np.array(gaps))
            assert sorted(dots.get_offsets()[:, 0]) == pytest.approx(sorted(values))
            assert [*bar] == pytest.approx([values.mean()])
        assert (name == "correlation") == any(line.get_marker() == "D" for line in axes.lines)


def test_changes_are_paired_by_seed(studies):
    table = distance_table("name", "caption", studies)
    assert [row[0] for row in table.rows] == [label_of(method) for method in ("ckdsnn", "ckdsnn-count")]
    for row, method in zip(table.rows, ("ckdsnn", "ckdsnn-count"), strict=True):
        differences = np.subtract(GAPS[method], GAPS["snn"])
        half = stats.t.ppf(0.975, 2) * stats.sem(differences)
        low, high = differences.mean() - half, differences.mean() + half
        assert {*map(readable, row[1:])} == {f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]"}


def test_the_answer_tells_nearer_from_farther_and_from_what_chance_allows(record, studies):
    def told(**gaps):
        return answer(
            [compared(record, method, seed, gap) for method, own in gaps.items() for seed, gap in enumerate(own)]
        )

    assert all(words in answer(studies) for _, words, _ in DISTANCES.values())
    assert "is nearer" in answer(studies) and "farther" not in answer(studies) and "−0.24" in answer(studies)
    assert "is farther" in told(snn=GAPS["ckdsnn"], ckdsnn=GAPS["snn"])
    open_one = told(snn=GAPS["snn"], ckdsnn=(0.9, 0.32, 0.19))
    assert "is not shown to be nearer or farther in" in open_one and "is nearer" not in open_one


def test_a_correlation_counts_beyond_that_of_shuffled_pairs(record, studies):
    values = [study.values | {"correlation-shuffled": 0.9 - study.values["correlation"][0]} for study in studies]
    shared = [replace(study, values=own) for study, own in zip(studies, values, strict=True)]
    for before, after in zip(*(distance_table("t", "c", found).rows for found in (studies, shared)), strict=True):
        assert after[1:-1] == before[1:-1] and after[-1] != before[-1]
    plain, ours = (2 * (1 - np.array(GAPS[name])) - 0.9 for name in ("snn", "ckdsnn"))
    assert distance_table("t", "c", shared).rows[0][-1].startswith(whole(f"{np.mean(plain - ours):+.3f}"))


def test_without_a_plain_student_nothing_can_be_said(record):
    assert answer([compared(record, "ckdsnn")]).startswith("Not measured")


def test_a_network_that_has_diverged_is_left_out(record, studies):
    gone = compared(record, "ckdsnn", 3)
    gone = replace(gone, values={name: blank(value) for name, value in gone.values.items()})
    assert answer([*studies, gone]) == answer(studies)
    alone = profile_table("t", "c", [gone])
    assert all({*row[1:]} == {"–"} for row in alone.rows)


def test_the_profile_has_a_column_a_network_and_entropies_of_maps_over_the_uniform_one(record):
    values = compared(record).values | {"student-zeros": [0.75, 0.1], "teacher-zeros": [0.25, 0.1]}
    studies = [study_of(record, "distributions", "snn", seed, {"uniform-entropy": 2.0}, values) for seed in (0, 1)]
    ours = compared(record, "ckdsnn-count")
    ours = replace(ours, values=ours.values | {"teacher-zeros": [0.25, 0.1]})
    table = profile_table("name", "caption", [*studies, ours])
    assert [*map(readable, table.header)] == [
        "",
        "Teacher (ANN)",
        "plain SNN",
        "CKDSNN (count)",
    ]
    rows = {row[0]: [float(cell.split()[0]) for cell in map(readable, row[1:])] for row in table.rows}
    assert len(rows) == len(PROFILE)
    assert rows["Zeros in the last stage (share)"] == [0.25, 0.75, 0.5]
    assert rows["Entropy of the softmax of the raw map (uniform: 1)"] == [0.25] * 3  # 0.5 of 2
