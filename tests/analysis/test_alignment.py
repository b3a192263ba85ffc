"""Alignment of maps: by numpy's own correlation, blind to what all images share, and read from a run's arrays."""

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from ckdsnn.analysis.alignment import aligned, alignment
from ckdsnn.analysis.cells import Cells
from ckdsnn.errors import CkdsnnError
from ckdsnn.records import load_arrays


def maps(seed, n=12):
    return np.random.default_rng(seed).normal(size=(n, 4, 5))


def test_it_is_the_mean_correlation_of_what_is_left_without_the_mean_maps():
    sam, cam = maps(0), maps(1)

    def left(found):
        rows = np.array([(m - m.mean()) / np.linalg.norm(m - m.mean()) for m in found.reshape(len(found), -1)])
        return rows - rows.mean(0)

    expected = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(left(sam), left(cam), strict=True)])
    assert alignment(sam, cam) == pytest.approx(expected)


def test_equal_maps_are_aligned_and_a_common_bias_alone_is_not():
    sam, bias = maps(0), 50 * maps(1, 1)
    assert alignment(sam, 3 * sam + 2) == pytest.approx(1)
    unrelated = [abs(alignment(maps(seed) + bias, maps(seed + 100) + bias)) for seed in range(20)]
    assert max(unrelated) < 0.3 and np.mean(unrelated) < 0.1
    assert alignment(np.repeat(bias, 12, 0), sam) == 0


def test_it_is_read_for_every_run_wherever_that_is_on_record(record, results, tmp_path):
    cells = Cells({"ckdsnn": [record], "snn": [replace(record, teacher=None)]})
    arrays = load_arrays(record, results)
    found = aligned(cells, tmp_path, results)
    assert found["alignment"].iloc[0] == alignment(arrays["sam"], arrays["cam"]) and found["id"].iloc[0] == record.id
    assert isnan(found["alignment"].iloc[1]), "a run without a teacher has nothing to be aligned with"
    with pytest.raises(CkdsnnError, match=f"no record '{record.id}' in {tmp_path}; name its folder"):
        aligned(cells, tmp_path)
