"""Recipe fields: the paper's defaults, every bound, and what a digest tells apart."""

import ast
import inspect
import math
from dataclasses import FrozenInstanceError, asdict, fields
from itertools import pairwise

import numpy as np
import pytest

from ckdsnn.distill import LOSSES
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import Recipe, parse_changes
from ckdsnn.recipe.checks import CHOICES, LEAST, MOST, POSITIVE, check_value
from ckdsnn.recipe.fields import ADDED_LATER, check_run, idle_fields, is_current

NAMES = [field.name for field in fields(Recipe)]
TYPES = {field.name: field.type for field in fields(Recipe)}
STUDENT = Recipe("student", teacher="some-teacher")
SPIKFORMER = Recipe("spikformer", model="spikformer", teacher="some-teacher")
TEACHER = Recipe("teacher", role="teacher", losses="none")
PICTURES = STUDENT.replace(dataset="imagenet")
PLAIN = Recipe("plain", losses="none")
BASES = {"depth": SPIKFORMER, "dim": SPIKFORMER, "patch": SPIKFORMER, "image_size": PICTURES, "role": PLAIN}

PAPER = {  # the method as published, the schedule and networks as configured with it
    "statistics": "own",
    "crop_padding": 4,
    "flip": True,
    "autoaugment": True,
    "model": "resnet19",
    "width": 8,
    "last_activation": "spike",
    "head": "linear",
    "losses": "samd+nld",
    "beta": 1.0,
    "gamma": 1.0,
    "map_temperature": 2.0,
    "scaling": "softmax",
    "temperature_squared": True,
    "teacher_range": "sample",
    "student_range": "sample",
    "student_map": "spikes",
    "map_grid": "smaller",
    "map_class": "label",
    "stage": -1,
    "logit_temperature": 2.0,
    "noise_weight": 0.1,
    "noise": "adaptive",
    "noise_scale": "std",
    "noise_mix": "logits",
    "noise_gradient": False,
    "teacher_norm": "running",
    "epochs": 400,
    "batch_size": 128,
    "lr": 0.1,
    "momentum": 0.9,
    "weight_decay": 1e-4,
}


def other_value(name):
    """A valid value of the field that is not the student's."""
    value = getattr(STUDENT, name)
    special = {
        "dataset": "cifar100",
        "model": "resnet20",
        "label_smoothing": 0.1,
        "losses": "kd",
        "noise": "0.5",
        "teacher": "another",
        "name": "another",
        "streams": 1,
    }
    if name in special:
        return special[name]
    if name in CHOICES:
        return next(choice for choice in CHOICES[name] if choice != value)
    if name in ("depth", "dim", "patch"):
        return {"depth": 2, "dim": 64, "patch": 16}[name]
    return not value if TYPES[name] is bool else value + 1 if TYPES[name] is int else value / 2


@pytest.mark.parametrize("name", PAPER)
def test_defaults_are_the_papers(name):
    assert getattr(STUDENT, name) == PAPER[name]


def test_every_field_is_documented():
    body = ast.parse(inspect.getsource(Recipe)).body[0].body
    documented = [
        field.target.id
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and len(text.value.value) > 10
    ]
    assert documented == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_digest_tells_every_field_apart_but_the_name(name):
    base = BASES.get(name, STUDENT)
    other = base.replace(**{name: other_value(name)})
    assert getattr(other, name) != getattr(base, name)
    assert (other.digest() == base.digest()) == (name == "name")


@pytest.mark.parametrize(("losses", "turned", "one_run"), [
    ("samd+nld", "nld+samd", True), ("kd+bkd", "bkd+kd", True), ("bkd+nld", "nld+bkd", False),
])  # fmt: skip
def test_the_order_of_terms_counts_only_where_two_of_them_draw(losses, turned, one_run):
    assert (STUDENT.replace(losses=losses).digest() == STUDENT.replace(losses=turned).digest()) == one_run


