"""Strengths of gradients: every number that is drawn, listed or told is the studies'."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ckdsnn.studies.gradients.measure import RANGES_BY_NAME
from ckdsnn.studies.gradients.report import (
    MAP_TERMS,
    TERMS,
    answer,
    gradient_heat,
    gradient_strength,
    gradient_table,
    strengths,
)
from tests.report.examples import HEATS, pulled

SIZES = dict(zip(TERMS, 10.0 ** np.arange(2, -4, -1), strict=True))  # of `pulled`, in those of ce, but at T_s = 2


def expected(term, heat):
    return SIZES[term] * (2 if heat == 2 else 1)


def test_every_map_range_that_is_measured_has_a_row():
    assert [f"samd-{name}" for name in RANGES_BY_NAME] == MAP_TERMS


def test_a_strength_is_the_norm_over_that_of_the_cross_entropy(record):
    data = strengths([pulled(record)])
    assert len(data) == 4 * (1 + len(MAP_TERMS) * len(HEATS))  # two states, two places
    for row in data.itertuples():
        assert row.strength == pytest.approx(expected(row.term, row.T_s))
        assert row.cosine == (0.25 if row.place == "weights" else 1e-9) and pd.isna(row.T_s) == (row.term == "nld")


@pytest.mark.parametrize("place", ["spikes", "weights"])
def test_dots_lie_at_the_strengths_in_the_row_of_their_term(record, place):
    for axes in gradient_strength([pulled(record)], place).figure.axes:
        dots = np.concatenate([dots.get_offsets() for dots in axes.collections])
        for row, term in enumerate(TERMS):
            found = sorted({round(x, 9) for x, y in dots if abs(y - row) < 0.5})
            assert found == sorted({round(expected(term, heat), 9) for heat in (HEATS if row else [1])})
        assert axes.get_xscale() == "log" and axes.lines[0].get_xdata()[0] == 1 and place in axes.get_xlabel()


def test_panels_are_the_fresh_weights_and_each_method_in_order(record):
    chart = gradient_strength([pulled(record, method, seed) for method in ("ckdsnn", "nld") for seed in (0, 1)])
    assert [panel.get_title() for panel in chart.figure.axes] == ["Start: fresh weights", "End: NLD", "End: CKDSNN"]
    studies = [sum(len(dots.get_offsets()) for dots in panel.collections) for panel in chart.figure.axes]
    assert studies[0] == 2 * studies[1] == 2 * studies[2]


def test_the_heat_map_has_the_means_with_and_without_the_factor(record):
    figure = gradient_heat([pulled(record), pulled(record, seed=1, factor=3.0)]).figure
    means = np.array([[2 * expected(term, heat) for heat in HEATS] for term in MAP_TERMS])
    for axes, values in zip(figure.axes[:2], (means, means / np.square(HEATS)), strict=True):
        np.testing.assert_allclose(axes.collections[0].get_array(), values)
        assert axes.collections[0].norm(1.0) == pytest.approx(0.5), "the cross-entropy is white"
        texts = [float(text.get_text()) for text in axes.texts]
        np.testing.assert_allclose(texts, values.ravel(), rtol=0.25)


def test_the_table_has_the_strengths_and_the_weight_that_would_make_both_equal(record):
    rows = gradient_table("name", "caption", [pulled(record), pulled(record, seed=1, factor=3.0)]).rows
    assert [row[0] for row in rows] == [
        f"SAMD ({name})" for name in ("both raw", "count", "rate", "0–1", "0–1 over the batch")
    ]
    for row, term in zip(rows, MAP_TERMS, strict=True):
        mean = 2 * expected(term, 2)
        np.testing.assert_allclose([*map(float, row[1:])], [mean] * 4 + [1 / mean])


def test_the_answer_ranges_over_the_studies(record):
    text = answer([pulled(record), pulled(record, seed=1, factor=3.0)])
    assert "0 to 1 pulls 0.02 to 0.06 times" in text and "spikes, 2 to 6 times" in text
    assert "β of 16.7 to 50;" in text and "from 0.1 to 4 changes its pull by more than a factor of 2." in text


def test_a_network_that_has_diverged_is_left_out(record):
    study, whole = pulled(record, "ckdsnn", seed=1), pulled(record)

    def emptied(value):
        return [emptied(part) for part in value] if isinstance(value, list) else None

    gone = {name: emptied(value) for name, value in study.values.items() if name.startswith("end-")}
    diverged = replace(study, values=study.values | gone)
    assert answer([whole, diverged]) == answer([whole])
    assert gradient_table("n", "c", [whole, diverged]).rows == gradient_table("n", "c", [whole]).rows
    assert gradient_table("n", "c", [diverged]).rows[0][-1] == "–"


def test_a_term_that_does_not_pull_has_no_weight_at_which_it_would(record):
    study = pulled(record)
    dead = {"end-weights-samd-sample": [[0.0, 0.0]] * len(HEATS)}
    assert "β of –;" in answer([replace(study, values=study.values | dead)])
