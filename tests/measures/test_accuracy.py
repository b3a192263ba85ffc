"""Accuracy intervals against Wilson's formula."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckdsnn.measures.accuracy import accuracy_interval, best_of_curve

Z = 1.959963984540054  # 97.5 % quantile of the normal distribution


def wilson(correct, n):
    p, centre = correct / n, (correct / n + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return 100 * (centre - half), 100 * (centre + half)


@given(st.data(), st.integers(1, 20_000))
def test_interval_is_wilsons(data, n):
    correct = data.draw(st.integers(0, n))
    result = accuracy_interval(100 * correct / n, n)
    low, high = wilson(correct, n)
    assert result["low"] == pytest.approx(low, abs=1e-4) and result["high"] == pytest.approx(high, abs=1e-4)
    assert result["value"] == pytest.approx(100 * correct / n, abs=1e-4) and result["test_images"] == n
    assert 0 <= result["low"] <= result["value"] <= result["high"] <= 100


def test_a_float32_accuracy_is_taken_back_to_the_count():
    assert accuracy_interval(100 * 0.9236999750137329, 10_000)["value"] == 92.37


def test_the_best_epoch_is_labelled():
    curve = [{"epoch": e, "test_accuracy": a} for e, a in ((1, 40.0), (2, 71.25), (3, 70.0))]
    assert best_of_curve(curve) == {"value": 71.25, "epoch": 2, "note": "chosen on the test set"}
