"""What a step costs: frames, figures and tables say what the bench records say, on the newest record of each device."""

import itertools
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
from scipy.stats import linregress

from ckdsnn.bench import cases as bench_cases
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord, bench_frame, sweep_frame
from ckdsnn.report import speed
from ckdsnn.report.speed import IMPLEMENTATIONS, MAIN, PHASES, SWITCHED
from tests.bench_example import EXAMPLE, entry, point
from tests.report.examples import CPU, GPU, benches, measured, readable
from tests.report.test_style import LEAST, SEEN_BY, lab, linear

OLD, NEW = "2026-01-01T10:00:00Z", "2026-02-01T09:00:00Z"


def of_cases(*cases, **changes):
    return replace(measured(), cases=list(cases), sweep=[], **changes)


@pytest.fixture
def uneven():
    """A measurement whose entries all differ, in rates, phases and spread."""
    random, record = np.random.default_rng(0), measured()
    cases = [
        each
        | {"images_per_second": list(random.uniform(50, 200, 3))}
        | {"phase_seconds": dict(zip(each["phase_seconds"], random.uniform(0.1, 1, 6), strict=True))}
        for each in record.cases
    ]
    return replace(record, cases=cases)


def entries(record):
    """(case, implementation) -> entry, the case named by hand."""
    return {(f"{each['model']}, T = {each['timesteps']}", each["implementation"]): each for each in record.cases}


def test_a_frame_has_a_row_for_each_block_and_its_sizes():
    record = of_cases(entry(rates=[8.0, 4.0], width=2), entry("reference", [2.0], timesteps=4, peak_memory_bytes=None))
    first, second, third = bench_frame([record]).to_dict("records")
    assert (first["case"], first["T"], first["block"], second["block"]) == ("resnet20:2, T = 1", 1, 1, 2)
    assert (first["seconds"], second["seconds"], third["seconds"]) == (1, 2, 4)  # 8 images a step
    assert (first["memory"], first["floor"], first["backward_seconds"]) == (50, 0.5, 1.2)
    assert np.isnan(third["memory"]) and third["case"] == "resnet20, T = 4"
    assert first["machine"].startswith(CPU) and first["id"] == record.id


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_record_of_each_device_counts_gpus_first(order):
    records = [measured(CPU, OLD), measured(CPU, NEW), measured(GPU, OLD)][::order]
    found = speed.compared(bench_frame(records))
    assert list(dict.fromkeys(found["id"])) == [measured(GPU, OLD).id, measured(CPU, NEW).id]


@pytest.mark.parametrize("part", [speed.compared, speed.switched])
def test_a_newer_record_that_lacks_the_part_is_passed_over(part):
    lacking = of_cases(entry(), id=measured(CPU, NEW).id, started=NEW)
    assert set(part(bench_frame([measured(CPU, OLD), lacking]))["id"]) == {measured(CPU, OLD).id}
    with pytest.raises(CkdsnnError, match="run `ckdsnn bench --sweep true --switches true`"):
        part(bench_frame([lacking]))


def test_factors_are_over_the_reference_in_the_same_block(uneven):
    found, given = speed.compared(bench_frame([uneven])), entries(uneven)
    for row in found.to_dict("records"):
        own, other = (given[row["case"], name] for name in (row["implementation"], "reference"))
        block = row["block"] - 1
        assert row["factor"] == pytest.approx(own["images_per_second"][block] / other["images_per_second"][block])
        assert row["reached"] == pytest.approx(100 * own["floor"]["arithmetic_s"] * own["images_per_second"][block] / 8)
    (axes,) = speed.speedups(found).figure.axes
    rates = {key: each["images_per_second"] for key, each in given.items() if key[1] in IMPLEMENTATIONS}
    factors = [np.divide(own, rates[case, "reference"]) for (case, name), own in rates.items() if name != "reference"]
    points = np.concatenate([line.get_xdata() for line in axes.lines if line.get_marker() == "o"])
    np.testing.assert_allclose(sorted(points[np.isfinite(points)]), sorted(map(median, factors)))


def test_shares_are_those_of_the_parts_and_fill_each_bar(uneven):
    chart = speed.time_shares(speed.compared(bench_frame([uneven])))
    shares = chart.data.set_index(["case", "implementation", "part"])["share"].sort_index()
    for (case, name), each in entries(uneven).items():
        assert ((case, name) in shares.index) == (name in MAIN)
        if name in MAIN:
            for part, seconds in each["phase_seconds"].items():
                expected = 100 * seconds / sum(each["phase_seconds"].values())
                assert shares[case, name, PHASES[part][0]] == pytest.approx(expected)
    (axes,) = chart.figure.axes
    assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(shares.sum())


