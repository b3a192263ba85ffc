"""What networks of the paper's own size have reached, method by method, as Markdown."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ckdsnn.recipe import Recipe
from ckdsnn.records import Record
from ckdsnn.report.compare import Cells, Comparison, Values, accuracies, compare_runs
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.pages.results import NAMES, setting
from ckdsnn.report.suites.pairs import pair_findings
from ckdsnn.report.suites.tables import PAIRED_T, marked, remarks, with_n, with_remarks
from ckdsnn.report.tables import DASH, Table, mean_sd, spread

BASELINES = ("snn", "nld")
# the first release has a ReLU at its end, which is worth much by itself: what has it too is the control
FAIR = {"The first release, minus NLD with the same ReLU at the end": ("ckdsnn-first", "nld-with-relu")}
TESTED, VALIDATED = "Test accuracy, last epoch (%), mean ± sd (n)", "Validation accuracy (%), mean ± sd (n)"
DIFFERENCES = tuple(f"minus {label_of(baseline)}, points {PAIRED_T}" for baseline in BASELINES)
ALIGNED = "Alignment of SAM with CAM, mean ± sd"


class Scale(NamedTuple):
    """What is on record of one setting of the paper's networks."""

    cells: Cells
    aligned: Values
    """the alignment of each run's maps, as far as its maps have a teacher's beside them"""
    teachers: Sequence[Record]
    student: Mapping
    """the recipe of a student, as a mapping"""
    teacher: Mapping
    """the recipe of the teacher, as a mapping"""


def name_of(recipe: Mapping, teachers: Sequence[Record]) -> str:
    """A student's network, data, T, schedule and teacher in words."""
    network, data = (NAMES[recipe[field]] for field in ("model", "dataset"))
    kept = recipe.get("validation_images", 0)
    images = f", all training images but {kept:,} for validation" if kept else ""
    taught = f", teacher {spread([teacher.accuracy for teacher in teachers])} %" if teachers else ""
    length = f"{recipe['epochs']} of {Recipe.epochs} epochs"
    return f"{network} on {data}, T = {recipe['timesteps']}, {length}{images}{taught}"


def scale_part(name: str, found: Scale) -> str:
    """One setting: what its runs have in common, then a row for the teacher and one for each method.

    name: the setting's.
    """
    runs = {"teacher": found.teachers} if found.teachers else {}
    runs |= {method: found.cells[method] for method in in_families(found.cells, BASELINES[0])}
    pairs = [(method, baseline) for method in found.cells for baseline in BASELINES if method != baseline]
    compared = compare_runs(found.cells, pairs)
    columns = columns_of(found, runs, compared)
    rows = [
        [marked(label_of(method), records), *(column.get(method, DASH) for column in columns.values())]
        for method, records in runs.items()
    ]
    notes = ["; ".join(filter(None, (remarks(c) for c in compared if c.method == method))) for method in runs]
    devices = sorted({run.env["device"] for records in runs.values() for run in records})
    caption = f"{name_of(found.student, found.teachers)}. Hardware: {', '.join(devices)}."
    table = Table(f"scale-{name}", caption, *with_remarks(["Network", *columns], rows, notes))
    parts = [setting(found.student, found.teacher), table.markdown()]
    return "\n\n".join(parts + [pair_findings(found.cells, FAIR)] * (set(*FAIR.values()) <= found.cells.keys()))


def columns_of(found: Scale, runs: Cells, compared: Sequence[Comparison]) -> dict[str, dict[str, str]]:
    """Head of a column -> method -> its text; the validation accuracy where there are validation images."""
    columns = {TESTED: {method: mean_sd(accuracies(records).values()) for method, records in runs.items()}}
    for title, baseline in zip(DIFFERENCES, BASELINES, strict=True):
        columns[title] = {one.method: with_n(one) for one in compared if one.baseline == baseline}
    if found.student.get("validation_images"):
        columns[VALIDATED] = {method: validation(records) for method, records in runs.items()}
    columns[ALIGNED] = {method: spread(list(values.values())) for method, values in found.aligned.items()}
    return columns


def validation(records: Sequence[Record]) -> str:
    """The accuracy on the validation images; a dash where there are none."""
    values = [record.validation_accuracy for record in records if record.validation_accuracy is not None]
    return mean_sd(values) if values else DASH


def pilot_table(name: str, caption: str, cells: Cells) -> Table:
    """One row a method of a pilot: its accuracy on the validation images, the best marked."""
    best = max(cells, key=lambda method: cells[method][0].validation_accuracy, default="")
    rows = [
        [label_of(method), validation(records), "yes" if method == best else DASH] for method, records in cells.items()
    ]
    return Table(name, caption, ["Student", VALIDATED, "Best"], rows)
