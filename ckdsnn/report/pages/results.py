"""The page of results: published numbers, and what this book's own runs have reached, as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from ckdsnn.records import Record
from ckdsnn.records.paper import Published
from ckdsnn.report.compare import Cells, accuracies
from ckdsnn.report.labels import label_of
from ckdsnn.report.style import METHODS
from ckdsnn.report.suites.tables import marked, owners
from ckdsnn.report.tables import DASH, ENERGY, RATE, Table, arithmetic, best_epoch, firing, mean_sd

NAMES = {  # of data sets and networks, as published
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "resnet8": "ResNet-8",
    "resnet19": "ResNet-19",
    "resnet20": "ResNet-20",
}
OURS = {  # method as published -> what it is here; which reading of the maps the paper means is not settled
    "CKDSNN": ("ckdsnn", "ckdsnn-sample"),
    "KDSNN": ("kdsnn",),
    "BKDSNN": ("bkd",),
}
WORKS = {  # method as published -> key of its publication
    "CKDSNN": "ckdsnn",
    "EnOF": "enof",
    "KDSNN": "kdsnn",
    "BKDSNN": "bkdsnn",
    "MEOM": "meom",
    "temporal-decoupling KD": "temporal",
    "HTA-KL": "htakl",
    "TKS": "tks",
}
ALONE = "No run at the paper's scale is on record yet: these are published numbers alone."


def is_of(record: Record, entry: Published, method: str) -> bool:
    """Whether a paper-tier run of the recipe that its name promises is of the entry's network, data and T."""
    recipe = record.recipe
    same = NAMES.get(recipe["dataset"]), NAMES.get(recipe["model"]), recipe["timesteps"]
    named = recipe["name"].endswith(f"-{method}")
    return record.tier == "paper" and named and same == (entry.data, entry.student, entry.timesteps)


def ours(entry: Published, records: Sequence[Record]) -> str:
    """What our runs of a published entry have reached, by method and length of the schedule; "" for none."""
    parts = [
        f"{label_of(method)}: {mean_sd(accuracies(runs).values())}, {epochs} epochs"
        for method in OURS.get(entry.method, ())
        for epochs, runs in by_epochs(record for record in records if is_of(record, entry, method)).items()
    ]
    return "; ".join(parts)


def shown(entries: Iterable[Published], records: Iterable[Record]) -> list[Record]:
    """The records that stand beside a published number."""
    pairs = [(entry, method) for entry in entries for method in OURS.get(entry.method, ())]
    return [record for record in records if any(is_of(record, *pair) for pair in pairs)]


def by_epochs(records: Iterable[Record]) -> dict[int, list[Record]]:
    """Records grouped by the length of their schedule."""
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(record.recipe["epochs"], []).append(record)
    return dict(sorted(found.items()))


def published_tables(entries: Sequence[Published], records: Sequence[Record]) -> str:
    """A table for each data set, with a column of ours where there is any; `records`: of the named recipes."""
    found = {entry: ours(entry, records) for entry in entries}
    groups = {
        data: [entry for entry in entries if entry.data == data] for data in dict.fromkeys(e.data for e in entries)
    }
    tables = [published_table(data, group, found).markdown() for data, group in groups.items()]
    return "\n\n".join([*([] if any(found.values()) else [ALONE]), *tables])


def published_table(data: str, entries: Iterable[Published], found: Mapping[Published, str]) -> Table:
    """The entries of one data set: by network and T, the highest accuracy first."""
    ordered = sorted(entries, key=lambda entry: (entry.student, entry.timesteps or 0, -entry.accuracy))
    own = any(found[entry] for entry in ordered)
    header = ["Student", "T", "Method", "Published (%)", "How sure"] + ["Ours (%), last epoch"] * own
    rows = [published_row(entry) + [found[entry] or DASH] * own for entry in ordered]
    return Table(f"results-published-{data.lower()}", f"Published test accuracies on {data}", header, rows)


def published_row(entry: Published) -> list[str]:
    """One entry; a T that is not certain has a question mark."""
    steps = f"{entry.timesteps or ''}{'?' * (entry.unsure_of_t or not entry.timesteps)}"
    sure = f"{entry.certainty}; {entry.remark}" if entry.remark else entry.certainty
    work = WORKS[entry.method.split(",")[0]]
    return [entry.student, steps, f"{entry.method} {{cite}}`{work}`", f"{entry.accuracy:.2f}", sure]


def setting(student: Mapping, teacher: Mapping) -> str:
    """What the runs of a tier's suites have in common but for what a row names, from the recipes of a plain student and
    of the teacher."""
    images = f"{student['train_images']:,}" if student["train_images"] else "all"
    network, source = (f"{NAMES[recipe['model']]} of width {recipe['width']}" for recipe in (student, teacher))
    return (
        f'Tier <span class="tier-badge">{student["tier"]}</span>: students {network}, T = {student["timesteps"]}, '
        f"teacher {source}, {images} training images of "
        f"{NAMES[student['dataset']]}, {student['epochs']} epochs (the teacher {teacher['epochs']}), batches of "
        f"{student['batch_size']}, learning rate {student['lr']:g}, {augmentation(student)}; "
        "all this unless a row names something else."
    )


def augmentation(recipe: Mapping) -> str:
    """What is done to training images."""
    done = {"crops": recipe["crop_padding"], "flips": recipe["flip"]}
    done |= {"AutoAugment": recipe["autoaugment"], "random erasing": recipe["erasing"]}
    used = " and ".join(name for name, there in done.items() if there)
    unused = " or ".join(name for name, there in done.items() if not there)
    return f"images changed by {used or 'nothing'}" + f", not by {unused}" * bool(unused)


def own_table(suites: Mapping[str, Cells], pages: Mapping[str, str], teachers: Sequence[Record]) -> str:
    """The teacher, the methods, then the variants, each under the first suite that has it; pages: suite -> page."""
    home = owners(suites)
    methods = [method for method in METHODS if method in home]
    variants = [m for suite, cells in suites.items() for m in cells if home[m] == suite and m not in METHODS]
    header = [
        "Method",
        "Suite",
        "Test accuracy, last epoch (%)",
        "Best epoch, chosen on the test set (%)",
        RATE,
        ENERGY,
    ]
    rows = [own_row(label_of("teacher"), DASH, teachers)] if teachers else []
    for method in methods + variants:
        suite = home[method]
        rows.append(own_row(label_of(method), f"[{suite}](../{pages[suite]})", suites[suite][method]))
    return Table("results-own", "Our runs, mean ± standard deviation over n seeds", header, rows).markdown()


def own_row(label: str, suite: str, records: Sequence[Record]) -> list[str]:
    """A method's means over its seeds."""
    values = [mean_sd(accuracies(records).values()), best_epoch(records), firing(records), arithmetic(records)]
    return [marked(label, records), suite, *values]
