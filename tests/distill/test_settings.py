"""What recipes know of the terms without torch is what the terms are."""

from dataclasses import FrozenInstanceError, fields

import pytest

from ckdsnn.distill.maps import SCALE_BY
from ckdsnn.distill.nld import DEVIATION_BY
from ckdsnn.distill.samd import CLASSES_BY
from ckdsnn.distill.settings import MAP_CLASSES, NOISE_SCALES, SCALINGS, SETTINGS
from ckdsnn.distill.terms import LOSSES


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
