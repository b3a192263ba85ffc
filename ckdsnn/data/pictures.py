"""Pictures from files, whatever their kind, as people see them: upright and in 8-bit RGB."""

import warnings
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ckdsnn.errors import CkdsnnError

MOST_PIXELS = 50_000_000
"""Of a picture: a camera's has up to 50 million, which Pillow needs some 600 MB to turn and to lay on white."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "PPM", "JPEG2000", "AVIF")
"""Those that are read. Pillow knows 30 more, hardly used; for one of them, EPS, it even starts another program."""
TILE_SIDES = 322, 323
"""Numbers of TIFF's fields for the width and the height of a tile, each of which is unpacked at once."""


def read_picture(path: str | Path) -> Image.Image:
    """The picture in this file, of an animation the first. Raises CkdsnnError for a file that is missing or no picture,
    and for one of more than MOST_PIXELS pixels, before these are unpacked.
    """
    try:
        if not Path(path).is_file():
            raise ValueError("there is no regular file")
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=known_formats()) as image:
            check_size(image)
            return to_rgb(ImageOps.exif_transpose(image))
    except Exception as error:  # each of Pillow's readers has its own errors for each kind of damage
        raise CkdsnnError(f"cannot read {path} as a picture: {error}") from error


@cache
def known_formats() -> list[str]:
    """FORMATS without those that this Pillow was built without."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def check_size(image: Image.Image) -> None:
    """Raise ValueError for a picture, or a tile of a TIFF file, that is too large."""
    fields = getattr(image, "tag_v2", {})
    for noun, (width, height) in {"picture": image.size, "tile": [fields.get(side, 1) for side in TILE_SIDES]}.items():
        if width * height > MOST_PIXELS:
            raise ValueError(f"a {noun} of {width} x {height} pixels; at most {MOST_PIXELS:,} are read")


def to_rgb(image: Image.Image) -> Image.Image:
    """Any picture in 8-bit RGB, on white where it is transparent."""
    if image.mode == "F":
        image = Image.fromarray(grey_of(np.asarray(image)))
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow itself would cut off at 255
        image = Image.fromarray((np.asarray(image) // 256).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGB", "L", "CMYK", "YCbCr") and not image.has_transparency_data:  # four times as fast
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def grey_of(values: np.ndarray) -> np.ndarray:
    """Grey levels, uint8, of float32: 0 to 1, or to 255, as such; of other numbers from the least to the largest.

    What is no number is black.
    """
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    low, high = (
        float(end(values, where=finite, initial=start)) for end, start in ((np.min, np.inf), (np.max, -np.inf))
    )
    if low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    step = 255 / ((high - low) or 1.0)  # multiplied: the spread itself may be beyond float32
    return (np.where(finite, values, low) * step - low * step).round().astype(np.uint8)
