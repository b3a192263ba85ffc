"""The one error, and the checks that name what would be valid."""

import math
import re

import numpy as np
import pytest

from ckdsnn.errors import CkdsnnError, check_choice, check_count, check_share, choose


def test_choose_returns_the_entry():
    assert choose("loss", "kd", {"samd": 1, "kd": 2}) == 2


@pytest.mark.parametrize("name", ["", "KD", None, [], 3])
def test_choose_names_kind_input_and_choices(name):
    with pytest.raises(CkdsnnError) as caught:
        choose("loss", name, {"samd": 1, "kd": 2})
    assert str(caught.value) == f"unknown loss {name!r}; choose one of: samd, kd"


def test_what_was_meant_is_named():
    with pytest.raises(CkdsnnError, match=r"^unknown loss 'kdd'; choose one of: samd, kd \(the nearest: kd\)$"):
        choose("loss", "kdd", {"samd": 1, "kd": 2})


@pytest.mark.parametrize("name", ["name-57x", "quite another", "", "x" * 10_000])
def test_of_many_choices_the_nearest_are_named(name):
    with pytest.raises(CkdsnnError) as caught:
        choose("recipe", name, dict.fromkeys(f"name-{number}" for number in range(500)))
    said = str(caught.value)
    assert len(said) < 300 and "the nearest of 500" in said
    assert ("name-57" in said.split("choose one of: ")[1].split(", ")) == (name == "name-57x")


def test_a_choice_is_checked_in_the_same_words():
    check_choice("range", "batch", ("sample", "batch"))
    with pytest.raises(CkdsnnError, match=r"^unknown range 'x'; choose one of: sample, batch$"):
        check_choice("range", "x", ("sample", "batch"))


@pytest.mark.parametrize("number", [0, -1, 1.0, True, "1", None, np.int8(0), np.float64(1), np.True_])
def test_a_count_is_an_integer_of_at_least_1(number):
    with pytest.raises(CkdsnnError) as caught:
        check_count("jobs", number)
    assert str(caught.value) == f"jobs = {number!r}; expected an integer of at least 1"


@pytest.mark.parametrize("number", [3, np.int8(3), np.int64(3), np.uint32(3)])
def test_a_count_of_numpys_is_kept_as_a_plain_int(number):
    kept = check_count("jobs", number, 1, 2**40)
    assert kept == 3 and type(kept) is int


def test_a_count_may_have_other_bounds():
    check_count("seed", 0, 0, 9)
    check_count("seed", 9, 0, 9)
    for number in (-1, 10):
        with pytest.raises(CkdsnnError, match=f"seed = {number}; expected an integer from 0 to 9"):
            check_count("seed", number, 0, 9)


def test_a_share_is_a_number_from_0_to_1():
    for share in (0, 0.5, 1, np.float32(0.1)):
        check_share("noise_weight", share)
    for share in (-0.1, 1.1, math.nan, "0.1", None, True, [0.1]):
        with pytest.raises(
            CkdsnnError, match=rf"noise_weight = {re.escape(repr(share))}; expected a share from 0 to 1"
        ):
            check_share("noise_weight", share)


def test_a_mistake_is_a_value_error():
    assert issubclass(CkdsnnError, ValueError)
