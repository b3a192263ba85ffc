"""Pictures from files, whatever their kind, as people see them: upright and in 8-bit RGB."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ckdsnn.errors import CkdsnnError

# what Pillow's readers raise, each for its own kind of damage
BROKEN = (OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError)


def read_picture(path: str | Path) -> Image.Image:
    """The picture in this file. Raises CkdsnnError for a file that is missing or no picture."""
    try:
        with Image.open(path) as image:
            return to_rgb(ImageOps.exif_transpose(image))
    except BROKEN as error:
        raise CkdsnnError(f"cannot read {path} as a picture: {error}") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Any picture in 8-bit RGB, on white where it is transparent."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow itself would cut off at 255
        image = Image.fromarray((np.asarray(image) // 256).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGB", "L", "CMYK", "YCbCr") and not image.has_transparency_data:  # four times as fast
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