def test_without_samd_the_range_of_its_maps_is_no_part_of_the_run():
    """Its default has changed; the runs on record that have no map are still found."""
    assert len({STUDENT.replace(losses="nld", student_range=r).digest() for r in ("sample", "none")}) == 1
    assert len({STUDENT.replace(losses="samd", student_range=r).digest() for r in ("sample", "none")}) == 2


def test_a_recipe_from_before_a_field_has_what_its_runs_had():
    content = {field: value for field, value in asdict(STUDENT).items() if field not in ADDED_LATER}
    former = Recipe.of(content)
    assert former.streams == 1 and former == STUDENT.replace(streams=1)
    assert former.digest() != STUDENT.digest(), "runs of other random streams are never paired"
    assert is_current(asdict(STUDENT)) and not is_current(content)


def test_numbers_of_numpys_make_the_same_recipe():
    given = {"timesteps": np.int64(2), "teacher_seed": np.uint32(7), "beta": np.float32(0.5), "gamma": np.int16(3)}
    found, plain = STUDENT.replace(**given), STUDENT.replace(timesteps=2, teacher_seed=7, beta=0.5, gamma=3)
    assert found == plain and found.digest() == plain.digest()
    assert {name: type(value) for name, value in asdict(found).items()} == TYPES
    for name, value in {"timesteps": np.True_, "width": np.float64(2), "beta": np.True_, "flip": np.int64(1)}.items():
        with pytest.raises(CkdsnnError, match=rf"{name} = np\..*; expected {TYPES[name].__name__}"):
            STUDENT.replace(**{name: value})


def test_ids_hold_name_seed_and_digest():
    assert len(STUDENT.digest()) == 8 and int(STUDENT.digest(), 16) >= 0
    assert STUDENT.record_id(3) == f"student-s3-{STUDENT.digest()}"
    assert Recipe("student", teacher="some-teacher").digest() == STUDENT.digest()


@pytest.mark.parametrize("name", [n for n in NAMES if TYPES[n] is float])
def test_an_int_is_accepted_for_a_float_and_is_the_same_recipe(name):
    whole, real = (STUDENT.replace(**{name: value}) for value in (1, 1.0))
    assert type(getattr(whole, name)) is float and whole.digest() == real.digest()


def test_changes_are_read_as_their_fields_types():
    read = parse_changes("epochs=10 beta=5 flip=false autoaugment=True noise=0.5")
    assert read == {"epochs": 10, "beta": 5.0, "flip": False, "autoaugment": True, "noise": "0.5"}
    assert type(read["beta"]) is float and parse_changes("") == {}
    for text, message in {
        "flip=no": "'flip=no': expected flip=true or false, fields apart by spaces",
        "epochs=1,beta=2": "'epochs=1,beta=2': expected epochs=int, fields apart by spaces",
        "epochs": "'epochs': expected epochs=int",
        "lamda=1": "unknown recipe field 'lamda'; choose one of: name, tier",
    }.items():
        with pytest.raises(CkdsnnError, match=message):
            parse_changes(text)


@pytest.mark.parametrize(("losses", "names", "idle"), [
    ("none", ["beta", "map_temperature", "epochs", "lr"], {"beta", "map_temperature"}),
    ("kd", ["beta", "gamma", "logit_temperature", "noise_weight"], {"beta", "noise_weight"}),
    ("samd", ["beta", "gamma", "scaling", "stage"], {"gamma"}),
    ("samd+nld", ["beta", "gamma", "noise_weight", "width"], set()),
])  # fmt: skip
def test_fields_that_no_loss_reads_are_named_with_those_that_would(losses, names, idle):
    found = idle_fields(STUDENT.replace(losses=losses), names)
    assert found.keys() == idle
    assert all(found[name] == ["nld"] for name in found if name == "noise_weight")


@pytest.mark.parametrize("name", NAMES)
def test_wrong_types_are_refused(name):
    wrong = {str: [1, None, True], bool: [1, "yes", None], int: [1.0, "1", True, None], float: ["0.1", True, None]}
    for value in wrong[TYPES[name]]:
        with pytest.raises(CkdsnnError, match=f"^{name} = {value!r}; expected {TYPES[name].__name__}$"):
            STUDENT.replace(**{name: value})


