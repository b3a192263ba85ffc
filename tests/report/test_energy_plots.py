"""Energy: what the table says can be worked out from the records."""

from dataclasses import replace
from statistics import mean

import pytest

from ckdsnn.report.energy_plots import ENERGIES, energy_table
from ckdsnn.report.tables import RATE, whole
from tests.report.conftest import cells_of


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
    energy = record.final["energy"]
    arithmetic, both = (of(energy) for of in ENERGIES.values())
    assert both - arithmetic == pytest.approx(energy["memory_nj"]) and energy["memory_nj"] > 0
