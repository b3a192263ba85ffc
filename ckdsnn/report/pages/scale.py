"""What networks of the paper's own size have reached, method by method, as Markdown."""

from collections.abc import Mapping, Sequence

from ckdsnn.records import Record
from ckdsnn.report.compare import Cells, Values, accuracies, compare, values_of
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.pages.results import NAMES, setting
from ckdsnn.report.suites.tables import marked, with_n
from ckdsnn.report.tables import DASH, Table, mean_sd, spread

BASELINES = ("snn", "nld")
HEADER = [
    "Network",
    "Test accuracy, last epoch (%), mean ± sd (n)",
    *(f"Less {label_of(baseline)}, points" for baseline in BASELINES),
    "Alignment of SAM with CAM, mean ± sd",
]


def name_of(recipe: Mapping) -> str:
    """A student's network, data, T and schedule in words."""
    network, data = (NAMES[recipe[field]] for field in ("model", "dataset"))
    return f"{network} on {data}, T = {recipe['timesteps']}, {recipe['epochs']} epochs"


def scale_part(
    name: str, cells: Cells, aligned: Values, teachers: Sequence[Record], student: Mapping, teacher: Mapping
) -> str:
    """One setting: what its runs have in common, then a row for the teacher and one for each method.

    name: the setting's. aligned: the alignment of each run's maps, as far as its maps have a teacher's beside them.
    student, teacher: the recipes of a student and of the teacher, as mappings.
    """
    rows = [network_row("teacher", teachers, {}, {})] if teachers else []
    rows += [network_row(method, cells[method], cells, aligned) for method in in_families(cells, BASELINES[0])]
    devices = sorted({run.env["device"] for runs in (teachers, *cells.values()) for run in runs})
    caption = f"{name_of(student)}. Hardware: {', '.join(devices)}."
    return f"{setting(student, teacher)}\n\n{Table(f'scale-{name}', caption, HEADER, rows).markdown()}"


def network_row(method: str, records: Sequence[Record], cells: Cells, aligned: Values) -> list[str]:
    """A method's accuracy, its differences from the baselines that are among the cells, and its alignment."""
    return [
        marked(label_of(method), records),
        mean_sd(accuracies(records).values()),
        *(difference(method, baseline, cells) for baseline in BASELINES),
        spread(list(aligned[method].values())) if method in aligned else DASH,
    ]


def difference(method: str, baseline: str, cells: Cells) -> str:
    """By pairs of one seed; a dash where there is none, and for the baseline itself."""
    pairs = [(method, baseline)] if method != baseline else []
    return next(map(with_n, compare(values_of(cells), pairs)), DASH)
