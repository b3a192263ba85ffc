"""Simulated events against a slow loop over pixels and positions, and what they must be whatever the picture."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckdsnn import CkdsnnError
from ckdsnn.data import simulated
from ckdsnn.data.simulated import AMPLITUDE, OFFSET, SUBSTEPS, THRESHOLD, simulate

PICTURES = arrays(np.uint8, (2, 4, 5, 3))


def pictures(count, size=12, seed=0):
    """Blocks of four pixels in random colours."""
    blocks = np.random.default_rng(seed).integers(0, 256, (count, size // 2, size // 2, 3), dtype=np.uint8)
    return blocks.repeat(2, 1).repeat(2, 2)


def by_time(frames):
    """[N, H, W, T, 2]"""
    return frames.reshape(*frames.shape[:3], -1, 2).astype(int)


def position(share):
    """Along the diamond's sides from its left corner, as (down, right) in whole 64ths of a pixel."""
    corners = [(0, -AMPLITUDE), (AMPLITUDE, 0), (0, AMPLITUDE), (-AMPLITUDE, 0), (0, -AMPLITUDE)]
    side = min(int(share * 4), 3)
    done = share * 4 - side
    return [round(64 * (a + done * (b - a))) / 64 for a, b in zip(corners[side], corners[side + 1], strict=True)]


def brightness(picture, row, column, share):
    """Log brightness at a pixel of the moved picture: bilinear between the four pixels around, the edge continued."""
    down, right = position(share)
    total = 0.0
    for y in range(math.floor(row - down), math.floor(row - down) + 2):
        for x in range(math.floor(column - right), math.floor(column - right) + 2):
            red, green, blue = map(int, picture[np.clip(y, 0, len(picture) - 1), np.clip(x, 0, len(picture[0]) - 1)])
            weight = (1 - abs(row - down - y)) * (1 - abs(column - right - x))
            total += weight * (299 * red + 587 * green + 114 * blue)
    return math.log(total / 1000 + OFFSET)


@settings(max_examples=20)
@given(PICTURES, st.sampled_from([1, 3, 4, 5, 10]))
def test_frames_equal_a_slow_loop(images, timesteps):
    expected = np.zeros((*images.shape[:3], timesteps, 2), int)
    steps = timesteps * math.ceil(SUBSTEPS / timesteps)
    for index, row, column in np.ndindex(images.shape[:3]):
        start, events = brightness(images[index], row, column, 0), 0
        for step in range(1, steps + 1):
            change = brightness(images[index], row, column, step / steps) - start
            while abs(change - events * THRESHOLD) >= THRESHOLD - 1e-12:
                brighter = change > events * THRESHOLD
                events += 1 if brighter else -1
                expected[index, row, column, math.ceil(step * timesteps / steps) - 1, int(brighter)] += 1
    np.testing.assert_array_equal(by_time(simulate(images, timesteps)), expected)


@given(PICTURES, st.integers(1, 12))
def test_on_a_closed_path_a_pixel_becomes_as_much_darker_as_brighter(images, timesteps):
    darker, brighter = np.moveaxis(by_time(simulate(images, timesteps)).sum(3), -1, 0)
    np.testing.assert_array_equal(darker, brighter)


def test_half_way_the_events_tell_the_change_up_to_one_threshold():
    images = pictures(5)
    events = by_time(simulate(images))[..., :2, :].sum(3)
    luminance = np.pad(images @ np.array([0.299, 0.587, 0.114]), ((0, 0), (0, 0), (2, 2)), "edge")
    change = np.log(luminance[:, :, :-4] + OFFSET) - np.log(luminance[:, :, 4:] + OFFSET)  # from the left to the right
    assert np.abs(THRESHOLD * (events[..., 1] - events[..., 0]) - change).max() < THRESHOLD
    assert np.abs(change).max() > 5 * THRESHOLD


@given(st.lists(st.integers(0, 255), min_size=3, max_size=3), st.integers(1, 9))
def test_a_picture_of_one_colour_has_no_events(colour, timesteps):
    assert not simulate(np.full((1, 6, 5, 3), colour, np.uint8), timesteps).any()


