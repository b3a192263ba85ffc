"""A student of a trained network from elsewhere: what its record says, and what finds that teacher again."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ckdsnn import CkdsnnError, run
from ckdsnn.analysis.explain import explain
from ckdsnn.assemble import build_data, build_network, load_teacher, teacher_record
from ckdsnn.distill.maps import cam
from ckdsnn.models import build_teacher
from ckdsnn.models.pretrained import load_pretrained, weights_digest
from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_arrays
from ckdsnn.studies.subject import Subject
from ckdsnn.training import plan
from ckdsnn.training.module import Classifier
from ckdsnn.training.plan import Run, missing_runs
from tests.networks import lively

STATISTICS = (0.5,) * 3, (0.5,) * 3


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The weights of a ResNet-8 of width 1 for the digits, all of whose stages are active."""
    path = tmp_path_factory.mktemp("elsewhere") / "net.safetensors"
    data = build_data(RECIPES["digits-teacher"], 0)
    torch.manual_seed(0)
    save_file(lively(build_teacher("resnet8", width=1), data.shown("train", 256)[0]).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def recipe(weights):
    teacher = f"model:resnet8+width=1@{weights}"
    return RECIPES["digits-ckdsnn"].replace(name="elsewhere", teacher=teacher, train_images=96, epochs=1)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def learned(recipe, out):
    return run(recipe, out=out, progress=False)


def test_the_record_says_where_its_teacher_is_from_and_how_good_it_is(learned, recipe, out):
    data = build_data(recipe, 0)
    network = load_teacher(learned, out)
    right = 0
    for image, label in zip(data.source.x_test, data.source.y_test, strict=True):
        with torch.no_grad():
            right += int(network(data.normalized(image[None])).logits.argmax() == label)
    assert learned.teacher == {
        "source": recipe.teacher,
        "sha256": weights_digest(network),
        "accuracy": pytest.approx(100 * right / len(data.source.y_test)),
    }
    assert [path.name for path in (out / "runs").glob("*.json")] == [f"{learned.id}.json"], "no teacher was trained"


def test_its_maps_are_those_of_the_network_in_the_file(learned, weights, recipe, out):
    teacher = load_pretrained(f"model:resnet8+width=1@{weights}", 10, recipe.data_spec.inputs, STATISTICS)
    x, y = build_data(recipe, 0).shown("test", 64)
    expected = cam(teacher, x, y)
    assert expected.any()
    torch.testing.assert_close(torch.tensor(load_arrays(learned, out)["cam"]).float(), expected, rtol=2e-3, atol=1e-3)


def test_the_student_has_learned_from_it(learned, recipe, out):
    plain = run(recipe, out=out, progress=False, losses="none", name="plain")
    assert learned.curve[0]["samd"] > 0 and plain.weights["sha256"] != learned.weights["sha256"]


def test_a_picture_is_explained_by_it(learned, out, tmp_path):
    Image.effect_noise((30, 30), 90).convert("RGB").save(tmp_path / "noise.png")
    explained = explain(tmp_path / "noise.png", learned.id, out)
    assert explained.cam.shape == (4, 4) and sum(explained.teacher.values()) == pytest.approx(1, abs=1e-5)


def test_studies_find_it(learned, out):
    subject = Subject(learned, out)
    assert weights_digest(subject.teacher) == learned.teacher["sha256"]
    assert subject.teacher is subject.teacher and not subject.teacher.training
    with pytest.raises(CkdsnnError, match=r"the teacher of record elsewhere.* is model:resnet8.*, which is no record"):
        teacher_record(learned, out)


def test_a_second_run_finds_the_record(learned, recipe, out, monkeypatch):
    monkeypatch.setattr(Classifier, "training_step", lambda *_: pytest.fail("trained again"))
    assert run(recipe, out=out, progress=False) == learned
    assert json.loads((out / "runs" / f"{learned.id}.json").read_text())["teacher"] == learned.teacher


def test_another_source_is_another_recipe(recipe):
    others = [recipe.teacher.replace("net", "other"), "model:resnet8", "timm:resnet18", "digits-teacher"]
    digests = {recipe.replace(teacher=teacher).digest() for teacher in [recipe.teacher, *others]}
    assert len(digests) == 5


def test_a_suite_plans_no_run_for_it(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "teacher_recipe", lambda _: pytest.fail("asked for the recipe of a teacher"))
    assert missing_runs([Run(recipe, 0)], tmp_path, None) == [Run(recipe, 0)]


def test_a_teacher_that_cannot_be_had_leaves_nothing(recipe, tmp_path):
    out = tmp_path / "results"
    for teacher, message in (
        ("model:resnet8@/nowhere/a.pth", "no weights at /nowhere/a.pth"),
        ("modem:resnet8", "unknown kind of teacher 'modem'"),
    ):
        with pytest.raises(CkdsnnError, match=message):
            run(recipe, out=out, progress=False, teacher=teacher)
    assert not list(out.glob("runs/*"))


def test_resuming_equals_running_through(recipe, out, tmp_path, monkeypatch):
    """Even by a teacher without weights of its own: it is the same one each time."""
    longer = recipe.replace(epochs=2, teacher="model:resnet8+width=1")
    through, start = run(longer, out=out, progress=False), Classifier.on_train_epoch_start

    def interrupted(self):
        if self.current_epoch == 1:
            raise KeyboardInterrupt
        start(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="same command continues"):
        patch.setattr(Classifier, "on_train_epoch_start", interrupted)
        run(longer, out=tmp_path, progress=False)
    torch.manual_seed(12345)
    resumed = run(longer, out=tmp_path, progress=False)
    assert resumed.teacher == through.teacher and resumed.weights["sha256"] == through.weights["sha256"]


def test_the_networks_of_a_run_do_not_ask_which_teacher_it_has(recipe):
    other = recipe.replace(teacher="digits-teacher")
    states = [build_network(r, 10, 3).state_dict() for r in (recipe, other)]
    assert all(torch.equal(a, b) for a, b in zip(*(state.values() for state in states), strict=True))
