"""Any picture file becomes upright 8-bit RGB, and what is none is refused by name."""

import io
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from ckdsnn.data.pictures import read_picture
from ckdsnn.errors import CkdsnnError

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 44, 3), dtype=np.uint8)
RGB = Image.fromarray(PIXELS)


def palette_with_alpha():
    """A palette picture with a different transparency for every colour, as web graphics have."""
    image = RGB.quantize(16)
    image.info["transparency"] = bytes(range(0, 256, 16))
    return image


def written(image, path, **options):
    image.save(path, **options)
    return path


KINDS = {
    "rgb.png": RGB,
    "grey.png": RGB.convert("L"),
    "bits.png": RGB.convert("1"),
    "alpha.png": RGB.convert("RGBA"),
    "grey-alpha.png": RGB.convert("LA"),
    "palette.png": palette_with_alpha(),
    "palette.gif": RGB.quantize(16),
    "print.jpg": RGB.convert("CMYK"),
    "lossless.tif": RGB,
    "dot.png": RGB.crop((0, 0, 1, 1)),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_becomes_rgb_of_its_size(name, tmp_path):
    picture = read_picture(written(KINDS[name], tmp_path / name))
    assert picture.mode == "RGB" and picture.size == KINDS[name].size


def test_eight_bit_pixels_are_not_touched(tmp_path):
    np.testing.assert_array_equal(read_picture(written(RGB, tmp_path / "a.png")), PIXELS)
    grey = read_picture(written(Image.fromarray(PIXELS[:, :, 0]), tmp_path / "grey.png"))
    np.testing.assert_array_equal(grey, np.repeat(PIXELS[:, :, :1], 3, 2))


def test_a_palette_gives_its_colours(tmp_path):
    image = RGB.quantize(16)
    colours = np.array(image.getpalette()).reshape(-1, 3)
    np.testing.assert_array_equal(read_picture(written(image, tmp_path / "a.gif")), colours[np.asarray(image)])


def test_what_is_transparent_is_white(tmp_path):
    half = RGB.convert("RGBA")
    half.putalpha(Image.fromarray(np.repeat([[0, 255]], 22, axis=1).repeat(30, axis=0).astype(np.uint8)))
    picture = np.asarray(read_picture(written(half, tmp_path / "half.png")))
    assert (picture[:, :22] == 255).all()
    np.testing.assert_array_equal(picture[:, 22:], PIXELS[:, 22:])


@pytest.mark.parametrize("planes", [3, 1])
def test_a_colour_that_stands_for_transparent_is_white(planes, tmp_path):
    """PNG's chunk tRNS names one colour of a picture without alpha."""
    pixels = PIXELS[:, :, :planes].squeeze().copy()
    pixels[:, :5] = 7
    colour = (7, 7, 7) if planes == 3 else 7
    picture = read_picture(written(Image.fromarray(pixels), tmp_path / "keyed.png", transparency=colour))
    seen, shown = np.asarray(picture), np.broadcast_to(pixels.reshape(30, 44, planes), (30, 44, 3))
    keyed = (shown == 7).all(-1)
    assert keyed[:, :5].all() and (seen[keyed] == 255).all()
    np.testing.assert_array_equal(seen[~keyed], shown[~keyed])


TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 6: "ROTATE_90", 8: "ROTATE_270"}


