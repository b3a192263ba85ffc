"""What recipes know of the terms without torch is what the terms are."""

from dataclasses import FrozenInstanceError, fields

import pytest

from ckdsnn.distill.maps import SCALE_BY
from ckdsnn.distill.nld import DEVIATION_BY
from ckdsnn.distill.samd import CLASSES_BY
from ckdsnn.distill.settings import CHOICES, MAP_CLASSES, NOISE_SCALES, SCALINGS, SETTINGS
from ckdsnn.distill.terms import LOSSES
from ckdsnn.errors import CkdsnnError


def test_every_term_has_its_settings_and_no_other():
    assert list(LOSSES) == list(SETTINGS)
    assert all(issubclass(LOSSES[name], SETTINGS[name]) for name in LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_a_term_is_known_by_its_settings_and_cannot_be_changed(name):
    term = LOSSES[name]()
    assert term == LOSSES[name]() and term != SETTINGS[name]()
    for field in fields(term):
        with pytest.raises(FrozenInstanceError):
            setattr(term, field.name, 0)


@pytest.mark.parametrize(
    ("choices", "table"), [(SCALINGS, SCALE_BY), (NOISE_SCALES, DEVIATION_BY), (MAP_CLASSES, CLASSES_BY)]
)
def test_every_choice_is_computed(choices, table):
    assert choices == tuple(table)


CHOSEN = [(name, field.name) for name in LOSSES for field in fields(LOSSES[name]) if field.name in CHOICES]


@pytest.mark.parametrize(("name", "field"), CHOSEN)
def test_an_unknown_choice_is_refused_when_the_term_is_made(name, field):
    with pytest.raises(CkdsnnError, match=f"^unknown {field} 'spike'; choose one of: {', '.join(CHOICES[field])}"):
        LOSSES[name](**{field: "spike"})
    assert all(getattr(LOSSES[name](**{field: value}), field) == value for value in CHOICES[field])


def test_every_choice_is_of_a_term():
    assert {field for _, field in CHOSEN} == set(CHOICES)


@pytest.mark.parametrize("noise", ["adaptiv", "", None, -0.1, "-1", float("nan"), "inf"])
def test_noise_that_is_none_is_refused_when_the_term_is_made(noise):
    with pytest.raises(CkdsnnError, match=f"noise = {noise!r}; choose 'adaptive' or a standard deviation"):
        LOSSES["nld"](noise=noise)
