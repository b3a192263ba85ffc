"""Tables of a measurement: every number by hand, and exponents of known laws."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BenchRecord
from ckdsnn.report.speed.entries import shares
from ckdsnn.report.speed.tables import BF16_NOTE, bench_table, exponent, sweep_table
from tests.bench_example import EXAMPLE, entry, point
from tests.report.examples import readable

RECORD = BenchRecord(**EXAMPLE)


def test_a_row_for_each_case_and_implementation():
    table = bench_table("t", RECORD)
    assert [row[1] for row in table.rows] == ["reference", "ours"]
    assert dict(zip(table.header, table.rows[1], strict=True)) == {
        "Case": "resnet20, width 1, T = 1, batch 8",
        "Step": "ours",
        "Full step (images/s)": "4 (2 to 8)",
        "Factor": "2.00",  # 4 images/s over 2
        "Forward (images/s)": "20",
        "Memory (MB)": "50",
        "data / teacher / student / losses / backward / optimiser (%)": "5.0 / 10.0 / 15.0 / 5.0 / 60.0 / 5.0",
        "Floor (%)": "25",  # 0.5 s over 8 / 4 s
    }


def test_the_brief_table_leaves_out_what_figures_show():
    turned = replace(RECORD, cases=[*RECORD.cases, entry("ours, channels_last=False")])
    whole, brief = bench_table("t", RECORD), bench_table("t", turned, brief=True)
    assert [list(brief.header), *map(list, brief.rows)] == [list(r)[:-1] for r in (whole.header, *whole.rows)]


def test_shares_add_up_to_one():
    assert sum(shares(entry()).values()) == pytest.approx(1)


def test_the_factor_is_over_the_reference_of_the_same_case():
    cases = [entry("reference", [1.0]), entry(rates=[3.0]), entry(rates=[8.0], timesteps=4)]
    assert [row[3] for row in bench_table("t", replace(RECORD, cases=cases)).rows] == ["1.00", "3.00", "–"]


def test_unknown_memory_is_a_dash():
    record = replace(RECORD, cases=[entry(peak_memory_bytes=None)])
    assert bench_table("t", record).rows[0][5] == "–"


@pytest.mark.parametrize(
    ("dtype", "device", "noted"),
    [("bfloat16", "cpu: x", True), ("float32", "cpu: x", False), ("bfloat16", "cuda: x", False)],
)
def test_bf16_on_a_cpu_is_explained(dtype, device, noted):
    record = replace(RECORD, cases=[entry(dtype=dtype)], env=RECORD.env | {"device": device})
    caption = bench_table("t", record).caption
    assert (BF16_NOTE in caption) == noted and device in caption


def test_the_caption_tells_blocks_and_processes():
    assert "3 blocks each" in bench_table("t", RECORD).caption
    assert "spreads over 2 processes" in bench_table("t", RECORD).caption


@pytest.mark.parametrize("power", [-1, 0, 0.5, 2])
def test_a_power_law_has_its_exponent_without_error(power):
    slope, error = exponent({x: 7 * x**power for x in (1, 2, 4, 16)})
    assert slope == pytest.approx(power, abs=1e-12) and error == pytest.approx(0, abs=1e-12)


def test_slope_and_standard_error_are_those_of_least_squares():
    x, y = np.array([1.0, 2, 3, 5, 8, 13]), np.array([2.0, 3, 7, 9, 20, 22])
    coefficients, covariance = np.polyfit(np.log(x), np.log(y), 1, cov=True)
    expected = coefficients[0], covariance[0, 0] ** 0.5
    assert exponent(dict(zip(x, y, strict=True))) == pytest.approx(expected)


@pytest.mark.parametrize("points", [{}, {1: 1, 2: 2}, {1: 1, 2: 2, 3: 0}, {0: 1, 2: 2, 3: 3}])
def test_points_without_an_exponent_are_refused(points):
    with pytest.raises(CkdsnnError, match="expected at least three sizes and costs, all above 0"):
        exponent(points)


def test_a_sweep_has_a_row_for_each_axis():
    sweep = [point("timesteps", t, 0.5 * t) for t in (1, 2, 4)]
    sweep += [point("width", w, 0.1 * w**2, memory=None) for w in (1, 2, 4)]
    table = sweep_table("s", replace(RECORD, sweep=sweep))
    assert [list(map(readable, row)) for row in table.rows] == [
        ["timesteps", "1 / 2 / 4", "500 / 1000 / 2000", "1.00 ± 0.00", "1 / 1 / 1", "0.00 ± 0.00"],
        ["width", "1 / 2 / 4", "100 / 400 / 1600", "2.00 ± 0.00", "– / – / –", "–"],
    ]


def test_on_a_screen_columns_are_aligned():
    lines = bench_table("t", RECORD).text().splitlines()
    starts = [[match.start() for match in re.finditer(r"(?<=  )\S", line)] for line in lines[:3]]
    assert starts[0] == starts[1] == starts[2] and len(starts[0]) == 7