def test_switches_are_times_over_those_of_our_step(uneven):
    chart, given = speed.switch_costs(speed.switched(bench_frame([uneven]))), entries(uneven)
    assert set(chart.data["switch"]) == {"neuron=spikingjelly", "channels_last=False", "closed_cam=False"}
    for row in chart.data.to_dict("records"):
        ours, turned = (given[row["case"], name]["images_per_second"] for name in ("ours", SWITCHED + row["switch"]))
        assert row["cost"] == pytest.approx(ours[row["block"] - 1] / turned[row["block"] - 1])


def test_slope_and_standard_error_are_those_of_least_squares():
    x, y = np.array([1, 2, 3, 5, 8]), np.array([2.0, 3, 7, 9, 20])
    record = replace(measured(), sweep=[point("width", *one) for one in zip(x.tolist(), y, strict=True)])
    fit = linregress(np.log(x), np.log(y))
    assert readable(speed.exponent(sweep_frame([record]), "seconds")) == f"{fit.slope:.2f} ± {fit.stderr:.2f}"


def test_the_sweep_is_drawn_with_its_exponents_and_unknown_memory_is_left_out():
    sweep = [each | {"peak_memory_bytes": None} for each in measured().sweep]
    figure = speed.scaling(sweep_frame([replace(measured(), sweep=sweep)])).figure
    for time, memory in np.reshape(figure.axes, (-1, 2)):
        assert readable(time.get_title()) == "exponent 1.00 ± 0.00" and memory.get_title() == "exponent –"
        np.testing.assert_allclose(time.lines[0].get_ydata(), time.lines[0].get_xdata())  # 1 s at size 1, proportional
    assert len(speed.scaling(sweep_frame(benches())).figure.axes[0].get_title().splitlines()) == 2


def test_a_row_for_each_case_and_implementation():
    found = speed.bench_table("t", bench_frame([BenchRecord(**EXAMPLE)]))
    reference, ours = found.rows
    assert reference[2] == "reference"
    # 4 images/s against 2, 1 and 4 in the same blocks; the floor of 0.5 s over 8 / 4 s
    assert ours == ["resnet20", "1", "ours", "4", "4", "25", "20", "50"]
    assert found.header[4:6] == ["Over reference", "Floor (%)"], "no plain loop, and no power"


def test_what_is_unknown_has_no_column_and_what_is_known_of_some_a_dash():
    unknown = speed.bench_table("t", bench_frame([of_cases(entry(peak_memory_bytes=None))]))
    assert unknown.header == ["Network", "T", "Step", "Images/s", "Floor (%)", "Forward images/s"]
    drawn = [entry("spikingjelly", [4.0]), entry(rates=[8.0], watts=[2.0]), entry("ours-bf16", [2.0], timesteps=2)]
    told = speed.bench_table("t", bench_frame([of_cases(*drawn)]))
    over, per_watt = told.header.index("Over spikingjelly"), told.header.index("Images/s/W")
    assert [row[over] for row in told.rows] == ["1", "2", "–"]
    assert [row[per_watt] for row in told.rows] == ["–", "4", "–"]


def test_the_answer_has_the_gains_and_the_share_of_each_machine():
    slow = [entry("reference", [2.0]), entry(rates=[5.0]), entry("reference", [1.0], timesteps=4)]
    record = of_cases(*slow, entry(rates=[2.0], timesteps=4), entry(rates=[9.0], timesteps=8))
    lines = speed.answer(speed.compared(bench_frame([record, measured(GPU)]))).splitlines()
    (cpu,), (gpu,) = ([line for line in lines if device in line] for device in (CPU, GPU))
    # the floor is 0.5 s; a step of 8 images takes 1.6 and 4 s
    assert "2.0 to 2.5 times as fast as the released recipe; 12 to 31 %" in cpu
    assert "2.0 times as fast as the released recipe, 1.6 times as fast as spikingjelly;" in gpu


def test_the_answer_has_the_gains_with_a_compiled_neuron_and_in_float32_where_they_were_measured():
    others = [entry("ours-compiled", rates=[10.0]), entry("ours-fp32", rates=[7.5])]
    told = speed.answer(speed.compared(bench_frame([of_cases(entry("reference", [2.0]), entry(rates=[5.0]), *others)])))
    assert "2.5 times as fast as the released recipe (5.0 with a compiled neuron and 3.8 in float32, see below)" in told


def test_all_that_is_measured_has_a_colour():
    assert list(PHASES) == list(entry()["phase_seconds"])
    assert set(IMPLEMENTATIONS) == set(bench_cases.IMPLEMENTATIONS)


@pytest.mark.parametrize("eyes", SEEN_BY)
@pytest.mark.parametrize("colours", [IMPLEMENTATIONS.values(), dict(PHASES.values()).values()])
def test_any_two_can_be_told_apart(colours, eyes):
    seen = [lab(SEEN_BY[eyes] @ linear(colour)) for colour in colours]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) >= LEAST


def test_without_any_measurement_the_error_says_how_to_make_one():
    with pytest.raises(CkdsnnError, match="no measurement of the training step; run `ckdsnn bench"):
        speed.compared(bench_frame([]))