@pytest.mark.parametrize("name", CHOICES)
def test_unknown_choices_name_the_known_ones(name):
    with pytest.raises(CkdsnnError) as caught:
        STUDENT.replace(**{name: "unheard-of"})
    assert str(caught.value) == f"unknown {name} 'unheard-of'; choose one of: {', '.join(CHOICES[name])}"


@pytest.mark.parametrize("name", LEAST)
def test_lower_bounds(name):
    least = TYPES[name](LEAST[name])
    base = TEACHER if name == "timesteps" else STUDENT
    assert getattr(base.replace(**{name: least}), name) == least
    with pytest.raises(CkdsnnError, match=rf"{name} = .*; expected from {LEAST[name]}"):
        base.replace(**{name: least - TYPES[name](1)})


@pytest.mark.parametrize("name", MOST)
def test_upper_bounds(name):
    most = TYPES[name](MOST[name])
    check_value(name, most)
    with pytest.raises(CkdsnnError, match=rf"{name} = .*; expected from {LEAST[name]} to {MOST[name]}"):
        check_value(name, most + TYPES[name](1))


@pytest.mark.parametrize("changes", [{"timesteps": 10**9}, {"width": 5000}, {"beta": 10**400}, {"name": "a" * 101}])
def test_what_no_computer_holds_is_no_recipe(changes):
    (name,) = changes
    with pytest.raises(CkdsnnError, match=f"^{name} = .{{1,90}}; expected"):
        STUDENT.replace(**changes)


@pytest.mark.parametrize("content", [None, [], "x", 3, {}, {"model": "resnet8"}])
def test_what_is_no_recipe_is_refused(content):
    with pytest.raises(CkdsnnError, match="is no recipe; expected its fields by name"):
        Recipe.of(content)


def test_an_id_is_of_one_recipe_and_one_seed():
    content = asdict(STUDENT)
    check_run(content, 3, STUDENT.record_id(3))
    for other in ({"beta": 7.0}, {"name": "other"}):
        with pytest.raises(CkdsnnError, match="one of them was altered"):
            check_run(content | other, 3, STUDENT.record_id(3))
    with pytest.raises(CkdsnnError, match="one of them was altered"):
        check_run(content, 4, STUDENT.record_id(3))
    check_run(content | {"model": "a network of one's own"}, 3, "own-s3-00000000")


@pytest.mark.parametrize(("base", "stages"), [(STUDENT, 3), (SPIKFORMER, 4), (SPIKFORMER.replace(depth=2), 2)])
def test_a_stage_is_one_of_the_models(base, stages):
    assert base.replace(stage=-stages).stage == -stages and base.replace(stage=stages - 1).stage == stages - 1
    for beyond in (-stages - 1, stages):
        with pytest.raises(CkdsnnError, match=f"stage = {beyond}; expected from {-stages} to {stages - 1}, the stages"):
            base.replace(stage=beyond)


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("value", [0, 0.0, -1.0])
def test_positive_numbers(name, value):
    with pytest.raises(CkdsnnError, match=f"{name} = .*; expected a positive number"):
        STUDENT.replace(**{name: value})


@pytest.mark.parametrize("name", [n for n in NAMES if TYPES[n] is float])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(name, value):
    with pytest.raises(CkdsnnError, match=f"{name} = .*; expected a finite number"):
        STUDENT.replace(**{name: value})


