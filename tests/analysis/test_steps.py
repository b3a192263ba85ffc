"""The first run that keeps the spikes of each step is found, in whichever folder it lies."""

from dataclasses import replace

import numpy as np

from ckdsnn.analysis.steps import first_with_steps
from ckdsnn.records import save_arrays, save_record


def put(record, seed, out, **arrays):
    """Save a run with these arrays."""
    name = f"digits-snn-s{seed}-{record.id[-8:]}"
    made = replace(record, id=name, seed=seed, arrays=save_arrays(f"{name}.maps.npz", arrays, out))
    save_record(made, out)
    return made


def test_the_first_run_with_steps_is_found_or_none(record, tmp_path):
    sam, steps = np.ones((2, 4, 4), np.float16), np.ones((2, 3, 4, 4), np.float16)
    old = put(record, 0, tmp_path / "a", sam=sam)
    new = put(record, 1, tmp_path / "b", sam=sam, sam_steps=steps)
    put(record, 2, tmp_path / "b", sam=sam, sam_steps=2 * steps)
    found, arrays = first_with_steps([old, new], tmp_path / "a", tmp_path / "b")
    assert found == new and np.array_equal(arrays["sam_steps"], steps)
    assert first_with_steps([old], tmp_path / "a") is None
    assert first_with_steps([], tmp_path / "a") is None
