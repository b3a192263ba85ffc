"""Energy in sentences: the numbers are the records', and a firing rate that moves against the energy is named."""

from dataclasses import replace

from ckdsnn.report.suites.energy_words import findings
from tests.report.examples import cells_of


def changed(records, energy=1.0, rate=1.0):
    """The records with so many times the energy and the firing rates."""
    return [
        replace(
            r,
            final=r.final
            | {"energy": r.final["energy"] | {"compute_nj": energy * r.final["energy"]["compute_nj"]}}
            | {"firing_rate": {layer: rate * value for layer, value in r.final["firing_rate"].items()}},
        )
        for r in records
    ]


def said(cells, teacher):
    return findings(cells, teacher).splitlines()


def test_methods_come_by_their_cost_and_what_moves_apart_is_named(record):
    cells = cells_of(record, {method: [50.0, 52.0] for method in ("snn", "kd", "samd-count", "ckdsnn-count")})
    cells["kd"] = changed(cells["kd"], 1.1, 1.2)
    cells["samd-count"] = changed(cells["samd-count"], 0.9, 0.5)
    cells["ckdsnn-count"] = changed(cells["ckdsnn-count"], 1.05, 0.9)
    cost, apart, _ = said(cells, record)
    plain = record.final["energy"]["compute_nj"] / 1000
    assert f"SNN, no distillation {plain:.2f} µJ; against it: SAMD (count) -10.0 %; CKDSNN (count) +5.0 %; KD" in cost
    assert apart.startswith("- Mean firing rate and energy move apart for: CKDSNN (count) (-")
    assert "SAMD" not in apart and "KD (+" not in apart


def test_no_method_is_said_where_rate_and_energy_go_together(record):
    cells = cells_of(record, {method: [50.0] for method in ("snn", "kd")})
    cells["kd"] = changed(cells["kd"], 1.1, 1.2)
    assert said(cells, record)[1].endswith("for: no method.")


def test_the_teacher_is_told_with_the_names_of_both_networks(record):
    cells = cells_of(record, {"snn": [50.0]})
    energy = {name: 3 * record.final["energy"][name] for name in ("compute_nj", "memory_nj")}
    teacher = replace(
        record,
        recipe=record.recipe | {"model": "resnet20"},
        final=record.final | {"energy": record.final["energy"] | energy},
    )
    (told,) = said(cells, teacher)
    student = record.recipe["model"]
    assert told.startswith(
        f"- Teacher (ANN), a resnet20, against the SNN, a {student}: 3 times as much by arithmetic, 3 times"
    )
