"""The pages of results, of differences and of how to reproduce: Markdown from records and published numbers."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from ckdsnn.records import Record
from ckdsnn.records.paper import Published
from ckdsnn.report.compare import Cells, accuracies, compare, values_of
from ckdsnn.report.labels import label_of
from ckdsnn.report.suite_tables import in_points
from ckdsnn.report.tables import Table, firing, mean_sd

DASH = "–"
DATASETS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100"}  # as published -> here
MODELS = {"ResNet-19": "resnet19", "ResNet-20": "resnet20"}


def is_of(record: Record, entry: Published) -> bool:
    """Whether a paper-tier run is of the published entry's network, data, T and method."""
    recipe = record.recipe
    same = (recipe["dataset"], recipe["model"], recipe["timesteps"])
    return (
        record.tier == "paper"
        and same == (DATASETS.get(entry.data), MODELS.get(entry.student), entry.timesteps)
        and recipe["name"].endswith(f"-{entry.method}")
    )


def published_table(entries: Iterable[Published], records: Sequence[Record]) -> str:
    """Every published number, and beside it ours of the paper's tier, where there is one."""
    header = ["Data", "Student", "T", "Method", "Published (%)", "How sure", "Ours (%), last epoch"]
    rows = []
    for entry in entries:
        ours = by_epochs(record for record in records if is_of(record, entry))
        own = "; ".join(f"{mean_sd(accuracies(runs).values())}, {epochs} epochs" for epochs, runs in ours.items())
        sure = f"{entry.certainty}; {entry.remark}" if entry.remark else entry.certainty
        known = [entry.data, entry.student, str(entry.timesteps or "?"), label_of(entry.method)]
        rows.append([*known, f"{entry.accuracy:.2f}", sure, own or DASH])
    return Table(
        "results-published", "Published test accuracies, and ours at the paper's scale", header, rows
    ).markdown()


def by_epochs(records: Iterable[Record]) -> dict[int, list[Record]]:
    """Records grouped by the length of their schedule."""
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(record.recipe["epochs"], []).append(record)
    return dict(sorted(found.items()))


def own_table(cells: Cells) -> str:
    """One row a method: what this book's own runs of one tier have reached."""
    header = ["Method", "Test accuracy, last epoch (%)", "Best epoch, chosen on the test set (%)"]
    header += ["Firing rate (%)", "Energy, arithmetic (nJ)"]
    rows = [
        [
            label_of(method),
            mean_sd(accuracies(records).values()),
            f"{mean(record.final['best_accuracy']['value'] for record in records):.2f}",
            firing(records),
            f"{mean(record.final['energy']['compute_nj'] for record in records):.0f}",
        ]
        for method, records in cells.items()
    ]
    return Table("results-own", "Our runs, mean ± standard deviation over the seeds", header, rows).markdown()


def worth(cells: Cells, variant: str, baseline: str) -> str:
    """What a variant is worth in points of accuracy: the paired difference, or that it is not measured yet."""
    found = compare(values_of(cells), [(variant, baseline)])
    return f"{in_points(found[0])} (n = {found[0].n})" if found else "not measured yet"


def reproduce_table(suites: Mapping[str, Cells], notebooks: Mapping[str, str]) -> str:
    """One row a suite: its page, the command that repeats it, how many runs are on record and what they took.

    notebooks: suite -> page; a suite without records is listed with its command all the same.
    """
    header = ["Figure and table", "Command", "Runs on record", "Core hours", "Hardware"]
    rows = []
    for suite, page in notebooks.items():
        records = [record for runs in suites[suite].values() for record in runs]
        seeds = max((record.seed + 1 for record in records), default=3)
        hours = sum(record.seconds * record.env["threads"] for record in records) / 3600
        devices = ", ".join(sorted({record.env["device"] for record in records})) or DASH
        command = f"`ckdsnn suite {suite} --tier reduced --seeds {seeds} --jobs 2 --engine.remember_teacher true`"
        link = f"[{suite}](../{page})"
        rows.append([link, command, str(len(records)), f"{hours:.1f}" if records else DASH, devices])
    return Table("reproduce-suites", "What stands behind each page, and how to repeat it", header, rows).markdown()
