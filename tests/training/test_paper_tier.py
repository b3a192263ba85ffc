"""Two steps of the recipes of the paper's tier at full size, one example each, on a CPU.

By default a teacher and a CKDSNN student of each setting, once where several compute the same step, in ten seconds;
with CKDSNN_EVERY_RECIPE=1 all of them, in a quarter of an hour. Trained teachers from elsewhere are replaced by fresh
networks of the same kind.
"""

import os
from dataclasses import asdict

import pytest
import torch

from ckdsnn import assemble
from ckdsnn.analysis.speed import recipe_step
from ckdsnn.models import build_teacher
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.named import IMAGENET_TEACHER, SETTINGS

PAPER = [name for name, recipe in RECIPES.items() if recipe.tier == "paper"]
# what `recipe_step` never asks for; of the data set it asks for the form of what is shown and the number of classes
UNSEEN = ("name", "epochs", "lr", "streams", "validation_images", "dataset")


def step_of(name):
    """What two recipes share that compute the same step, but for the number of classes: all but these fields, of their
    teachers, too."""
    fields = {field: value for field, value in asdict(RECIPES[name]).items() if field not in UNSEEN}
    fields["inputs"] = RECIPES[name].data_spec.inputs
    return repr(fields | {"teacher": step_of(fields["teacher"]) if fields["teacher"] in RECIPES else fields["teacher"]})


CHOSEN = [name for setting in SETTINGS for name in (f"{setting}-teacher", f"{setting}-ckdsnn") if name in PAPER]
SHOWN = list({step_of(name): name for name in CHOSEN}.values())
PROMISED = {  # name -> T
    **{"imagenet-sew34-ckdsnn": 4, "imagenet-resnet34-ckdsnn": 2, "imagenet-sew18-ckdsnn": 4},
    **{"cifar100-spikformer-ckdsnn": 4, "cifar10dvs-resnet20-ckdsnn": 10},
}


@pytest.fixture
def untrained(monkeypatch):
    """A network like torchvision's ResNet-34, whose weights are 80 MB elsewhere."""

    def fresh(recipe, num_classes):
        assert recipe.teacher == IMAGENET_TEACHER
        return build_teacher("imagenet_resnet34", num_classes, recipe.data_spec.inputs)

    monkeypatch.setattr(assemble, "pretrained_teacher", fresh)


@pytest.mark.parametrize("name", PAPER if os.environ.get("CKDSNN_EVERY_RECIPE") else SHOWN)
def test_two_steps_train_every_weight(name, untrained):
    recipe = RECIPES[name].replace(batch_size=1)
    torch.manual_seed(0)
    step = recipe_step(recipe, len(recipe.data_spec.classes), torch.device("cpu"))
    before = [p.detach().clone() for p in step.network.parameters()]
    assert all(step().isfinite() for _ in range(2))
    after = list(step.network.parameters())
    assert all(p.grad is not None for p in after)
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize(("name", "timesteps"), PROMISED.items())
def test_the_papers_other_students_are_there(name, timesteps):
    assert RECIPES[name].tier == "paper" and RECIPES[name].timesteps == timesteps
