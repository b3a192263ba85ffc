"""The page of results: published numbers, and what this book's own runs have reached, as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from ckdsnn.recipe.methods import METHODS
from ckdsnn.recipe.named import method_of
from ckdsnn.records import Record
from ckdsnn.records.paper import Published
from ckdsnn.report.compare import Cells, accuracies
from ckdsnn.report.labels import label_of
from ckdsnn.report.suites.tables import marked, owners
from ckdsnn.report.tables import DASH, ENERGY, RATE, Table, arithmetic, best_epoch, firing, mean_sd, whole

NAMES = {  # of data sets and networks, as published
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "resnet8": "ResNet-8",
    "resnet19": "ResNet-19",
    "resnet20": "ResNet-20",
}
OURS = {  # method as published -> what it is here: beside CKDSNN, also the release that can have made its numbers
    "CKDSNN": ("ckdsnn", "ckdsnn-first", "ckdsnn-count"),
    "KDSNN": ("kdsnn",),
    "BKDSNN": ("bkd",),
}
PAPER = "CKDSNN"
WORKS = {  # work as named by the published numbers -> key of its publication
    PAPER: "ckdsnn",
    "EnOF": "enof",
    "KDSNN": "kdsnn",
    "BKDSNN": "bkdsnn",
    "MEOM": "meom",
    "temporal-decoupling KD": "temporal",
    "HTA-KL": "htakl",
    "TKS": "tks",
    "SeAl-KD": "sealkd",
    "TRE": "tre",
    "DS-ATGO": "dsatgo",
    "Stable Spike": "stablespike",
    "Strong2Weak": "strong2weak",
    "enhanced self-distillation": "selfdistillation",
    "SAKD": "sakd",
}
WITHOUT_TEACHER = ("DS-ATGO", "Stable Spike", "Strong2Weak", "enhanced self-distillation")
ALONE = "No run at the paper's scale is on record yet: these are published numbers alone."
SOURCES = (
    '"Read at its source": in the work\'s own code, tables or logs. "Own publication": as its authors have published '
    'it. "Second-hand": as others report it. "Source not noted": where it was read is not on record. "Best" and "last" '
    "name the epoch, where it is known; a best one was chosen on the test set. Works without a teacher: "
    f"{', '.join(WITHOUT_TEACHER)}."
)


def is_of(record: Record, entry: Published, method: str) -> bool:
    """Whether a paper-tier run of this method is of the entry's network, data and T."""
    recipe = record.recipe
    same = NAMES.get(recipe["dataset"]), NAMES.get(recipe["model"]), recipe["timesteps"]
    fits = same == (entry.data, entry.student, entry.timesteps)
    return record.tier == "paper" and fits and method_of(recipe) == method


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
    parts = [
        part
        for data, group in groups.items()
        for part in (published_table(data, group, found).markdown(), remarks(group))
        if part
    ]
    return "\n\n".join([*([] if any(found.values()) else [ALONE]), SOURCES, *parts])


def published_table(data: str, entries: Iterable[Published], found: Mapping[Published, str]) -> Table:
    """The entries of one data set: by network and T, the highest accuracy first."""
    ordered = sorted(entries, key=lambda entry: (entry.student, entry.timesteps or 0, -entry.accuracy))
    own = any(found[entry] for entry in ordered)
    header = ["Student", "Method", "Published (%)", "How sure"] + ["Ours (%), last epoch"] * own
    rows = [published_row(entry) + [found[entry] or DASH] * own for entry in ordered]
    return Table(f"results-published-{data.lower()}", f"Published test accuracies on {data}", header, rows)


def published_row(entry: Published) -> list[str]:
    """One entry; a T that is not certain has a question mark."""
    value = f"{entry.accuracy:.2f}" + f" ({entry.epoch})" * (entry.epoch != "unsaid")
    return [student_of(entry), f"{entry.method} {{cite}}`{WORKS[entry.work]}`", value, entry.certainty]


def student_of(entry: Published) -> str:
    """Network and T; a T that is not certain has a question mark."""
    steps = f"{entry.timesteps or ''}{'?' * (entry.unsure_of_t or not entry.timesteps)}"
    return f"{entry.student}, {whole(f'T = {steps}')}"


def remarks(entries: Sequence[Published]) -> str:
    """What is to be said of the entries of one data set, as a list: their remarks, and who is above the paper."""
    said = [f"{entry.method}, {entry.accuracy:.2f}: {entry.remark}." for entry in entries if entry.remark]
    said += [text for entry in entries if entry.method == PAPER and (text := above(entry, entries))]
    return "\n".join(f"- {text}" for text in said)


def above(entry: Published, entries: Iterable[Published]) -> str:
    """The works that are above this entry with as few time steps; "" for none, or where a T is not known."""
    higher = [
        f"{other.accuracy:.2f} by {other.method} ({student_of(other)})"
        for other in sorted(entries, key=lambda other: -other.accuracy)
        if other.work != entry.work and other.accuracy > entry.accuracy
        if other.timesteps and other.timesteps <= (entry.timesteps or 0)
    ]
    start = f"Above {entry.method}'s {entry.accuracy:.2f} ({student_of(entry)}), with as few time steps"
    return f"{start}: {'; '.join(higher)}." if higher else ""


def setting(student: Mapping, teacher: Mapping) -> str:
    """What the runs of a tier's suites have in common but for what a row names, from the recipes of a plain student and
    of the teacher."""
    network, source = (f"{NAMES[recipe['model']]} of width {recipe['width']}" for recipe in (student, teacher))
    return (
        f'Tier <span class="tier-badge">{student["tier"]}</span>: students {network}, T = {student["timesteps"]}, '
        f"teacher {source}, {images(student)} of "
        f"{NAMES[student['dataset']]}, {student['epochs']} epochs (the teacher {teacher['epochs']}), batches of "
        f"{student['batch_size']}, learning rate {student['lr']:g}, {augmentation(student)}; "
        "all this unless a row names something else."
    )


def images(recipe: Mapping) -> str:
    """How many images it trains on."""
    if recipe["train_images"]:
        return f"{recipe['train_images']:,} training images"
    kept = recipe["validation_images"]
    return f"all training images but the last {kept:,}, which are for validation," if kept else "all training images"


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
