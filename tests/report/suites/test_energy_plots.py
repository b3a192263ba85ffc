"""Energy: what the table says can be worked out from the records."""

from dataclasses import replace
from statistics import mean

import pytest

from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.energy_plots import accuracy_against_energy, legend_entries
from ckdsnn.report.suites.energy_tables import ENERGIES, energy_table
from ckdsnn.report.tables import RATE, whole
from tests.report.examples import cells_of


def test_the_table_holds_means_of_the_records(record):
    teacher = replace(record, final=record.final | {"firing_rate": {}})
    cells = cells_of(record, {"kd": [50.0, 52.0]})
    table = energy_table("t", "c", cells, teacher)
    energy, rates = record.final["energy"], cells["kd"][0].final["firing_rate"]
    kd = dict(zip(table.header, table.rows[1], strict=True))
    assert kd["Network"] == "KD" and kd["Test accuracy (%)"] == f"{whole('51.00 ± 1.41')} {whole('(n = 2)')}"
    assert kd["AC (10³)"] == f"{energy['ac'] / 1000:.0f}" and kd["MAC (10³)"] == f"{energy['mac'] / 1000:.0f}"
    assert kd["With memory (µJ)"] == f"{(energy['compute_nj'] + energy['memory_nj']) / 1000:.2f}"
    assert kd[RATE] == whole(f"{100 * mean(rates.values()):.1f} ± 0.0")
    assert table.rows[0][0] == "Teacher (ANN)" and table.rows[0][-1] == "–"


def test_the_two_accounts_differ_by_the_memory(record):
    memory = record.final["energy"]["memory_nj"] / 1000  # in microjoule, as all that is shown
    arithmetic, both = (of(record) for of in ENERGIES.values())
    assert both - arithmetic == pytest.approx(memory) and memory > 0


def test_only_a_number_of_time_steps_is_left_out_of_the_legend(record):
    names = ["snn", "snn-t4", "nld-noise0.5", "ckdsnn-count-l2", "ckdsnn-ts4"]
    _, labels = legend_entries(cells_of(record, {name: [50.0] for name in names}), [1, 4])
    assert labels == [*(label_of(name) for name in names if name != "snn-t4"), "T = 1", "T = 4"]


def test_every_point_lies_well_inside_the_axes(record):
    for axes in accuracy_against_energy(cells_of(record, {"snn": [50.0], "kd": [60.0]})).axes:
        low, high = axes.get_xlim()
        for x in (line.get_xdata()[0] for line in axes.lines):
            assert low < x < high
