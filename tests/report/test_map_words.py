"""Sentences on growing maps: each number is that of the arrays."""

import numpy as np
import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.map_words import alike, growth_findings
from tests.report.examples import readable


def test_the_first_steps_are_compared_with_all_and_the_spikes_are_shared_out():
    first = np.array([[[1, 2], [3, 4]], [[2, 0], [0, 0]]], np.float16)
    steps = np.stack([first, 0 * first, 3 * first], 1)  # the same map at the first step as at the end
    told = readable(growth_findings({"sam_steps": steps})).split("\n")
    assert told[0].endswith("mean over 2 gallery images, after 1 of 3: 1.00; 2 of 3: 1.00.")
    assert told[1].endswith("from the first to the last: 25 %, 0 %, 75 %.")


def test_likeness_is_the_mean_correlation_and_flat_maps_have_none():
    maps = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 5.0], [5.0, 5.0]]])
    assert alike(maps, 7 - 2 * maps) == pytest.approx(-0.5)
    assert alike(maps[:1], maps[:1] ** 2) == pytest.approx(np.corrcoef([1, 2, 3, 4], [1, 4, 9, 16])[0, 1])


def test_a_student_without_any_spike_has_sentences_too():
    assert "0 %, 0 %" in growth_findings({"sam_steps": np.zeros((1, 2, 4, 4), np.float16)})


def test_arrays_without_steps_are_refused():
    with pytest.raises(CkdsnnError, match="sam_steps"):
        growth_findings({"sam": np.zeros((1, 4, 4), np.float16)})
