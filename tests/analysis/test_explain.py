"""Any picture is read, what is none is refused by name, and an explanation equals a slow recomputation."""

from dataclasses import replace

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
PIXELS = np.random.default_rng(0).integers(0, 256, (30, 44, 3), dtype=np.uint8)
RGB = Image.fromarray(PIXELS)


def square(size):
    """A data set of small pictures."""
    return replace(DATASETS["digits"], inputs=InputSpec(3, size, size))


def written(image, path, **options):
    image.save(path, **options)
    return path


@pytest.mark.parametrize("size", [(3000, 2), (1, 999), (1, 1)])
def test_a_picture_of_any_shape_becomes_a_small_square(size, tmp_path):
    picture = shown_picture(written(RGB.resize(size), tmp_path / "a.png"), square(SIZE))
    assert picture.shape == (SIZE, SIZE, 3) and picture.dtype == np.uint8


def test_a_picture_of_the_right_size_is_not_touched(tmp_path):
    small = RGB.crop((0, 0, SIZE, SIZE))
    np.testing.assert_array_equal(shown_picture(written(small, tmp_path / "a.png"), square(SIZE)), PIXELS[:SIZE, :SIZE])


def test_the_central_square_is_cut_out(tmp_path):
    np.testing.assert_array_equal(shown_picture(written(RGB, tmp_path / "a.png"), square(30)), PIXELS[:, 7:37])


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
    np.testing.assert_array_equal(explained.picture, shown_picture(picture, DATASETS["digits"]))
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
