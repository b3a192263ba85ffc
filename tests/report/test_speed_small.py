"""Trainings side by side, busy computers and what is missing: tables and sentences say what the records say."""

from dataclasses import replace

import pytest

from ckdsnn.bench import waiting
from ckdsnn.records.bench import group_frame, waiting_frame
from ckdsnn.report.speed import by_device
from ckdsnn.report.speed_missing import unmeasured
from ckdsnn.report.speed_small import WAYS, group_answer, group_table, waiting_table
from tests.bench_example import entry, training, waited
from tests.report.examples import CPU, GPU, measured

ALONE = [training("snn", 1, [0.2, 0.1, 0.3], 10.0), training("kd", 1, [0.4, 0.5, 0.2], 15.0)]
BESIDE = [training("snn", 2, [0.1, 0.1, 0.1], 20.0), training("kd", 2, [0.2, 0.1, 0.4], 20.0)]
GROUPS = group_frame([replace(measured(), groups=ALONE + BESIDE)])


def test_students_side_by_side_are_held_against_the_same_alone():
    rows = group_table("t", GROUPS).rows
    assert rows[:2] == [["snn", "200", "100", "0.5"], ["kd", "400", "200", "0.5"]]
    assert rows[2] == ["all of them", "600", "300", "0.5"]  # of 600, 600, 500 and of 300, 200, 500
    assert rows[3] == ["whole commands (s)", "25", "20", "0.8"]


def test_the_answer_has_the_share_of_each_machine():
    slow = [one | {"step_seconds": [0.4] * 3} for one in BESIDE]
    frame = group_frame([replace(measured(), groups=ALONE + BESIDE), replace(measured(GPU), groups=ALONE + slow)])
    *_, gpu, cpu = group_answer(by_device(frame)).splitlines()
    assert f"{CPU}, 1 thread: 2 students take 0.50 of the time, step for step (epochs: 0.33 to 1.00)" in cpu
    assert "as a whole, 0.80" in cpu and f"{GPU}, 1 thread: 2 students take 1.33 of the time" in gpu
    assert group_answer(by_device(group_frame([]))) == ""


def test_a_busy_computer_is_held_against_an_idle_one():
    spinning = waited({"OMP_WAIT_POLICY": "ACTIVE"}, [0.1, 0.3, 0.2], [0.9, 0.6])
    ways = [spinning, waited({"A": "2", "B": "1"}, [0.1], [0.1])]
    rows = waiting_table("t", waiting_frame([replace(measured(), waiting=ways)])).rows
    assert rows == [["digits", "spin", "200", "750", "3.75"], ["digits", "A=2 B=1", "100", "100", "1"]]


def test_every_way_that_is_measured_has_words():
    assert [" ".join(f"{name}={value}" for name, value in way.items()) for way in waiting.WAYS] == [*WAYS]


def test_what_is_missing_is_named_until_it_is_measured():
    told = unmeasured([measured(), measured(GPU)]).splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "- On a GPU", "- On a CPU that multiplies bf16 in hardware", "- On any machine", "- On a CPU"
    ]  # fmt: skip
    assert "CUDA graph" in told[0] and "spikingjelly" not in told[0] and "watt" in told[0]
    ways = ["graph=True", "neuron=triton", "fused_sgd=True", "compile=True"]
    all_ways = [entry(watts=[300.0, 200.0, 100.0]), *(entry(f"ours, {way}") for way in ways)]
    gpu = replace(measured(GPU), cases=[*measured().cases, *all_ways])
    cpu = replace(measured(CPU), cases=[entry(dtype="bfloat16")], groups=ALONE, waiting=[waited({"A": "1"}, [1], [2])])
    assert unmeasured([gpu, cpu]) == ""
    assert [line.partition(":")[0] for line in unmeasured([cpu]).splitlines()] == ["- On a GPU"]


@pytest.mark.parametrize("sizes", [(1, 5), (5, 1)])
def test_the_order_of_the_commands_does_not_matter(sizes):
    own = [training("snn", size, [float(size)] * 2, 7.0 * size) for size in sizes]
    assert group_table("t", group_frame([replace(measured(), groups=own)])).rows[0] == ["snn", "1000", "5000", "5"]
