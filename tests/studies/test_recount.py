"""Records counted again: as they were where the counting is the same, and skipped where their weights are not there."""

from pathlib import Path

from ckdsnn.records import load_record
from ckdsnn.studies.recount import recount

RESULTS = Path(__file__).parents[2] / "results"


def test_a_record_counted_again_equals_what_it_holds():
    """But for additions that the counter of its time made itself: for each convolution of spikes it summed a map of as
    many places as the output has, over all 64 images."""
    record = load_record("cifar10-16k-snn-s0-7143172a", RESULTS)
    (again,) = recount([record], RESULTS, RESULTS)
    old, new = record.final["energy"], again.final["energy"]
    assert (new["mac"], new["memory_nj"], new["images"]) == (old["mac"], old["memory_nj"], old["images"])
    places = 2 * 32**2 + 2 * 16**2 + 2 * 8**2
    assert old["ac"] - new["ac"] == (64 * places - 6) / 64
    assert new["folded"]["mac"] == 3 * 16 * 9 * 32**2, "the stem's alone"
    assert record.costs["folded"] is None and again.costs["folded"] == new["folded"]


def test_records_whose_weights_are_not_there_are_left_out(tmp_path):
    with_weights, without = (load_record(f"cifar10-16k-snn-s{seed}-7143172a", RESULTS) for seed in (0, 1))
    assert [run.id for run in recount([without, with_weights], RESULTS, tmp_path)] == [with_weights.id]