@pytest.mark.parametrize("orientation", TURNS)
def test_a_turned_photograph_equals_its_upright_twin(orientation, tmp_path):
    """Exif 2.32: 6, for one, asks to turn the stored picture clockwise, so it had been turned the other way."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = RGB.transpose(Image.Transpose[TURNS[orientation]])
    np.testing.assert_array_equal(read_picture(written(stored, tmp_path / "turned.png", exif=exif)), PIXELS)


def test_sixteen_bit_grey_keeps_its_shades(tmp_path):
    shades = np.arange(64).reshape(8, 8)
    deep = written(Image.fromarray((shades * 1024).astype(np.uint16)), tmp_path / "deep.png")
    np.testing.assert_array_equal(read_picture(deep), np.repeat(shades[:, :, None] * 4, 3, 2))


def real(values):
    return Image.fromarray(np.array([values], np.float32))


REAL = {  # real numbers -> the grey levels that people expect
    (0.0, 0.5, 1.0): (0, 128, 255),
    (0.0, 100.0, 255.0): (0, 100, 255),
    (-1.0, 0.0, 3.0): (0, 64, 255),
    (0.0, float("nan"), 1.0): (0, 0, 255),
    (-3e38, 0.0, 3e38): (0, 128, 255),
    (7e4, 7e4, 7e4): (0, 0, 0),
    (float("nan"),) * 3: (0, 0, 0),
}


@pytest.mark.parametrize("values", REAL)
def test_real_numbers_become_grey_levels(values, tmp_path):
    picture = read_picture(written(real(values), tmp_path / "real.tif"))
    assert np.asarray(picture)[0].tolist() == [[level] * 3 for level in REAL[values]]


def tiff(side, tile):
    """A TIFF file of one square grey tile: (number, type, count, value) of each of its fields, by TIFF 6.0."""
    fields = [
        (256, side),
        (257, side),
        (258, 8),
        (259, 1),
        (262, 1),
        (277, 1),
        (322, tile),
        (323, tile),
        (324, 8),
        (325, 9),
    ]
    entries = b"".join(struct.pack("<HHII", number, 4, 1, value) for number, value in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4)


def test_pixels_are_bounded_before_they_are_unpacked(tmp_path, monkeypatch):
    path = written(Image.new("L", (9000, 9000)), tmp_path / "large.png")
    assert path.stat().st_size < 200_000
    with monkeypatch.context() as patch:
        patch.setattr(PngImageFile, "load", None)
        with pytest.raises(CkdsnnError, match="a picture of 9000 x 9000 pixels; at most 50,000,000"):
            read_picture(path)
    (tmp_path / "tile.tif").write_bytes(tiff(side=30, tile=60_000))
    with pytest.raises(CkdsnnError, match="a tile of 60000 x 60000 pixels"):
        read_picture(tmp_path / "tile.tif")


def test_a_pipe_is_not_waited_for_and_no_other_program_started(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", written(RGB, tmp_path / "print.eps")):
        with pytest.raises(CkdsnnError, match=f"cannot read {path} as a picture"):
            read_picture(path)


def content(kind, image=RGB, **options):
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_a_broken_chunk(png):
    """The PNG with a pixel chunk that says to be shorter than it is: what follows is read as a chunk's name."""
    at = png.index(b"IDAT")
    return png[: at - 4] + (100).to_bytes(4) + png[at:]


BROKEN = {
    "text.png": b"no picture",
    "empty.png": b"",
    "half.jpg": content("JPEG")[:900],
    "half.png": content("PNG")[:900],
    "chunk.png": with_a_broken_chunk(content("PNG")),  # Pillow: SyntaxError
    "header.ppm": b"P6 x 4 255\n" + bytes(48),  # Pillow: ValueError
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_picture_is_refused_by_name(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(CkdsnnError, match=f"cannot read {path} as a picture"):
        read_picture(path)


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
    for path in (tmp_path / "nothing.png", tmp_path):
        with pytest.raises(CkdsnnError, match=f"cannot read {path} as a picture"):
            read_picture(path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of what it reads all the same
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
@given(
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1),
    share=st.floats(0, 1),
)
def test_a_damaged_file_is_read_or_refused_but_nothing_else_happens(kind, damage, share, tmp_path_factory):
    data = bytearray(content(kind, RGB.quantize(16) if kind == "GIF" else RGB))
    for place, value in damage:
        data[int(place * len(data))] = value
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind.lower()}"
    path.write_bytes(data[: round(share * len(data))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # damage to a size would fill the memory
        try:
            assert read_picture(path).mode == "RGB"
        except CkdsnnError as error:
            assert str(path) in str(error)