def test_every_number_has_a_bound():
    assert {n for n in NAMES if TYPES[n] in (int, float)} == {*LEAST, *POSITIVE, "stage"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gama": 1.0}, "unknown recipe field 'gama'; choose one of: name, tier, .*gamma"),
        ({"losses": "samd+dkd"}, f"unknown loss 'dkd'; choose one of: {', '.join(LOSSES)}, joined"),
        ({"losses": ""}, "unknown loss ''"),
        ({"losses": "none+kd"}, "unknown loss 'none'"),
        ({"losses": "kd+kd"}, f"losses = 'kd\\+kd'; expected each of {', '.join(LOSSES)} at most once"),
        *(({"noise": noise}, "choose 'adaptive' or") for noise in ("gaussian", "-1", "nan", "inf", "")),
        *(({"name": name}, "expected letters") for name in ("", "a/b", "../a", ".hidden", "a b", "a\n")),
        *(
            ({"losses": losses, "stage": 0}, f"stage = 0 has no effect on losses = '{losses}'; it needs one of: samd, ")
            for losses in ("catkd", "e2kd", "nld", "none")
        ),
        ({"stage": 0, "every_stage": True}, r"stage = 0 has no effect .* one of: kdsnn, bkd, at$"),
        ({"losses": "kd+bkd", "every_stage": True}, "every_stage = True has no effect .* it needs one of: samd$"),
        ({"student_map": "cam", "stage": 0}, "student_map = 'cam' needs the closed form .* not 0 and False"),
        ({"teacher_norm": "batch", "every_stage": True}, "teacher_norm = 'batch' needs .* not -1 and True"),
        ({"losses": "nld", "student_map": "cam"}, "student_map = 'cam' has no effect on losses = 'nld'"),
        ({"losses": "kd", "noise_gradient": True}, "noise_gradient = True has no effect on losses = 'kd'"),
        ({"depth": 2}, "depth = 2 has no effect on resnet19; its options: width, last_activation, head"),
        ({"model": "spikformer", "width": 2}, "width = 2 has no effect on spikformer; its options: depth, dim, patch"),
        ({"model": "imagenet_resnet18"}, "unknown model of a student 'imagenet_resnet18'"),
        ({"timesteps": 0}, "timesteps = 0; expected from 1"),
        ({"role": "teacher"}, "needs a student and its teacher; role = 'teacher'"),
        ({"teacher": ""}, "needs a student and its teacher; .*teacher = ''.*losses = 'none'"),
        ({"image_size": 64}, "image_size = 64; cifar10 has one size, 32 pixels: expected 0"),
        ({"dataset": "nmnist", "timesteps": 4}, "timesteps = 4; nmnist has 10 frames"),
        ({"dataset": "nmnist", "timesteps": 10, "statistics": "cifar10"}, "statistics = 'cifar10'; events have none"),
        ({"dataset": "mnist"}, "unknown dataset 'mnist'; choose one of: digits"),
        ({"dataset": "folder:"}, "expected folder:PATH"),
    ],
)
def test_impossible_recipes_are_refused(changes, message):
    with pytest.raises(CkdsnnError, match=message):
        STUDENT.replace(**changes)


@pytest.mark.parametrize("losses", ["samd+nld", "kd+kdsnn", "kd+bkd", "at"])
def test_a_stage_is_for_the_losses_that_have_one(losses):
    assert STUDENT.replace(losses=losses, stage=0).stage == 0


def test_a_folder_is_one_whatever_its_name_ends_with():
    assert STUDENT.replace(dataset="folder:a/b/") == STUDENT.replace(dataset="folder:a/b")


def test_a_teacher_has_no_options_of_other_models():
    with pytest.raises(CkdsnnError, match="depth = 5 has no effect on resnet19; its options: width"):
        TEACHER.replace(depth=5)


def test_replace_leaves_the_original_alone():
    assert STUDENT.replace(timesteps=4).timesteps == 4 and STUDENT.timesteps == 1
    with pytest.raises(FrozenInstanceError):
        STUDENT.timesteps = 4


def test_loss_names_and_roles():
    assert STUDENT.loss_names == ("samd", "nld") and not STUDENT.is_teacher
    assert TEACHER.loss_names == () and TEACHER.is_teacher
    assert STUDENT.replace(noise="0").noise == "0"


@pytest.mark.parametrize("same", ["0.50", " 0.5", "5e-1"])
def test_one_deviation_of_the_noise_is_one_recipe_however_it_is_written(same):
    plain = Recipe("a", losses="nld", teacher="t", noise="0.5")
    assert plain.replace(noise=same) == plain and plain.replace(noise=same).digest() == plain.digest()
