"""Energy: what table, figures and answer say can be worked out from the records."""

from dataclasses import replace
from statistics import mean

import numpy as np
import pytest

from ckdsnn.analysis.cells import Cells
from ckdsnn.records.frame import Records
from ckdsnn.report.energy import (
    HEADS,
    RATE,
    accuracy_against_energy,
    answer,
    behind_pools,
    counted_table,
    energies,
    energy_table,
    firing_rates,
    folding,
)
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
    assert kd[HEADS["ac"]] == f"{energy['ac'] / 1000:.0f}" and kd[HEADS["mac"]] == f"{energy['mac'] / 1000:.0f}"
    both = (energy["compute_nj"] + energy["memory_nj"]) / 1000
    assert kd[HEADS["with_memory"]] == whole(f"{both:.2f} ± 0.00")
    assert kd[HEADS["folded"]] == whole(f"{energy['folded']['compute_nj'] / 1000:.2f} ± 0.00")
    assert kd[RATE] == whole(f"{100 * mean(rates.values()):.2f} ± 0.00")
    assert ann["Network"] == "Teacher (ANN)" and ann[RATE] == "–"
    assert ann[HEADS["with_memory"]] == f"{3 * both:.2f}"


def test_records_of_one_convention_have_a_dash_for_the_other(record, teachers):
    older = {name: value for name, value in record.final["energy"].items() if name not in ("folded", "convention")}
    runs = runs_of(replace(record, final=record.final | {"energy": older}), {"kd": [50.0, 52.0]})
    table = energy_table("t", "c", runs, teachers)
    _, kd = (dict(zip(table.header, row, strict=True)) for row in table.rows)
    assert kd[HEADS["folded"]] == "–" and kd[HEADS["arithmetic"]] != "–"


def test_both_conventions_stand_beside_each_other(record):
    runs = runs_of(record, {"kd": [50.0]})
    ((row,), head) = (table := counted_table("t", "c", runs)).rows, table.header
    energy, cells = record.final["energy"], dict(zip(head, row, strict=True))
    for name, counts in (("strict", energy), ("folded", energy["folded"])):
        assert cells[f"MAC (10³), {name}"] == f"{counts['mac'] / 1000:.0f}"
        assert cells[f"Arithmetic (µJ), {name}"] == f"{counts['compute_nj'] / 1000:.2f}"
    saved = 100 * (1 - energy["folded"]["compute_nj"] / energy["compute_nj"])
    assert f"these students {whole(f'{saved:.0f}')} % less" in folding(runs)


def test_what_further_steps_multiply_is_behind_pools(record):
    """1,000 MACs in each step behind pools, 500 once."""

    def at(steps):
        energy = {"mac": 500.0 + 1000 * steps, "compute_nj": 4.6 * (0.5 + steps) + 2.3 * steps}
        run = replace(record, recipe=record.recipe | {"timesteps": steps})
        return replace(run, final=run.final | {"energy": record.final["energy"] | energy})

    runs = Records([at(1), at(2), at(4)]).frame()
    shares = [4.6 * steps / (4.6 * (0.5 + steps) + 2.3 * steps) for steps in (1, 2, 4)]
    expected = ", ".join(f"{100 * share:.0f} % at T = {steps}" for share, steps in zip(shares, (1, 2, 4), strict=True))
    assert f"energy: {expected}." in readable(behind_pools(runs, 4.6)) and behind_pools(runs[:1], 4.6) == ""


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
    assert "changes the arithmetic energy" in text
    assert f"+{0.2 * record.final['energy']['compute_nj'] / 1000:.2f} [" in text and "(n = 3)" in text
    assert "takes 3 times the plain SNN's energy, or 3 times with memory" in text
    alone = dearer(cells_of(record, {"snn": [50.0] * 4})["snn"][3], 5)  # has no partner and takes no part
    assert readable(answer(Cells(cells | {"snn": [*cells["snn"], alone]}).frame(), teachers)) == text
