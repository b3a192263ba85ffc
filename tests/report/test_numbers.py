"""Several numbers in short: what is not finite takes no part."""

from math import inf, isnan, nan

import pytest

from ckdsnn.report.numbers import average, between, known, known_mean_sd
from ckdsnn.report.tables import mean_sd

TWO = "{:.2f}".format


@pytest.mark.parametrize(
    ("values", "text"),
    [([3, 1, 2], "1.00 to 3.00"), ([1.001, 1.002], "1.00"), ([nan, 2, inf], "2.00"), ([nan], "–"), ([], "–")],
)
def test_a_range_that_looks_like_one_number_is_one(values, text):
    assert between(iter(values), TWO) == text


def test_what_is_not_finite_takes_no_part():
    assert known([1, nan, inf, 2]) == [1.0, 2.0]
    assert average([1, nan, 2]) == 1.5 and isnan(average([nan])) and isnan(average([]))
    assert known_mean_sd([1, nan, 2]) == mean_sd([1.0, 2.0]) and known_mean_sd([nan]) == "–"
