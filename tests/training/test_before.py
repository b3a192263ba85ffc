"""Mistakes come before the work: no teacher is trained for an impossible student, no record passes for another."""

from collections import OrderedDict

import numpy as np
import pytest
from PIL import Image
from torch import nn

from ckdsnn import CkdsnnError, run
from ckdsnn.models import STUDENTS, ModelSpec, Spiking, Tapped
from ckdsnn.recipe import RECIPES, Recipe

TINY = {"train_images": 64, "epochs": 1}


def shaped(logits):
    """A student of one stage and so many logits, whatever the classes are."""

    def build(num_classes, inputs, timesteps):
        stage = nn.Sequential(nn.Flatten(0, 1), nn.Conv2d(3, 4, 1), nn.Unflatten(0, (timesteps, -1)))
        pool = nn.Sequential(nn.Flatten(3), nn.AdaptiveAvgPool2d((4, 1)), nn.Flatten(2))
        parts = OrderedDict(stage=stage, pool=pool, head=nn.Linear(4, logits))
        return Spiking(Tapped(nn.Sequential(parts), ("stage",), "head"), timesteps)

    return build


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 5000}, "batch_size 5000 exceeds the 64 images"),
        ({"batch_size": 31, "devices": 2}, "batch_size = 31 cannot be shared out among 2"),
        ({"train_images": 9999}, "train_images = 9999"),
    ],
)
def test_a_student_that_cannot_be_trained_costs_no_teacher(changes, message, student, tmp_path):
    with pytest.raises(CkdsnnError, match=message):
        run(student, out=tmp_path, progress=False, accelerator="cpu", **{"train_images": 64} | changes)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("logits", "stages", "message"),
    [(7, 1, r"gives logits \[1, 7\] for one example: expected \[1, 10\]"), (10, 2, "has 1 stages; its row .* says 2")],
)
def test_a_network_of_the_wrong_shape_is_named(logits, stages, message, tmp_path, monkeypatch):
    monkeypatch.setitem(STUDENTS, "wrong", ModelSpec(shaped(logits), stages))
    recipe = Recipe("wrong", tier="smoke", dataset="digits", model="wrong", losses="none", **TINY)
    with pytest.raises(CkdsnnError, match=message):
        run(recipe, out=tmp_path, progress=False)


def test_a_network_that_returns_only_logits_is_named(tmp_path, monkeypatch):
    def build(num_classes, inputs, timesteps):
        return nn.Sequential(nn.Flatten(), nn.Linear(3 * inputs.height * inputs.width, num_classes))

    monkeypatch.setitem(STUDENTS, "plain", ModelSpec(build, 1))
    recipe = Recipe("plain", tier="smoke", dataset="digits", model="plain", losses="none", **TINY)
    with pytest.raises(CkdsnnError, match="Sequential returns a Tensor: expected Features; Tapped makes them"):
        run(recipe, out=tmp_path, progress=False)


def test_a_record_of_another_teacher_is_not_passed_off(student, record, results, monkeypatch):
    assert run(student, out=results, progress=False).id == record.id
    monkeypatch.setitem(RECIPES, "tiny-teacher", RECIPES["tiny-teacher"].replace(epochs=3))
    with pytest.raises(CkdsnnError, match="tiny-teacher is another recipe now"):
        run(student, out=results, progress=False)


def test_a_folder_that_has_changed_is_another_run(tmp_path, monkeypatch):
    def add(name, count):
        (tmp_path / "pictures" / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            noise = np.random.default_rng([index, len(name)]).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / "pictures" / name / f"{index}.png")

    add("ant", 10)
    add("bumblebee", 10)
    shared = {"tier": "smoke", "dataset": f"folder:{tmp_path}/pictures", "image_size": 16, "width": 1, "batch_size": 4}
    shared |= {"model": "resnet8", "epochs": 1}
    monkeypatch.setitem(RECIPES, "t", Recipe("t", role="teacher", losses="none", **shared))
    student = Recipe("s", timesteps=1, teacher="t", losses="kd", **shared)
    first = run(student, out=tmp_path / "out", progress=False, workers=0)
    assert run(student, out=tmp_path / "out", progress=False).id == first.id
    add("ant", 12)
    with pytest.raises(CkdsnnError, match="is of other pictures than folder:"):
        run(student, out=tmp_path / "out", progress=False)
    with pytest.raises(CkdsnnError, match=r"teacher t-s0-.* was trained on other data"):
        run(student, seed=1, out=tmp_path / "out", progress=False, workers=0)