def test_a_bright_left_half_brightens_on_the_way_right_and_darkens_on_the_way_back():
    images = np.zeros((1, 8, 8, 3), np.uint8)
    images[:, :, :4] = 200
    events = by_time(simulate(images)).sum((0, 1, 2))
    assert (events[:2, 0] == 0).all() and (events[2:, 1] == 0).all()
    assert (events[:2, 1] > 0).all() and (events[2:, 0] > 0).all()


def test_contrast_counts_not_brightness(monkeypatch):
    images = pictures(6) // 4 + 30
    offset = simulate(images).sum(dtype=int), simulate(2 * images).sum(dtype=int)
    assert offset[0] < offset[1] < 1.5 * offset[0]
    monkeypatch.setattr(simulated, "OFFSET", 0)
    np.testing.assert_array_equal(simulate(images), simulate(2 * images))


def test_events_move_with_the_picture():
    images = np.full((3, 20, 20, 3), 90, np.uint8)
    images[:, 4:10, 5:11] = pictures(3, 6)
    moved = np.roll(images, (5, 3), (1, 2))
    np.testing.assert_array_equal(simulate(moved), np.roll(simulate(images), (5, 3), (1, 2)))


def test_a_mirrored_picture_on_the_mirrored_path_has_mirrored_events(monkeypatch):
    images, path = pictures(4), simulated.path
    expected = simulate(images)[:, ::-1, ::-1]
    monkeypatch.setattr(simulated, "path", lambda share: tuple(-shift for shift in path(share)))
    np.testing.assert_array_equal(simulate(images[:, ::-1, ::-1]), expected)


def test_the_path_is_closed_and_has_four_sides():
    assert simulated.path(0) == simulated.path(1) == (0, -AMPLITUDE)
    assert [simulated.path(share) for share in (0.25, 0.5, 0.75)] == [(AMPLITUDE, 0), (0, AMPLITUDE), (-AMPLITUDE, 0)]
    assert all(list(simulated.path(share)) == position(share) for share in np.linspace(0, 1, 61))


def test_pictures_do_not_depend_on_those_beside_them():
    images = pictures(simulated.CHUNK * 2 + 3)
    one_by_one = np.concatenate([simulate(images[i : i + 1]) for i in range(len(images))])
    np.testing.assert_array_equal(simulate(images), one_by_one)
    assert simulate(images[:0]).shape == (0, 12, 12, 8)


def test_counts_fit_a_byte():
    assert SUBSTEPS * math.log((255 + OFFSET) / OFFSET) / THRESHOLD < 256


def test_events_are_the_same_on_every_machine():
    numbers = np.arange(40 * 32 * 32 * 3, dtype=np.uint64) ** 2 // 977 * 2654435761 >> np.uint64(11)
    frames = simulate(numbers.astype(np.uint8).reshape(40, 32, 32, 3))
    assert (
        hashlib.sha256(frames.tobytes()).hexdigest()
        == "6f697ba46023a60e4770709b5b82cb6c4aabfaf3816b24d69df1e766c151d2c4"
    )


@pytest.mark.parametrize(
    ("images", "timesteps", "message"),
    [
        (np.zeros((2, 4, 4, 3)), 4, r"pictures of float64 \[2, 4, 4, 3\]; expected uint8 \[N, H, W, 3\]"),
        (np.zeros((2, 3, 4, 4), np.uint8), 4, r"pictures of uint8 \[2, 3, 4, 4\]"),
        (np.zeros((4, 4, 3), np.uint8), 4, r"pictures of uint8 \[4, 4, 3\]"),
        (np.zeros((2, 0, 4, 3), np.uint8), 4, r"pictures of uint8 \[2, 0, 4, 3\]"),
        (np.zeros((2, 4, 4, 3), np.uint8), 0, "timesteps = 0; expected an integer of at least 1"),
    ],
)
def test_what_is_no_picture_is_named(images, timesteps, message):
    with pytest.raises(CkdsnnError, match=message):
        simulate(images, timesteps)
