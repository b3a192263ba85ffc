"""Strengths of gradients: where the dots lie, and that every number in the sentences is the studies'."""

from dataclasses import replace

import numpy as np
import pytest

from ckdsnn.report.studies.gradient_plots import colours, gradient_strength
from ckdsnn.report.studies.gradient_tables import MAP_TERMS, TERMS, gradient_table, strengths
from ckdsnn.report.studies.gradient_words import findings
from tests.report.examples import HEATS, pulled, readable


def said(studies):
    """The sentences, each on one line."""
    return findings(studies).splitlines()


def test_a_strength_is_the_norm_over_that_of_the_cross_entropy(record):
    assert strengths(pulled(record), "end", "samd-raw") == pytest.approx([10, 10, 10, 10, 20, 10])
    assert strengths(pulled(record), "start", "nld", "weights") == pytest.approx([100])


@pytest.mark.parametrize("place", ["spikes", "weights"])
def test_dots_lie_at_the_strengths_with_and_without_the_factor(record, place):
    study = pulled(record)
    for axes in gradient_strength([study], place).axes:
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        filled = [line for line in dots if line.get_markerfacecolor() != "white"]
        opened = [line for line in dots if line.get_markerfacecolor() == "white"]
        expected = [strengths(study, "end", term, place) for term in MAP_TERMS]
        np.testing.assert_allclose([dot.get_xdata()[0] for dot in filled], np.ravel(expected))
        np.testing.assert_allclose([dot.get_xdata()[0] for dot in opened], np.ravel(expected / np.square(HEATS)))
        rows = np.repeat(np.arange(1, len(TERMS)), len(HEATS))
        for dot, other, row in zip(filled, opened, rows, strict=True):
            assert row - 0.5 < dot.get_ydata()[0] < row < other.get_ydata()[0] < row + 0.5
        assert axes.get_xscale() == "log" and axes.lines[0].get_xdata()[0] == 1 and place in axes.get_xlabel()


def test_the_papers_temperature_is_the_large_dot(record):
    axes = gradient_strength([pulled(record)]).axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    large = [dot for dot in dots if dot.get_markersize() == 9]
    assert len(large) == 2 * len(MAP_TERMS)
    assert {dot.get_markeredgecolor() for dot in large} == {colours(HEATS)[HEATS.index(2)]}


def test_panels_are_the_fresh_weights_and_each_method_in_order(record):
    studies = [pulled(record, method, seed) for method in ("ckdsnn", "nld") for seed in (0, 1)]
    axes = gradient_strength(studies).axes
    titles = [panel.get_title().replace("\n", " ") for panel in axes]
    assert titles == ["Start: fresh weights", "End: NLD", "End: CKDSNN"]
    diamonds = [sum(line.get_marker() == "D" for line in panel.lines) for panel in axes]
    assert diamonds == [4, 2, 2], "one for each study"


def test_sentences_range_over_the_studies(record):
    sentences = said([pulled(record), pulled(record, seed=1, factor=3.0)])
    assert (
        "- SAMD (both raw): 20 to 60 times as strong as the cross-entropy with fresh weights, 20 to 60 when trained."
        in sentences
    )
    assert (
        "- NLD: 100 to 300 times as strong as the cross-entropy with fresh weights, 100 to 300 when trained."
        in sentences
    )
    (temperature,) = (line for line in sentences if line.startswith("- Temperatures"))
    assert "from 0.1 to 4 change" in temperature and "by a factor of 2; without" in temperature
    assert temperature.endswith("by one of 1600.")  # at 0.1 a hundred times as strong, at 4 a sixteenth
    (cosine,) = (line for line in sentences if line.startswith("- Cosine"))
    assert "at most 1e-09 at the spikes, 0.25 at the weights" in cosine and cosine.endswith("trained weights 0.25.")
    assert sentences[-1].endswith("SAMD (0–1) needs a β of 16.7 to 50.")  # it is 0.02 times as strong, or 0.06


def test_a_network_that_has_diverged_is_left_out_of_the_sentences(record):
    study = pulled(record, "ckdsnn", seed=1)
    blank = {
        name: None if "divisor" in name else [[None, None]] * len(value) if "gap" not in name else [None] * len(value)
        for name, value in study.values.items()
        if name.startswith("end-")
    }
    diverged = replace(study, values=study.values | blank)
    together = said([pulled(record), diverged])
    assert together[-1] == said([pulled(record)])[-1] and "nan" not in " ".join(together)
    assert said([diverged])[0].endswith("with fresh weights, – when trained.")
    assert gradient_table("name", "caption", [diverged]).rows[0][-1] == "–"
    assert gradient_table("n", "c", [pulled(record), diverged]).rows == gradient_table("n", "c", [pulled(record)]).rows


def test_a_term_that_does_not_pull_has_no_weight_at_which_it_would(record):
    study = pulled(record)
    dead = {
        name: [[0.0, 0.0]] * len(value) for name, value in study.values.items() if name == "end-weights-samd-sample"
    }
    assert said([replace(study, values=study.values | dead)])[-1].endswith("needs a β of –.")


def test_the_table_explains_each_reading_by_its_parts(record):
    table = gradient_table("name", "caption", [pulled(record)])
    rows = {row[0]: [readable(cell) for cell in row[1:]] for row in table.rows}
    names = ["both raw", "count", "rate", "0–1", "0–1 over the batch"]
    assert list(rows) == [f"SAMD ({name})" for name in names]
    assert rows["SAMD (both raw)"] == ["4", "0.5", "0.25", "20 / 20", "20 / 20", "0.05"]
    assert rows["SAMD (0–1 over the batch)"][-1] == "500" and len(table.header) == len(table.rows[0])
