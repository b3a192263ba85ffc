"""Sentences about measurements: which record they are about, and that their numbers are the record's."""

from dataclasses import replace

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.speed.entries import newest, sweep_of, switches_of
from ckdsnn.report.speed.words import findings, gains, headline
from tests.bench_example import entry
from tests.report.examples import CPU, GPU, measured, readable

OLD, NEW = "2026-01-01T10:00:00Z", "2026-02-01T09:00:00Z"


def said(record):
    """The sentences, each on one line."""
    return findings(record).splitlines()


def of_cases(*cases):
    return replace(measured(), cases=list(cases), sweep=[])


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_record_of_each_device_counts_gpus_first(order):
    records = [measured(CPU, OLD), measured(CPU, NEW), measured(GPU, OLD)]
    assert newest(records[::order], gains) == [measured(GPU, OLD), measured(CPU, NEW)]


@pytest.mark.parametrize(
    ("part", "lacking"), [(gains, of_cases(entry())), (switches_of, of_cases(entry())), (sweep_of, of_cases(entry()))]
)
def test_a_newer_record_that_lacks_the_part_is_passed_over(part, lacking):
    old = measured(CPU, OLD)
    assert newest([old, replace(lacking, id=measured(CPU, NEW).id, started=NEW)], part) == [old]
    with pytest.raises(CkdsnnError, match="run `ckdsnn bench --sweep true --switches true`"):
        newest([lacking], part)


def test_without_any_record_the_error_names_the_command():
    with pytest.raises(CkdsnnError, match="no measurement of the training step; run `ckdsnn bench"):
        newest([], gains)


def test_gains_are_over_the_reference_of_the_same_case():
    cases = [entry("reference", [2.0]), entry(rates=[5.0]), entry("reference", [1.0], timesteps=4)]
    record = of_cases(*cases, entry(rates=[2.0], timesteps=4), entry(rates=[9.0], timesteps=8))
    assert gains(record) == [2.5, 2.0] and headline(record) == "2.0 to 2.5"


def test_rates_shares_and_floor_of_the_one_case_are_told():
    record = of_cases(entry("reference", [2.0]), entry())  # ours: 8 images at 4 images/s, the floor is 0.5 s
    machine, rates, reference, ours, floor, bound = said(record)
    assert machine.startswith(CPU) and machine.endswith(":")
    assert (
        rates == "- resnet20, width 1, T = 1, batch 8: 4 (2 to 8) images/s, reference 2 (2 to 2): 2.00 times as many."
    )
    parts = "training input 5 %; teacher forward 10 %; student forward 15 %; maps and losses 5 %; backward 60 %"
    assert reference == f"- Where the time of a step goes, reference: {parts}; optimiser 5 %."
    assert ours == f"- Where the time of a step goes, ours: {parts}; optimiser 5 %."
    assert floor == "- Our step reaches 25 % of the floor, which arithmetic sets in 1 of 1 cases."
    assert bound == "- At the floor itself, a step would be 8.00 times as fast as the reference."


@pytest.mark.parametrize(("half", "full"), [("ours-bf16", "ours"), ("ours", "ours-fp32")])
def test_bf16_is_compared_with_float32_whichever_is_the_default(half, full):
    (*_, sentence) = said(of_cases(entry(half, [3.0]), entry(full, [4.0])))
    assert sentence == "- In bf16 our step is 0.75 times as fast as in float32."


def test_turned_fast_paths_are_told_by_their_labels():
    cases = [entry(rates=[4.0]), entry("ours, channels_last=False", [2.0]), entry("ours, new=True", [5.0])]
    cases += [entry(rates=[3.0], timesteps=4), entry("ours, channels_last=False", [1.0], timesteps=4)]
    (*_, sentence) = said(of_cases(*cases))
    assert sentence.endswith("so many times as long: channels first 2.00 to 3.00; new=True 0.80.")


def test_the_sweep_is_told_by_its_exponents():
    (*_, sentence) = said(measured())
    expected = "- The time of our step grows as a power of T 1.00 ± 0.00 (from 1 to 8); of the batch"
    assert readable(sentence).startswith(expected)
