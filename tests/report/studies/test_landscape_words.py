"""Landscapes in sentences: the numbers are the studies'."""

from dataclasses import replace

from ckdsnn.report.studies.landscape_words import findings
from tests.landscape_example import bowl


def test_each_valley_is_told_and_who_is_flatter(record):
    studies = {
        "snn": [bowl(record, "snn", 10.0, seed) for seed in (0, 1)],
        "ckdsnn-count": [bowl(record, "ckdsnn-count", steepness, seed) for seed, steepness in enumerate((5.0, 20.0))],
    }
    told = findings(studies)
    measured, plain, other, flat = told.splitlines()
    assert measured.startswith("- Measured on 32 training images, along 3 random directions")
    assert plain == (
        "- SNN, no distillation (n = 2): the loss of 1.00 nat rises by 0.60 at distance 0.2, the accuracy of 60.0 % "
        "falls by 60.0 points."
    )
    assert other.startswith("- CKDSNN (count) (n = 2): the loss of 1.00 nat rises by 0.75 at")
    assert flat == "- CKDSNN (count) is flatter than SNN, no distillation for 1 of 2 seeds, in 3 of 6 pairs."


def test_a_network_that_has_diverged_is_left_out(record):
    studies = {method: [bowl(record, method, 10.0, seed) for seed in (0, 1)] for method in ("snn", "ckdsnn-count")}
    gone = bowl(record, "ckdsnn-count", 10.0, 2)
    nothing = {name: None for name in ("rise", "lost")} | {name: [[None] * 5] * 3 for name in ("loss", "accuracy")}
    gone = replace(gone, values=gone.values | nothing | {"rise": [None] * 3, "lost": [None] * 3})
    with_it = {"snn": [*studies["snn"], bowl(record, "snn", 10.0, 2)], "ckdsnn-count": [*studies["ckdsnn-count"], gone]}
    before, after = findings(studies).splitlines(), findings(with_it).splitlines()
    assert after[2] == before[2] and "(n = 2)" in after[2] and "for 0 of 2 seeds" in after[3]
