"""Energy: what table, figures and answer say can be worked out from the records."""

from dataclasses import replace
from statistics import mean

import numpy as np
import pytest

from ckdsnn.analysis.cells import Cells
from ckdsnn.records.frame import Records
from ckdsnn.report.energy import RATE, accuracy_against_energy, answer, energies, energy_table, firing_rates
from ckdsnn.report.tables import whole
from tests.report.examples import cells_of, over_time_cells, readable, record_of, runs_of


def dearer(record, factor):
    """The run with so many times the energy of both kinds."""
    energy = {name: factor * record.final["energy"][name] for name in ("compute_nj", "memory_nj")}
    return replace(record, final=record.final | {"energy": record.final["energy"] | energy})


@pytest.fixture
def teachers(record):
    teacher = dearer(record_of(record, "teacher"), 3)
    return Records([replace(teacher, final=teacher.final | {"firing_rate": {}})]).frame()


def test_the_table_holds_means_of_the_records(record, teachers):
    table = energy_table("t", "c", runs_of(record, {"kd": [50.0, 52.0]}), teachers)
    energy, rates = record.final["energy"], cells_of(record, {"kd": [50.0]})["kd"][0].final["firing_rate"]
    ann, kd = (dict(zip(table.header, row, strict=True)) for row in table.rows)
    assert kd["Network"] == "KD" and readable(kd["Test accuracy (%)"]) == "51.00 ± 1.41 (n = 2)"
    assert kd["AC (10³)"] == f"{energy['ac'] / 1000:.0f}" and kd["MAC (10³)"] == f"{energy['mac'] / 1000:.0f}"
    both = (energy["compute_nj"] + energy["memory_nj"]) / 1000
    assert kd["Arithmetic and memory (µJ)"] == whole(f"{both:.2f} ± 0.00")
    assert kd[RATE] == whole(f"{100 * mean(rates.values()):.2f} ± 0.00")
    assert ann["Network"] == "Teacher (ANN)" and ann[RATE] == "–"
    assert ann["Arithmetic and memory (µJ)"] == f"{3 * both:.2f}"


def test_efficiency_is_accuracy_for_the_arithmetic_alone(record):
    found = energies(runs_of(record, {"kd": [50.0]})).iloc[0]
    assert found["efficiency"] == pytest.approx(50.0 / (record.final["energy"]["compute_nj"] / 1000))
    assert found["with_memory"] - found["arithmetic"] == pytest.approx(record.final["energy"]["memory_nj"] / 1000)


def test_every_run_is_a_point_well_inside_both_panels(record):
    cells = over_time_cells(record)
    chart = accuracy_against_energy(Cells(cells).frame())
    for axes, account in zip(chart.figure.axes, ("arithmetic", "with_memory"), strict=True):
        dots = np.concatenate([found.get_offsets() for found in axes.collections])
        assert sorted(dots[:, 0]) == pytest.approx(sorted(chart.data[account])) and len(dots) == len(chart.data)
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert ((left < dots[:, 0]) & (dots[:, 0] < right) & (low < dots[:, 1]) & (dots[:, 1] < high)).all()


def test_the_rates_of_each_layer_are_drawn_in_percent(record):
    cells = Cells(cells_of(record, {"snn": [50.0, 51.0], "ckdsnn": [52.0]}))
    (axes,) = firing_rates(cells.records.layers()).figure.axes
    rates = [100 * rate for rate in cells["snn"][0].final["firing_rate"].values()]
    assert any(line.get_ydata() == pytest.approx(rates) for line in axes.lines if len(line.get_ydata()) == len(rates))


def test_the_answer_has_the_paired_change_and_how_much_more_the_teacher_takes(record, teachers):
    cells = cells_of(record, {"snn": [50.0, 51.0, 52.0], "ckdsnn": [55.0, 56.0, 57.5]})
    cells["ckdsnn"] = [dearer(run, factor) for run, factor in zip(cells["ckdsnn"], (1.1, 1.2, 1.3), strict=True)]
    text = readable(answer(Cells(cells).frame(), teachers))
    assert f"+{0.2 * record.final['energy']['compute_nj'] / 1000:.2f} [" in text and "(n = 3)" in text
    assert "takes 3 times the plain SNN's energy, or 3 times with memory" in text
    alone = dearer(cells_of(record, {"snn": [50.0] * 4})["snn"][3], 5)  # has no partner and takes no part
    assert readable(answer(Cells(cells | {"snn": [*cells["snn"], alone]}).frame(), teachers)) == text
