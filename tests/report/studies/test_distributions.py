"""Histograms and distances: what is drawn is what was given, and which methods are called nearer."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.labels import by_method, label_of
from ckdsnn.report.studies.distribution_plots import POPULATIONS, distances, side_by_side
from ckdsnn.report.studies.distribution_tables import DISTANCES, PROFILE, profile_table
from ckdsnn.report.studies.distribution_words import findings, sides
from tests.report.examples import STYLES, compared, readable, record_of, study_of

KNOWN = ("snn", "ckdsnn", "ckdsnn-count")


def said(studies):
    """The sentences, each on one line."""
    return readable(findings(studies)).splitlines()


def test_histograms_are_the_shares_in_percent_student_filled_teacher_in_outline(record):
    studies = [compared(record, method) for method in KNOWN]
    figure = side_by_side(studies)
    grid = np.reshape(figure.axes, (len(KNOWN), len(POPULATIONS)))
    for row, study, method in zip(grid, studies, KNOWN, strict=True):
        assert row[1].get_title() == f"Student: {STYLES[method][0]}"
        for axes, name in zip(row, POPULATIONS, strict=True):
            for shape, who in zip(axes.patches, ("student", "teacher"), strict=True):
                np.testing.assert_allclose(shape.get_data().values, 100 * np.array(study.values[f"{who}-{name}"]))
                np.testing.assert_array_equal(shape.get_data().edges, study.values[f"{name}-edges"])
            filled, outline = axes.patches
            assert to_hex(filled.get_facecolor()) == STYLES[method][1].lower() and not outline.get_fill()


def test_every_seed_is_a_dot_and_the_bar_is_their_mean(record):
    studies = [compared(record, method, seed, 0.2 + 0.2 * seed) for method in KNOWN for seed in (0, 1)]
    for axes, (name, (label, goal)) in zip(distances(studies).axes, DISTANCES.items(), strict=True):
        gaps = [0.2, 0.4] if goal == 0 else [0.8, 0.6]
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        bars = [line for line in axes.lines if line.get_linewidth() == 2.5]
        for place, (method, own, bar) in enumerate(zip(KNOWN, dots, bars, strict=True)):
            assert list(own.get_xdata()) == pytest.approx(gaps) and set(own.get_ydata()) == {place}
            assert list(bar.get_xdata()) == pytest.approx([sum(gaps) / 2] * 2)
            assert own.get_color() == bar.get_color() == STYLES[method][1]
        assert axes.lines[0].get_xdata()[0] == goal and axes.get_xlabel() == label
        assert (name == "correlation") == any(line.get_marker() == "D" for line in axes.lines)


def test_methods_come_in_the_one_order_and_unknown_ones_last(record):
    studies = [compared(record, method) for method in ("ckdsnn-count", "ckdsnn-zscore", "snn")]
    assert [label for label, _ in by_method(studies)] == [
        STYLES["snn"][0],
        STYLES["ckdsnn-count"][0],
        label_of("ckdsnn-zscore"),
    ]


def test_a_network_that_has_diverged_is_left_out_of_sentences_and_table(record):
    studies = [compared(record, method, seed, 0.2 + 0.1 * seed) for method in ("snn", "kd") for seed in (0, 1)]
    gone = compared(record, "kd", 2)
    gone = replace(gone, values={name: blank(value) for name, value in gone.values.items()})
    assert said([*studies, gone])[3:] == said(studies)[3:]
    (before, *_), (after, *_) = (profile_table("t", "c", found).rows for found in (studies, [*studies, gone]))
    assert before == after


def blank(value):
    """The same shape, nothing in it finite."""
    return [blank(part) for part in value] if isinstance(value, list) else None


def test_sides_are_told_of_pairs_of_one_seed():
    changes = {"near": (-1.0, -1.1, -0.9), "far": (1.0, 1.1, 0.9), "mixed": (1.0, -0.5, 0.1), "wide": (0.1, 2.0, 0.6)}
    plain = dict(enumerate((3.0, 9.0, 6.0)))  # the seeds differ by more than the methods do
    gaps = {label: {seed: plain[seed] + by for seed, by in enumerate(found)} for label, found in changes.items()}
    assert sides({"plain": plain} | gaps, "plain") == {
        "nearer": ["near (-1.000, n = 3)"],
        "farther": ["far (+1.000, n = 3)"],
        "undecided": ["mixed (+0.200, n = 3)", "wide (+0.900, n = 3)"],
    }


def test_a_pair_of_seeds_decides_nothing():
    gaps = {"plain": {0: 3.0, 1: 4.0}, "near": {0: 1.0, 1: 2.1}}
    assert sides(gaps, "plain")["undecided"] == ["near (-1.950, n = 2)"]


def test_sentences_name_the_sides_and_the_plain_students_distance(record):
    gaps = {"snn": (0.5, 0.5, 0.5), "ckdsnn-count": (0.75, 0.74, 0.76), "ckdsnn": (0.25, 0.24, 0.26)}
    studies = [compared(record, method, seed, gap) for method, own in gaps.items() for seed, gap in enumerate(own)]
    told = "; nearer: CKDSNN (-0.250, n = 3); farther: CKDSNN (count) (+0.250, n = 3)."
    for distance in ("KL of softened predictions (nat)", "Same prediction (share)", "JS of pooled features (nat)"):
        assert f"- {distance}: SNN, no distillation 0.500 ± 0.000 (n = 3){told}" in said(studies)


def test_sentences_tell_sparsity_and_sharpness_of_students_and_teacher(record):
    values = compared(record).values | {"student-zeros": [0.75, 0.1], "teacher-entropy-1": [0.125, 0.1]}
    sentences = said([compared(record), study_of(record, "distributions", "kd", 0, {"uniform-entropy": 2.0}, values)])
    assert "- Share of zeros in the last stage, percent: students 50.0 to 75.0, teacher 50.0." in sentences
    assert "- Entropy of a prediction, nat: students 0.50, teacher 0.50." in sentences


def test_without_a_plain_student_nothing_can_be_said(record):
    with pytest.raises(CkdsnnError, match=r"no study of 'SNN, no distillation' .* there are: \"CKDSNN \(count\)\""):
        findings([compared(record, "ckdsnn-count")])


def test_the_table_has_a_column_for_each_network_and_entropies_of_maps_in_percent_of_uniform(record):
    studies = [compared(record, "snn", seed) for seed in (0, 1)] + [compared(record, "ckdsnn-count")]
    table = profile_table("name", "caption", studies)
    assert table.header == ["", "Teacher (ANN) (n = 1)", "SNN, no distillation (n = 2)", "CKDSNN (count) (n = 1)"]
    rows = {row[0]: list(map(readable, row[1:])) for row in table.rows}
    assert len(rows) == len(PROFILE)
    assert rows["Entropy of the softmax of the raw map (% of uniform)"] == [
        "25.0",
        "25.0 ± 0.0",
        "25.0",
    ]  # 0.5 of 2 nat
    assert rows["Zeros in the last stage (%)"] == ["50.0", "50.0 ± 0.0", "50.0"]


def test_the_example_is_a_study_of_its_method(record):
    assert compared(record, "kd").recipe == record_of(record, "kd").recipe
