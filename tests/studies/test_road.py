"""ROAD on a network that looks at one known place: the right map scores best, the inverse one worst."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_grad_cam.metrics.road import ROADCombined
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget

from ckdsnn.models import Features
from ckdsnn.studies.faithfulness.road import REMOVED, pixel_ranks, road, road_score

SIDE, GRID, PLACE = 16, 4, (1, 2)  # pixels, cells, the cell that the toy looks at
MAPS = arrays(np.float32, (2, 3, 4), elements=st.integers(0, 5).map(float))


def cell_of(values):
    """The pixels of the one cell, [N, 3, 4, 4]."""
    size = SIDE // GRID
    rows, columns = (slice(size * at, size * (at + 1)) for at in PLACE)
    return values[..., rows, columns]


def toy(x):
    """Class 1 by the brightness of one cell, whatever lies elsewhere."""
    bright = cell_of(x).mean((-3, -2, -1))
    return Features(torch.stack([torch.zeros_like(bright), 8 * bright - 4], 1), ())


@pytest.fixture
def images():
    """Dark but for the one cell: the toy is sure of class 1, and nothing around the cell tells of it."""
    x = torch.randn(6, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 0.01
    cell_of(x).add_(1)
    return x


def place_map(count):
    maps = torch.zeros(count, GRID, GRID)
    maps[:, *PLACE] = 1
    return maps


def left_by(images, maps):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return road(toy, images, torch.ones(len(images), dtype=torch.long), maps)


def test_the_right_map_scores_best_the_inverse_one_worst_and_chance_nothing(images):
    right = place_map(len(images))
    chance = torch.rand(len(images), GRID, GRID, generator=torch.Generator().manual_seed(1))
    scores = {n: road_score(left_by(images, maps)) for n, maps in {"right": right, "wrong": 1 - right}.items()}
    chance = np.mean([road_score(left_by(images, chance.roll(shift, 0))) for shift in range(6)], axis=0)
    assert (scores["right"] > 0.3).all() and (scores["wrong"] < -0.3).all()
    assert (scores["wrong"] < chance).all() and (chance < scores["right"]).all()


def test_the_place_goes_first_or_last(images):
    """A sixteenth of the image: it is gone when a tenth is removed, and there until nine tenths are."""
    most, least = left_by(images, place_map(len(images)))
    sure = toy(images).logits.softmax(1)[:, 1].numpy()
    assert most.shape == least.shape == (len(REMOVED), len(images))
    assert (most[1:] < 0.1).all(), "dark pixels, where the class is improbable, fill the hole"
    np.testing.assert_allclose(least[:-1], np.broadcast_to(sure, least[:-1].shape), atol=0.01)


def test_inverting_a_map_exchanges_the_two_orders(images, monkeypatch):
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)  # the library's noise
    maps = torch.rand(len(images), GRID, GRID, generator=torch.Generator().manual_seed(2))
    most, least = left_by(images, maps)
    other_most, other_least = left_by(images, -maps)
    np.testing.assert_allclose([most, least], [other_least, other_most], atol=0.02)  # one pixel at the cut


def test_the_score_is_the_librarys(images, monkeypatch):
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)
    maps = torch.rand(len(images), GRID, GRID, generator=torch.Generator().manual_seed(3))
    combined = ROADCombined([100 - share for share in REMOVED])
    targets = [ClassifierOutputSoftmaxTarget(1)] * len(images)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = combined(images, pixel_ranks(maps, (SIDE, SIDE)), targets, lambda x: toy(x).logits)
    np.testing.assert_allclose(road_score(left_by(images, maps)), theirs, atol=1e-6)


@settings(deadline=None)
@given(MAPS)
def test_ranks_are_a_permutation_that_follows_the_pixels(maps):
    ranks = pixel_ranks(torch.tensor(maps), (6, 8))
    pixels = torch.nn.functional.interpolate(torch.tensor(maps)[:, None], (6, 8), mode="bilinear")[:, 0].numpy()
    for own, values in zip(ranks.reshape(2, -1), pixels.reshape(2, -1), strict=True):
        np.testing.assert_allclose(sorted(own), np.linspace(0, 1, 48), atol=1e-6)
        assert (np.diff(values[np.argsort(own)]) >= 0).all()


def test_equal_pixels_are_ranked_by_chance():
    """Each quarter of a blank map gets a quarter of the highest ranks, near enough."""
    ranks = pixel_ranks(torch.zeros(200, 4, 4), (8, 8))
    shares = [(ranks[:, r : r + 4, c : c + 4] > 0.75).mean() for r in (0, 4) for c in (0, 4)]
    np.testing.assert_allclose(shares, 0.25, atol=0.03)


def test_a_blank_map_still_removes_its_share_only(images):
    most, _ = left_by(images, torch.zeros(len(images), GRID, GRID))
    assert most[0].mean() > 0.5, "a tenth of the pixels, scattered: the cell is still bright"
