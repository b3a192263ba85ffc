"""Curves, planes and the table of landscapes: what is shown is what was measured."""

import io

import numpy as np
import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.studies.landscape_plots import LEVELS, landscape_curves, landscape_planes, rise_over_plane
from ckdsnn.report.studies.landscape_tables import flatter, landscape_table
from tests.landscape_example import DISTANCES, bowl
from tests.report.examples import STYLES, readable


@pytest.fixture
def studies(record):
    """Two seeds of two methods, the second twice as steep as the first, each with two more nat in seed 1."""
    return {
        method: [bowl(record, method, steepness + 2 * seed, seed) for seed in (0, 1)]
        for method, steepness in (("snn", 5.0), ("ckdsnn-count", 10.0))
    }


def test_curves_are_means_over_directions_and_seeds_with_their_middle_half(studies):
    loss, accuracy = landscape_curves(studies).axes
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        for line, band, (method, found) in zip(axes.lines, axes.collections, studies.items(), strict=True):
            curves = np.array(found[0].values[name] + found[1].values[name])
            assert len(curves) == 6 and (line.get_label(), line.get_color()) == STYLES[method]
            np.testing.assert_array_equal(line.get_xdata(), DISTANCES)
            np.testing.assert_allclose(line.get_ydata(), curves.mean(0))
            corners = band.get_paths()[0].vertices
            np.testing.assert_allclose(corners[:, 1].min(), np.quantile(curves, 0.25, axis=0).min())
            np.testing.assert_allclose(corners[:, 1].max(), np.quantile(curves, 0.75, axis=0).max())
    assert loss.get_ylabel() == "Training cross-entropy (nat)" and accuracy.get_ylabel() == "Training accuracy (%)"


def test_a_plane_rises_from_its_own_centre(record):
    rise = rise_over_plane(bowl(record, steepness=10.0))
    np.testing.assert_allclose(rise, [[1.2, 0.8, 1.2], [0.4, 0, 0.4], [1.2, 0.8, 1.2]])


def test_planes_share_their_colours_and_bear_their_methods(studies):
    *panels, bar = landscape_planes({method: found[0] for method, found in studies.items()}).axes
    assert [axes.get_title().replace("\n", " ") for axes in panels] == [STYLES[method][0] for method in studies]
    for axes in panels:
        contours = axes.collections[0]
        assert list(contours.levels) == list(contours.norm.boundaries) == list(LEVELS)
        assert contours.extend == "both", "no height is left white"
    assert bar.get_ylabel() == "Rise of the cross-entropy (nat)"


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_planes_finds_its_place(record, count):
    studies = {method: bowl(record, method) for method in list(STYLES)[1 : count + 1]}
    panels = [axes for axes in landscape_planes(studies).axes if axes.get_title()]
    assert len(panels) == count


@pytest.mark.parametrize("steepness", [0.0, 0.1, 1e4])
def test_the_flattest_and_the_steepest_planes_are_drawn_without_a_warning(record, steepness):
    landscape_planes({"snn": bowl(record, steepness=steepness)}).savefig(io.BytesIO(), format="png")


def test_the_table_has_means_over_seeds_and_the_spread_over_directions(studies):
    snn, ckdsnn = (
        dict(
            zip(
                ("who", "loss", "rise", "accuracy", "lost", "flatter"),
                map(readable, row),
                strict=True,
            )
        )
        for row in landscape_table("t", "C", studies).rows
    )
    assert snn["who"] == STYLES["snn"][0] and snn["flatter"] == "–" and ckdsnn["flatter"] == "0 of 6"
    assert snn["loss"] == "1.00 ± 0.00 (n = 2)" and snn["accuracy"] == "60.0 ± 0.0 (n = 2)"
    # steepness 5 and 7; mean over the directions 1.5 times that; at 0.2 the rise is 0.04 times that
    # over directions: half the steepness, 0.04 times 3
    assert snn["rise"] == "0.36 ± 0.08 (n = 2); 0.12" and snn["lost"] == "36.0 ± 8.5 (n = 2); 12.0"


def test_heads_tell_the_distance_and_the_first_method(studies):
    header = landscape_table("t", "C", studies).header
    assert header[2] == "Rise at 0.2 (nat); sd over directions" and header[-1] == f"Flatter than {STYLES['snn'][0]}"


def test_pairs_are_those_of_the_same_seed_and_direction(record):
    steep = {0: 5.0, 1: 9.0}
    mine, other = (
        [bowl(record, "kd", 7.0, seed) for seed in steep],
        [bowl(record, "snn", s, n) for n, s in steep.items()],
    )
    assert flatter(mine, other[::-1]) == "3 of 6"


def test_other_seeds_make_no_pairs(record):
    with pytest.raises(CkdsnnError, match=r"seeds \[1\] and \[0\] make no pairs"):
        flatter([bowl(record, "kd", seed=1)], [bowl(record, "snn")])
