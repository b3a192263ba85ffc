"""The one error, and the look-up that names the valid choices."""

import pytest

from ckdsnn.errors import CkdsnnError, choose


def test_choose_returns_the_entry():
    assert choose("loss", "kd", {"samd": 1, "kd": 2}) == 2


@pytest.mark.parametrize("name", ["kdd", "", "KD", None])
def test_choose_names_kind_input_and_choices(name):
    with pytest.raises(CkdsnnError) as caught:
        choose("loss", name, {"samd": 1, "kd": 2})
    assert str(caught.value) == f"unknown loss {name!r}; choose one of: samd, kd"


def test_a_mistake_is_a_value_error():
    assert issubclass(CkdsnnError, ValueError)
