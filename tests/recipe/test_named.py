"""The named recipes and suites."""

from dataclasses import asdict, fields
from math import inf
from pathlib import Path

import pytest

from ckdsnn.distill import LOSSES
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.checks import TIERS
from ckdsnn.recipe.conditions import COMPARED
from ckdsnn.recipe.fields import ADDED_LATER, is_current
from ckdsnn.recipe.named import IMAGENET_TEACHER, method_of
from ckdsnn.recipe.suites import PICKED, PILOT, PILOT_SEED, SEEDS, leading_seeds
from ckdsnn.records import find_record, load_records
from ckdsnn.records.record import RUNS

SETTINGS = [name.removesuffix("-teacher") for name in RECIPES if name.endswith("-teacher")]
STUDENTS = [name for name, recipe in RECIPES.items() if not recipe.is_teacher]
# what may differ between a student and its teacher besides the network and the schedule: what it learns from
SHARED = ("tier", "statistics", "crop_padding", "flip", "autoaugment", "erasing")
METHODS = {
    **{name: (name,) for name in ("kd", "samd", "nld", "at", "catkd", "e2kd")},
    **{"snn": (), "ckdsnn": ("samd", "nld"), "kdsnn": ("kd", "kdsnn"), "bkd": ("kd", "bkd")},
}
SAMDS_OWN = ("teacher_range", "student_range", "map_class", "temperature_squared")  # fields that SAMD alone reads
WEIGHTS = {"at": 1000, "catkd": 50}  # in their authors' code


def test_names_are_the_keys_and_contents_differ():
    assert [recipe.name for recipe in RECIPES.values()] == list(RECIPES)
    assert len({recipe.digest() for recipe in RECIPES.values()}) == len(RECIPES)


def test_every_student_has_a_teacher_on_the_same_data_or_a_trained_one():
    for student in (RECIPES[name] for name in STUDENTS):
        if student.teacher == IMAGENET_TEACHER:
            assert student.dataset == "imagenet"
            continue
        teacher = RECIPES[student.teacher]
        assert teacher.is_teacher and teacher.loss_names == () and teacher.teacher == ""
        assert teacher.dataset in (student.dataset, student.data_spec.simulated_from)
        assert [getattr(teacher, field) for field in SHARED] == [getattr(student, field) for field in SHARED]
        assert (teacher.train_images or inf) >= (student.train_images or inf), "images that the teacher does not know"


@pytest.mark.parametrize("method", METHODS)
def test_methods_are_named_for_their_losses_and_differ_in_nothing_else(method):
    for setting in SETTINGS:
        recipe, plain = RECIPES[f"{setting}-{method}"], RECIPES[f"{setting}-snn"]
        assert recipe.loss_names == METHODS[method]
        assert recipe.beta == WEIGHTS.get(method, 1)
        assert recipe.replace(losses="none", beta=1).digest() == plain.digest()


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
@pytest.mark.parametrize(("model", "width"), [("resnet19", 8), ("resnet20", 1)])
def test_paper_tier_is_the_papers_setting(dataset, model, width):
    for role in ("teacher", "ckdsnn"):
        recipe = RECIPES[f"{dataset}-{model}-{role}"]
        assert (recipe.tier, recipe.dataset, recipe.model, recipe.width) == ("paper", dataset, model, width)
        assert (recipe.batch_size, recipe.momentum, recipe.weight_decay) == (128, 0.9, 1e-4)
        own = dataset == "cifar10" and role == "teacher"
        assert recipe.lr == (0.05 if own else 0.1)
        assert recipe.epochs == (300 if own and model == "resnet19" else 400)
        assert recipe.autoaugment and recipe.flip and recipe.erasing > 0 and recipe.crop_padding == 4


def test_tiers_match_the_data():
    assert {recipe.tier for recipe in RECIPES.values()} == set(TIERS)
    for recipe in RECIPES.values():
        assert (recipe.tier == "smoke") == (recipe.dataset == "digits")


@pytest.mark.parametrize("suite", SUITES)
def test_suites_name_known_recipes_of_their_tier_once(suite):
    for tier, names in SUITES[suite].items():
        assert len(set(names)) == len(names) > 0
        assert {RECIPES[name].tier for name in names} == {tier}


@pytest.mark.parametrize(
    ("suite", "losses"),
    [
        ("components", {"none", "kd", "samd", "nld", "samd+nld"}),
        ("map-losses", {"none", "samd", "at", "catkd", "e2kd"}),
        ("rivals", {"none", "kd", "kd+kdsnn", "kd+bkd", "samd+nld"}),
    ],
)
def test_suites_compare_their_losses(suite, losses):
    for names in SUITES[suite].values():
        assert {RECIPES[name].losses for name in names} == losses


def test_a_condition_changes_all_of_its_methods_alike():
    for tier, names in SUITES["conditions"].items():
        recipes = [RECIPES[name] for name in names]
        own = [recipes[start :: len(COMPARED)] for start in range(len(COMPARED))]  # of each method
        plain, *changed = own[0]
        for logits, *with_maps in zip(*own, strict=True):
            assert logits.losses == "nld" and [both.beta for both in with_maps] == [10, 30]
            for both in with_maps:
                assert both.losses == "samd+nld"
                same = both.replace(losses="none", beta=1)
                assert logits.replace(losses="none").digest() == same.digest()
        differ = [[n for n in asdict(plain) if n != "name" and getattr(plain, n) != getattr(c, n)] for c in changed]
        expected = [["epochs"], ["width"], ["train_images", "epochs"], ["timesteps"], ["teacher"]]
        assert differ == [fields for fields in expected if tier != "smoke" or fields != ["teacher"]]


