"""Energy of one inference by two accounts, and the table of it."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from statistics import mean

from ckdsnn.recipe.conditions import TEACHER
from ckdsnn.records import Record
from ckdsnn.report.compare import Cells, accuracies
from ckdsnn.report.labels import label_of
from ckdsnn.report.tables import RATE, Table, firing, mean_sd

ENERGIES: Mapping[str, Callable[[Record], float]] = {  # account -> microjoule for one image
    "arithmetic": attrgetter("arithmetic_energy"),
    "arithmetic and memory": attrgetter("whole_energy"),
}


def energy_table(name: str, caption: str, cells: Cells, teacher: Record) -> Table:
    """One row a method, the teacher first: accuracy, counted operations, energy by both accounts, mean firing rate."""
    header = ["Network", "Test accuracy (%)", "MAC (10³)", "AC (10³)", "Arithmetic (µJ)", "With memory (µJ)"]
    header.append(RATE)
    rows = [energy_row(TEACHER, [teacher])]
    return Table(name, caption, header, rows + [energy_row(label_of(method), runs) for method, runs in cells.items()])


def energy_row(label: str, records: Sequence[Record]) -> list[str]:
    """Means over the records, of accuracy and firing rate with their sd."""
    counts = [f"{mean(record.final['energy'][kind] for record in records) / 1000:.0f}" for kind in ("mac", "ac")]
    costs = [f"{mean(map(energy_of, records)):.2f}" for energy_of in ENERGIES.values()]
    return [label, mean_sd(accuracies(records).values()), *counts, *costs, firing(records)]
