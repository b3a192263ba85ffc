"""A training on pictures of one's own: from a folder to a record, and what can be done with that afterwards."""

from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image

from ckdsnn import run
from ckdsnn.analysis.evaluate import evaluate
from ckdsnn.analysis.explain import explain
from ckdsnn.assemble import load_network
from ckdsnn.data import load_dataset
from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_arrays, load_record
from ckdsnn.training.module import Classifier

CLASSES = ("blue", "green", "red")
SIZE = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Noise of three colours, eight pictures of each to train on and four to test on."""
    folder, rng = tmp_path_factory.mktemp("own") / "colours", np.random.default_rng(0)
    for part, count in (("train", 8), ("val", 4)):
        for label, name in enumerate(CLASSES):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 128, (20 + number, 24, 3), dtype=np.uint8)
                pixels[:, :, 2 - label] += 100
                Image.fromarray(pixels).save(folder / part / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def recipes(folder):
    """A student and its teacher, which becomes known by name, of width 1."""
    own = {"dataset": f"folder:{folder}", "image_size": SIZE, "batch_size": 6, "epochs": 1}
    teacher = RECIPES["digits-teacher"].replace(name="own-teacher", **own)
    RECIPES["own-teacher"] = teacher
    yield RECIPES["digits-ckdsnn"].replace(name="own-ckdsnn", timesteps=1, teacher="own-teacher", **own)
    del RECIPES["own-teacher"]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def learned(recipes, out):
    """The student's record."""
    return run(recipes, out=out, progress=False, workers=0)


def test_the_record_names_classes_and_manifest(learned, recipes, folder):
    source = load_dataset(f"folder:{folder}", size=SIZE)
    assert learned.data == {"name": f"folder:{folder}", "digest": source.digest, "classes": list(CLASSES)}
    assert learned.recipe == asdict(recipes) and learned.final["last_accuracy"]["test_images"] == 12


def test_the_gallery_shows_the_first_test_pictures(learned, out, folder):
    source, arrays = load_dataset(f"folder:{folder}", size=SIZE), load_arrays(learned, out)
    x, y = next(iter(source.chunks("test", torch.arange(12), 12)))
    np.testing.assert_array_equal(arrays["images"], x.permute(0, 2, 3, 1))
    np.testing.assert_array_equal(arrays["labels"], y)
    assert arrays["sam"].shape == arrays["cam"].shape == (12, 4, 4)


def test_evaluating_again_gives_the_recorded_accuracy(learned, out):
    assert evaluate(learned.id, out) == learned.final["last_accuracy"]


def test_a_picture_is_explained_in_the_folders_classes(learned, out, folder):
    explained = explain(folder / "val" / "red" / "0.png", learned.id, out)
    assert sorted(explained.teacher) == sorted(explained.student) == list(CLASSES)
    assert explained.picture.shape == (SIZE, SIZE, 3) and explained.record == learned.id


def test_a_second_run_finds_the_record(learned, recipes, out, monkeypatch):
    monkeypatch.setattr(Classifier, "training_step", lambda *_: pytest.fail("trained again"))
    assert run(recipes, out=out, progress=False) == learned


def test_the_network_needs_no_folder(learned, out, folder):
    gone = folder.rename(folder.with_name("gone"))
    try:
        network = load_network(load_record(learned.id, out), out)
    finally:
        gone.rename(folder)
    assert network(torch.zeros(1, 3, SIZE, SIZE)).logits.shape == (1, 3)


def test_two_workers_and_an_interruption_change_nothing(recipes, out, tmp_path, monkeypatch):
    longer, start = recipes.replace(epochs=2), Classifier.on_train_epoch_start
    through = run(longer, out=out, progress=False, workers=0)

    def interrupted(self):
        if self.current_epoch == 1:
            raise KeyboardInterrupt
        start(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="same command continues"):
        patch.setattr(Classifier, "on_train_epoch_start", interrupted)
        run(longer, out=tmp_path, progress=False, workers=2, results=out)
    resumed = run(longer, out=tmp_path, progress=False, workers=2, results=out)
    assert resumed.weights["sha256"] == through.weights["sha256"] and resumed.final == through.final
    assert resumed.teacher == through.teacher
    assert [point["ce"] for point in resumed.curve] == [point["ce"] for point in through.curve]
