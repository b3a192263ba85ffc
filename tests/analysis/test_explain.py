"""Any picture is read, what is none is refused by name, and an explanation equals a slow recomputation."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ckdsnn.analysis.explain import explain, shown_picture
from ckdsnn.assemble import load_network
from ckdsnn.data import DATASETS
from ckdsnn.errors import CkdsnnError
from ckdsnn.inputs import InputSpec
from ckdsnn.records import load_record
from ckdsnn.training import run

SIZE = 8
SQUARE = InputSpec(3, SIZE, SIZE)
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


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("rgb.png", RGB),
        ("grey.png", RGB.convert("L")),
        ("bits.png", RGB.convert("1")),
        ("alpha.png", RGB.convert("RGBA")),
        ("palette.png", palette_with_alpha()),
        ("palette.gif", RGB.quantize(16)),
        ("print.jpg", RGB.convert("CMYK")),
        ("dot.png", RGB.crop((0, 0, 1, 1))),
        ("wide.png", RGB.resize((3000, 2))),
        ("high.png", RGB.resize((1, 999))),
    ],
)
def test_every_kind_of_picture_becomes_a_small_square(name, image, tmp_path):
    picture = shown_picture(written(image, tmp_path / name), SQUARE)
    assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8


def test_a_picture_of_the_right_size_is_not_touched(tmp_path):
    square = RGB.crop((0, 0, SIZE, SIZE))
    np.testing.assert_array_equal(shown_picture(written(square, tmp_path / "a.png"), SQUARE), PIXELS[:SIZE, :SIZE])


def test_the_central_square_is_cut_out(tmp_path):
    np.testing.assert_array_equal(
        shown_picture(written(RGB, tmp_path / "a.png"), InputSpec(3, 30, 30)), PIXELS[:, 7:37]
    )


def test_what_is_transparent_is_white(tmp_path):
    half = RGB.crop((0, 0, SIZE, SIZE)).convert("RGBA")
    half.putalpha(Image.fromarray(np.repeat([[0, 255]], 4, axis=1).repeat(SIZE, axis=0).astype(np.uint8)))
    picture = shown_picture(written(half, tmp_path / "half.png"), SQUARE)
    assert (picture[:, :4] == 255).all()
    np.testing.assert_array_equal(picture[:, 4:], PIXELS[:SIZE, 4:SIZE])


TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 6: "ROTATE_90", 8: "ROTATE_270"}


@pytest.mark.parametrize("orientation", TURNS)
def test_a_turned_photograph_equals_its_upright_twin(orientation, tmp_path):
    """Exif 2.32: 6, for one, asks to turn the stored picture clockwise, so it had been turned the other way."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = RGB.transpose(Image.Transpose[TURNS[orientation]])
    turned = shown_picture(written(stored, tmp_path / "turned.png", exif=exif), SQUARE)
    np.testing.assert_array_equal(turned, shown_picture(written(RGB, tmp_path / "upright.png"), SQUARE))


def test_sixteen_bit_grey_keeps_its_shades(tmp_path):
    shades = np.arange(64).reshape(SIZE, SIZE)
    deep = written(Image.fromarray((shades * 1024).astype(np.uint16)), tmp_path / "deep.png")
    np.testing.assert_array_equal(shown_picture(deep, SQUARE)[:, :, 1], shades * 4)


def content(kind):
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    RGB.save(buffer, kind)
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
        shown_picture(path, SQUARE)


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
    for path in (tmp_path / "nothing.png", tmp_path):
        with pytest.raises(CkdsnnError, match=f"cannot read {path} as a picture"):
            shown_picture(path, SQUARE)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    return written(RGB, tmp_path_factory.mktemp("pictures") / "cat.png")


@pytest.fixture(scope="module")
def explained(picture, record, results):
    return explain(picture, record.id, results)


def answer_of(record, results, picture):
    """The network of a record and its answer to the picture, normalised by hand."""
    network, spec = load_network(record, results), DATASETS["digits"]
    scaled = (picture / 255.0 - np.array(spec.mean)) / np.array(spec.std)
    with torch.no_grad():
        return network, network(torch.tensor(scaled, dtype=torch.float32).permute(2, 0, 1)[None])


def test_cam_is_that_of_the_teachers_own_prediction(explained, record, results):
    teacher, (logits, stages) = answer_of(load_record(record.teacher["record"], results), results, explained.picture)
    best = logits[0].argmax().item()
    slow = sum(w * channel for w, channel in zip(teacher.head_weight[best], stages[-1][0], strict=True)).clamp(min=0)
    np.testing.assert_allclose(explained.cam, slow.detach().numpy(), rtol=1e-4, atol=1e-5)
    assert next(iter(explained.teacher)) == DATASETS["digits"].classes[best]


def test_sam_counts_the_students_spikes(explained, record, results):
    _, (_, stages) = answer_of(record, results, explained.picture)
    steps = stages[-1][:, 0]  # [T, C, H, W]
    slow = sum(steps[t, c] for t in range(steps.shape[0]) for c in range(steps.shape[1]))
    np.testing.assert_array_equal(explained.sam, slow.numpy())
    assert (explained.sam == explained.sam.round()).all()


@pytest.mark.parametrize("who", ["teacher", "student"])
def test_probabilities_are_sorted_and_sum_to_one(explained, record, results, who):
    probabilities = getattr(explained, who)
    source = record if who == "student" else load_record(record.teacher["record"], results)
    logits = answer_of(source, results, explained.picture)[1].logits[0].double().numpy()
    slow = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert probabilities == pytest.approx(dict(zip(DATASETS["digits"].classes, slow, strict=True)), abs=1e-6)
    assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_the_picture_is_as_the_networks_see_it(explained, picture, record):
    np.testing.assert_array_equal(explained.picture, shown_picture(picture, DATASETS["digits"].inputs))
    assert explained.record == record.id


@pytest.fixture(scope="module")
def plain(student, tmp_path_factory):
    """A folder with one student that learned without a teacher, and its record."""
    out = tmp_path_factory.mktemp("plain")
    return out, run(student, out=out, progress=False, name="tiny-snn", losses="none", epochs=1)


def test_a_student_without_distillation_is_explained_beside_its_recipes_teacher(plain, picture, explained):
    out, record = plain
    message = rf"{record.id} has no teacher on record; run `ckdsnn train tiny-teacher --seed 0 --out {out}` first"
    with pytest.raises(CkdsnnError, match=message):
        explain(picture, record.id, out)
    run("tiny-teacher", out=out, progress=False)
    again = explain(picture, record.id, out)
    assert again.teacher == pytest.approx(explained.teacher), "the same teacher, trained again"
    assert again.record == record.id


def test_a_student_whose_recipe_names_no_teacher_is_refused(student, picture, tmp_path):
    record = run(student, out=tmp_path, progress=False, name="alone", losses="none", teacher="", epochs=1)
    with pytest.raises(CkdsnnError, match="unknown teacher recipe for digits ''; choose one of: digits-teacher"):
        explain(picture, record.id, tmp_path)


def test_a_teachers_record_and_an_unknown_one_are_refused(picture, record, results):
    with pytest.raises(CkdsnnError, match="is a teacher's; choose a student's"):
        explain(picture, record.teacher["record"], results)
    with pytest.raises(CkdsnnError, match=f"unknown record 'nothing'.*{record.id}"):
        explain(picture, "nothing", results)