@pytest.mark.parametrize("names", SUITES["precision"].values(), ids=SUITES["precision"])
def test_each_method_is_trained_in_both_precisions_with_nothing_else_changed(names):
    for exact, short in zip(names[::2], names[1::2], strict=True):
        assert (RECIPES[exact].precision, RECIPES[short].precision) == ("fp32", "bf16")
        assert RECIPES[exact].replace(precision="bf16").digest() == RECIPES[short].digest()


@pytest.mark.parametrize(
    ("with_maps", "without"),
    [("ckdsnn-with-relu", "nld-with-relu"), ("ckdsnn-released", "nld-released"), ("samd", "snn")],
)
def test_a_form_without_samd_lacks_nothing_else(with_maps, without):
    both, rest = RECIPES[f"cifar10-16k-{with_maps}"], RECIPES[f"cifar10-16k-{without}"]
    plain = {field.name: field.default for field in fields(Recipe) if field.name in SAMDS_OWN}
    assert "samd" in both.loss_names and "samd" not in rest.loss_names
    assert both.replace(losses=rest.losses, **plain).digest() == rest.digest()


def test_every_loss_is_in_a_suite():
    recipes = (RECIPES[name] for tiers in SUITES.values() for names in tiers.values() for name in names)
    assert {loss for recipe in recipes for loss in recipe.loss_names} == set(LOSSES)


def test_every_record_is_still_what_its_id_says_and_is_found():
    """Under the names of today: digests stay, whatever fields, defaults and names have changed since."""
    named = {recipe.digest() for recipe in RECIPES.values()}
    records = load_records(Path(__file__).parents[2] / "results")
    former = [record for record in records if not is_current(record.recipe)]
    assert len(former) == 365
    for record in records:
        assert Recipe.of(record.recipe).record_id(record.seed) == record.id
    changed = {record.id for record in former if Recipe.of(record.recipe).digest() not in named}
    assert changed == {"cifar10-16k-nld-s0-74a47851"}, "a run with other fields than the recipe of its name"


@pytest.mark.parametrize(
    ("record", "method"),
    [
        ("cifar10-16k-ckdsnn-s0-*", "ckdsnn-count"),
        ("cifar10-16k-ckdsnn-sample-s0-*", "ckdsnn"),
        ("cifar10-16k-ckdsnn-first-s0-*", "ckdsnn-count-stage1"),
        ("cifar10-16k-ckdsnn-sample-beta30-few-s0-*", "ckdsnn-beta30-few"),
        ("cifar10-16k-snn-t4-s0-*", "snn-t4"),
        ("cifar10-16k-teacher-s0-*", "teacher"),
        ("cifar10-16k-nld-s0-74a47851", ""),
    ],
)
def test_a_record_is_told_by_its_content_not_by_its_name(record, method):
    (found,) = RUNS.find_all(record, Path(__file__).parents[2] / "results")
    assert method_of(found.recipe) == method


def test_a_current_run_with_changed_fields_is_told_by_its_name():
    changed = RECIPES["digits-ckdsnn-count"].replace(epochs=3)
    assert method_of(asdict(changed)) == "ckdsnn-count"
    assert method_of({k: v for k, v in asdict(changed).items() if k not in ADDED_LATER}) == ""


def test_the_first_release_is_all_that_it_did():
    first, plain = RECIPES["cifar100-resnet20-e20-ckdsnn-first"], RECIPES["cifar100-resnet20-e20-ckdsnn"]
    changed = {name: value for name, value in asdict(first).items() if value != getattr(plain, name)}
    assert changed == {
        "name": first.name,
        "student_map": "cam",
        "last_activation": "relu",
        "teacher_range": "batch",
        "student_range": "batch",
        "temperature_squared": False,
        "noise_scale": "variance",
        "noise_mix": "probabilities",
        "noise_gradient": True,
        "map_class": "teacher",
        "teacher_norm": "batch",
    }


def test_the_picked_weight_is_the_best_of_the_pilot_on_validation_images():
    results = Path(__file__).parents[2] / "results"
    pilot = [find_record(RECIPES[f"cifar100-resnet20-e20-{m}"].digest(), PILOT_SEED, results) for m in PILOT]
    best = max(zip(PILOT, pilot, strict=True), key=lambda pair: pair[1].validation_accuracy)
    assert best[0] == PICKED


def test_every_suite_says_with_how_many_seeds_it_was_planned():
    assert set(SEEDS) == set(SUITES) and min(SEEDS.values()) >= 1
    assert SEEDS["evidence"] <= PILOT_SEED, "the pilot's seed takes no further part"


@pytest.mark.parametrize(
    ("method", "baseline", "seeds"),
    [
        ("nld", "snn", range(5)),
        ("ckdsnn-beta30", "nld", range(5, 10)),
        ("nld", "ckdsnn-beta30", range(5, 10)),
        ("nld-with-relu", "nld", range(3)),
        ("samd-beta10", "snn", range(3, 6)),
    ],
)
def test_seeds_that_were_added_or_made_a_pick_do_not_lead(method, baseline, seeds):
    assert leading_seeds(method, baseline) == seeds
