"""Events that a camera would see of a still picture which moves before it: a simulation, without a random number.

The picture moves once along a closed path of four straight sides, a diamond, so that edges of nearly every direction
move on every side. CIFAR10-DVS was recorded of such movement (Li et al. 2017). A pixel has an event for every
`THRESHOLD` by which the logarithm of its brightness has changed since its last one (Lichtsteiner et al. 2008;
simulators: Rebecq et al. 2018, Hu et al. 2021). Left out: noise, unequal pixels, and a pixel's rest after an event.
"""

import numpy as np

from ckdsnn.errors import CkdsnnError, check_count

AMPLITUDE = 2
"""Pixels from the middle of the path to each corner, a 16th of CIFAR's width: outlines stay narrower than objects."""
SUBSTEPS = 16
"""Positions on the path, at least: half a pixel apart, between which hardly a pixel turns brighter and darker again."""
THRESHOLD = 0.2
"""Change of log brightness for an event, 22 %. Of CIFAR-10's first 1,000 pictures, 27 % of all values are then above 0,
outlines of both polarities; at 0.1 it is 39 %, weak texture everywhere; at 0.3, 19 %, fainter outlines have gaps."""
OFFSET = 20
"""Added to the brightness, 0 to 255, before the logarithm: else a grey level of noise in the dark were many events."""
LUMINANCE = (299, 587, 114)
"""Of red, green and blue in thousandths (ITU-R BT.601)"""
GRID = 64
"""Parts of a pixel to which positions are rounded, so that all arithmetic before the logarithm is exact."""
CHUNK = 32
"""Pictures at once: their arrays stay in a core's cache."""


def simulate(images: np.ndarray, timesteps: int = 4) -> np.ndarray:
    """Frames, uint8 [N, H, W, T*2], of pictures, uint8 [N, H, W, 3].

    Each frame counts the events of an equal share of the path; of T = 4, of one side. The planes lie as those of
    `events.frames_of`: time first, and at each time darker, then brighter.
    Raises CkdsnnError for another array than pictures, and for less than one time step.
    """
    timesteps = check_count("timesteps", timesteps)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or not all(images.shape[1:]):
        raise CkdsnnError(f"pictures of {images.dtype} {list(images.shape)}; expected uint8 [N, H, W, 3]")
    frames = np.empty((*images.shape[:3], timesteps * 2), np.uint8)
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        frames[part] = _simulate(images[part], timesteps)
    return frames


def path(share: float) -> tuple[float, float]:
    """The picture's shift down and to the right, in pixels, after this share (0 to 1) of the path."""
    quarters = np.arange(5) / 4
    down = np.interp(share, quarters, [0, AMPLITUDE, 0, -AMPLITUDE, 0])
    right = np.interp(share, quarters, [-AMPLITUDE, 0, AMPLITUDE, 0, -AMPLITUDE])
    return round(down * GRID) / GRID, round(right * GRID) / GRID


def _simulate(images: np.ndarray, timesteps: int) -> np.ndarray:
    """`simulate` of one chunk. In float64: float32's rounding, another on other machines, would move events."""
    luminance = np.moveaxis(images @ np.array(LUMINANCE, np.float64), 0, -1)  # [H, W, N]: inner loops run over N
    margin = AMPLITUDE + 1  # the path, and the neighbour that a part of a pixel needs
    wide = np.pad(luminance, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    frames = np.zeros((timesteps, 2, *luminance.shape), np.uint8)
    per_frame = -(-SUBSTEPS // timesteps)
    before = _seen(wide, 0.0)
    level = np.zeros_like(luminance)  # brighter minus darker events so far: whole, so a pixel returns to 0 exactly
    for step in range(1, timesteps * per_frame + 1):
        crossed = np.trunc(_seen(wide, step / (timesteps * per_frame)) - before - level)
        level += crossed
        darker, brighter = frames[(step - 1) // per_frame]
        darker += np.maximum(-crossed, 0).astype(np.uint8)
        brighter += np.maximum(crossed, 0).astype(np.uint8)
    return frames.transpose(4, 2, 3, 0, 1).reshape(*images.shape[:3], -1)


def _seen(wide: np.ndarray, share: float) -> np.ndarray:
    """Log brightness in thresholds, [H, W, N], of the shifted picture, which `wide` holds with its margin."""
    height, width = (length - 2 * (AMPLITUDE + 1) for length in wide.shape[:2])
    (top, down), (left, right) = (divmod(AMPLITUDE + 1 - shift, 1) for shift in path(share))
    rows = wide[int(top) : int(top) + height + 1]
    rows = rows[:-1] + down * (rows[1:] - rows[:-1])
    columns = rows[:, int(left) : int(left) + width + 1]
    columns = columns[:, :-1] + right * (columns[:, 1:] - columns[:, :-1])
    return np.log(columns + OFFSET * sum(LUMINANCE)) / THRESHOLD
