"""What the records say about energy, in sentences: every number is computed from them."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

from ckdsnn.recipe.conditions import TEACHER
from ckdsnn.records import Record
from ckdsnn.report.compare import Cells
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.energy_tables import ENERGIES
from ckdsnn.report.words import listed

PLAIN = "snn"


def findings(cells: Cells, teacher: Record) -> str:
    """All sentences: each method against the plain SNN, and the SNN against its teacher."""
    return listed([*method_findings(cells), teacher_finding(cells[PLAIN], teacher)])


def method_findings(cells: Cells) -> Iterator[str]:
    """Energy of each method minus that of the plain SNN, the cheapest first, and where firing rates say otherwise."""
    energy = {method: mean(record.arithmetic_energy for record in records) for method, records in cells.items()}
    rate = {method: mean(record.firing_rate for record in records) for method, records in cells.items()}
    plain = energy.pop(PLAIN)
    if not energy:
        return
    cost = {method: found / plain - 1 for method, found in energy.items()}
    parts = [f"{label_of(method)} {100 * cost[method]:+.1f} %" for method in sorted(cost, key=cost.get)]
    yield f"Arithmetic of one image, {label_of(PLAIN)} {plain:.2f} µJ; against it: {'; '.join(parts)}."
    fired = {method: rate[method] - rate[PLAIN] for method in cost}
    apart = [
        f"{label_of(method)} ({fired[method]:+.1f} points, {100 * cost[method]:+.1f} %)"
        for method in cost
        if fired[method] * cost[method] < 0
    ]
    yield f"Mean firing rate and energy move apart for: {'; '.join(apart) or 'no method'}."


def teacher_finding(students: Sequence[Record], teacher: Record) -> str:
    """How many times as much energy the ANN teacher takes, by both accounts."""
    parts = [f"{ratio:.0f} times as much by {account}" for account, ratio in ratios(students, teacher).items()]
    return (
        f"{TEACHER}, a {teacher.recipe['model']}, against the SNN, a {students[0].recipe['model']}: {', '.join(parts)}."
    )


def ratios(students: Sequence[Record], teacher: Record) -> Mapping[str, float]:
    """Account of energy -> the teacher's over the students' mean."""
    return {account: energy_of(teacher) / mean(map(energy_of, students)) for account, energy_of in ENERGIES.items()}
