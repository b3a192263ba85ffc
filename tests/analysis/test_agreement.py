"""Agreement of maps against loops over pairs, and what it must not depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckdsnn.analysis.agreement import Agreement, map_agreement
from ckdsnn.errors import CkdsnnError

RANDOM = np.random.default_rng(0)
A, B = RANDOM.random((5, 3, 4)), RANDOM.random((5, 3, 4)).astype(np.float16)
MAPS = arrays(np.int64, (3, 2, 3), elements=st.integers(0, 9))


def correlation(one, other):
    """Pearson's, by numpy; 0 where a map is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return np.corrcoef(one.ravel().astype(np.float64), other.ravel().astype(np.float64))[0, 1]


def by_loops(a, b):
    count = len(a)
    matched = [correlation(a[i], b[i]) for i in range(count)]
    shuffled = [np.mean([correlation(a[i], b[j]) for j in range(count) if j != i]) for i in range(count)]
    return matched, shuffled


@settings(deadline=None)
@given(MAPS, MAPS)
def test_agreement_equals_the_loops(a, b):
    found, (matched, shuffled) = map_agreement(a, b), by_loops(a, b)
    np.testing.assert_allclose(found.matched, matched, atol=1e-12)
    np.testing.assert_allclose(found.shuffled, shuffled, atol=1e-12)


def test_half_precision_equals_the_loops_in_double():
    np.testing.assert_allclose(map_agreement(A, B), by_loops(A, B), atol=1e-12)


@settings(deadline=None)
@given(MAPS, MAPS, st.floats(0.01, 100), st.floats(-100, 100))
def test_scale_and_offset_of_a_map_do_not_matter(a, b, scale, offset):
    np.testing.assert_allclose(map_agreement(scale * a + offset, b), map_agreement(a, b), atol=1e-9)
    np.testing.assert_allclose(map_agreement(-scale * a, b), -np.array(map_agreement(a, b)), atol=1e-9)


def test_identical_maps_agree_fully_and_opposite_ones_not_at_all():
    np.testing.assert_allclose(map_agreement(A, A).matched, 1)
    np.testing.assert_allclose(map_agreement(A, 1 - A).matched, -1)


@pytest.mark.parametrize("value", [0, 0.1, 1e6 / 3])
def test_a_constant_map_agrees_with_nothing(value):
    constant = A.copy()
    constant[2] = value
    assert map_agreement(constant, B).matched[2] == 0 == map_agreement(constant, B).shuffled[2]
    flat = np.full_like(A, value)
    assert not np.any(map_agreement(flat, flat)), "not even with itself"


def test_gain_is_what_matched_pairs_have_more():
    assert Agreement(np.array([0.5, 0.7]), np.array([0.1, 0.3])).gain == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("a", "b"), [((5, 3, 4), (5, 4, 3)), ((5, 3, 4), (4, 3, 4)), ((1, 3, 4), (1, 3, 4)), ((5, 12), (5, 12))]
)
def test_shapes_that_do_not_fit_are_named(a, b):
    with pytest.raises(CkdsnnError) as caught:
        map_agreement(np.zeros(a), np.zeros(b))
    assert str(a) in str(caught.value) and str(b) in str(caught.value)
