"""The cells of a suite: found by what a run was, whatever it was called and whichever suite trained it."""

from dataclasses import asdict, replace

import pytest

from ckdsnn.analysis.cells import load_cells, of_setting, recorded, suite_recipes, teachers_of
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.records import save_record


def put(record, name, seed, out, called=None):
    """Save `record` as if it were this recipe's with this seed."""
    recipe = RECIPES[name].replace(name=called or name)
    made = replace(record, id=recipe.record_id(seed), tier=recipe.tier, recipe=asdict(recipe), seed=seed)
    save_record(made, out)
    return made


def test_cells_hold_the_seeds_in_order_and_no_method_without_records(record, tmp_path):
    two, one = put(record, "digits-kd", 2, tmp_path), put(record, "digits-kd", 1, tmp_path, called="another-name")
    plain = put(record, "digits-snn", 0, tmp_path)
    put(record, "digits-at", 0, tmp_path)
    assert load_cells("components", "smoke", tmp_path) == {"snn": [plain], "kd": [one, two]}
    assert load_cells("components", "reduced", tmp_path) == {}
    assert load_cells("components", "smoke", tmp_path).absent == [
        *("samd", "samd-count", "samd-beta30", "nld", "ckdsnn", "ckdsnn-count", "ckdsnn-beta30")
    ]


def test_the_frame_of_cells_has_their_names_in_their_order_and_knows_what_is_absent(record, tmp_path):
    for name in ("cifar10-events-nld", "cifar10-events-rgb-nld", "cifar10-events-snn"):
        put(record, name, 0, tmp_path)
    cells = load_cells("simulated", "reduced", tmp_path)
    runs = cells.frame()
    assert runs["method"].tolist() == ["cifar10-events-snn", "cifar10-events-nld", "cifar10-events-rgb-nld"]
    assert runs["id"].tolist() == [record.id for record in cells.records] and runs["method"].dtype.ordered
    assert set(runs["method"].cat.categories) - set(runs["method"]) == set(cells.absent) == {
        "cifar10-events-ckdsnn", "cifar10-events-rgb-ckdsnn"
    }  # fmt: skip
    assert list(cells.only(["cifar10-events-nld", "none"])) == ["cifar10-events-nld"]


def test_the_first_folder_counts(record, tmp_path):
    first = put(record, "digits-kd", 0, tmp_path / "a")
    put(replace(record, seconds=9.0), "digits-kd", 0, tmp_path / "b")
    later = put(record, "digits-kd", 1, tmp_path / "b")
    assert load_cells("components", "smoke", tmp_path / "a", tmp_path / "b") == {"kd": [first, later]}


def test_any_recipes_cells_are_found_under_the_names_that_they_are_given(record, tmp_path):
    one = put(record, "cifar100-resnet20-e20-nld", 1, tmp_path)
    known = {"a": RECIPES["cifar100-resnet20-e20-nld"], "b": RECIPES["digits-nld"]}
    assert recorded(known, tmp_path) == {"a": [one]}


def test_the_cells_of_one_setting_are_named_by_method(record, tmp_path):
    for name in ("cifar10-events-snn", "cifar10-events-nld", "cifar10-events-rgb-nld"):
        put(record, name, 0, tmp_path)
    cells = load_cells("simulated", "reduced", tmp_path)
    assert of_setting(cells, "cifar10-events") == {m: cells[f"cifar10-events-{m}"] for m in ("snn", "nld")}
    assert of_setting(cells, "cifar10-events-rgb") == {"nld": cells["cifar10-events-rgb-nld"]}
    assert of_setting(cells, "nmnist") == {}


def test_methods_are_named_without_their_setting_but_in_a_suite_of_several():
    assert list(suite_recipes("components", "reduced"))[:2] == ["snn", "kd"]
    assert list(suite_recipes("timesteps", "smoke"))[4] == "snn" and "snn-t2" not in suite_recipes("timesteps", "smoke")
    for suite in ("gpu", "evidence"):
        assert list(suite_recipes(suite, "paper")) == SUITES[suite]["paper"]
    with pytest.raises(CkdsnnError, match="unknown suite 'x'; choose one of: components"):
        suite_recipes("x", "smoke")
    with pytest.raises(CkdsnnError, match="unknown tier 'smoke'; choose one of: paper"):
        suite_recipes("gpu", "smoke")


def test_the_teachers_of_cells_are_found_once_in_any_folder(record, results, tmp_path):
    cells = {"kd": [record, record], "snn": [replace(record, teacher=None)]}
    (teacher,) = teachers_of(cells, tmp_path, results)
    assert teacher.id == record.teacher["record"]
    with pytest.raises(CkdsnnError, match=f"no record '{teacher.id}' in {tmp_path}"):
        teachers_of(cells, tmp_path)
