"""What runs have in common: every setting can be told, and what is told are the recipes' own numbers."""

from dataclasses import asdict, replace

import pytest

from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.named import STUDENT_RECIPES
from ckdsnn.records.frame import Records
from ckdsnn.report.limits import NAMES, limits, setting, teacher_of


@pytest.mark.parametrize("name", STUDENT_RECIPES)
def test_every_setting_is_told_with_its_recipes_numbers(name):
    recipe = next(iter(STUDENT_RECIPES[name].values()))
    student, teacher = asdict(recipe), teacher_of(asdict(recipe))
    assert teacher == (asdict(RECIPES[recipe.teacher]) if recipe.teacher in RECIPES else recipe.teacher)
    said = setting(student, teacher)
    expected = [
        f">{recipe.tier}<", NAMES[recipe.model], NAMES[recipe.dataset], f"T = {recipe.timesteps},",
        f"{recipe.epochs} epochs, batches of {recipe.batch_size}, learning rate {recipe.lr:g}",
        f"{recipe.train_images:,} training images" if recipe.train_images else "all training images",
    ]  # fmt: skip
    expected += [f"last {recipe.validation_images:,}"] * (recipe.validation_images > 0)
    expected += [f"{recipe.dim} channels"] * (recipe.depth > 0) + [f"{recipe.image_size} pixels"] * (
        recipe.image_size > 0
    )
    told = f"{NAMES[teacher['model']]}" if isinstance(teacher, dict) else teacher
    assert not [text for text in [*expected, f"teacher {told}"] if text not in said]
    done = {
        "crops": recipe.crop_padding,
        "flips": recipe.flip,
        "AutoAugment": recipe.autoaugment,
        "erasing": recipe.erasing,
    }
    before, _, after = said.partition("images changed by ")[2].partition("not by")
    assert {kind for kind in done if kind in before} == {kind for kind, there in done.items() if there}
    assert {kind for kind in done if kind in after} == {kind for kind, there in done.items() if not there}


def test_the_time_steps_are_those_of_the_runs(record):
    runs = Records()
    for name in ("cifar10-16k-nld", "cifar10-16k-nld-t4", "cifar10-16k-nld-t6", "cifar10-16k-teacher"):
        recipe = RECIPES[name]
        runs.append(replace(record, id=recipe.record_id(0), tier=recipe.tier, recipe=asdict(recipe)))
    assert "T = 1, 4 and 6, teacher" in limits(runs.frame()) and "T = 1, teacher" in limits(Records(runs[:1]).frame())


def test_a_pages_limits_name_each_setting_once_and_its_machines(record):
    devices = {"cifar10-16k-nld": "cpu: a", "cifar10-16k-snn": "cuda: b", "cifar100-resnet19-e20-nld": "cuda: c"}
    runs = Records()
    for name, device in devices.items():
        recipe = RECIPES[name]
        own = {"id": recipe.record_id(0), "tier": recipe.tier, "recipe": asdict(recipe)}
        runs.append(replace(record, **own, env=record.env | {"device": device}))
    said = limits(runs.frame())
    assert said.count("Tier <span") == 2 and "16,000 training images" in said and "ResNet-19" in said
    assert "Trained on: CPU, CUDA." in said and "paper's networks are larger, or have more data" in said
    assert said.count("paper's networks are larger") == 1, "once, not for each setting"
    paper = limits(Records(runs[2:]).frame())
    assert "Trained on: CUDA." in paper and "larger" not in paper
