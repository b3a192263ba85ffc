"""The page of how to repeat everything: the commands, what is on record and what it took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ckdsnn.records import Record
from ckdsnn.records.record import all_threads
from ckdsnn.records.study import Study
from ckdsnn.report.tables import DASH, Table, whole


@dataclass(frozen=True)
class Line:
    """What stands behind one page, or behind a part of it."""

    page: str
    """in Markdown"""
    command: str
    documents: Sequence[Record | Study]
    planned: int | None = None
    """how many there are to be; not known for what has none"""
    shared: Iterable[str] = ()
    """suites that have the other runs of the page"""


@dataclass(frozen=True)
class Plan:
    """What a suite is to have: its methods, and each of them with so many seeds."""

    methods: Sequence[str]
    seeds: int


def suite_lines(
    runs: Mapping[str, Mapping], plans: Mapping[str, Plan], links: Mapping[str, str], tier: str
) -> list[Line]:
    """One line a suite: its own runs, and the suites with which it shares the others.

    runs: suite -> method -> its records; links: suite -> its page. A run that several have belongs to the first.
    """
    home = {method: suite for suite in reversed(list(plans)) for method in plans[suite].methods}
    lines = []
    for suite, plan in plans.items():
        own = [method for method in plan.methods if home[method] == suite]
        records = [record for method in own for record in runs[suite].get(method, ())]
        shared = dict.fromkeys(home[method] for method in plan.methods if method not in own)
        command = f"ckdsnn suite {suite} --tier {tier} --seeds {plan.seeds}"
        lines.append(Line(links[suite], command, records, len(own) * plan.seeds, shared))
    return lines


def reproduce_table(lines: Sequence[Line], everything: Sequence[Record | Study]) -> Table:
    """One row a line, and everything together, also what no page shows."""
    together = Line("**all together**", "", everything)
    columns = {
        "Page": lambda line: line.page,
        "Command": lambda line: line.command and f"`{line.command}`",
        "On record / planned": done,
        "Shared with": lambda line: ", ".join(line.shared),
        "Hours": lambda line: hours(line.documents),
        "Hardware": lambda line: ", ".join(sorted({document.env["device"] for document in line.documents})),
    }
    caption = "What stands behind each page, and how to repeat it"
    return Table.of("reproduce-all", caption, [*lines, together], columns)


def done(line: Line) -> str:
    """How many there are, of how many."""
    return str(len(line.documents)) + f" / {line.planned}" * (line.planned is not None)


def hours(documents: Iterable[Record | Study]) -> str:
    """Core hours on CPUs, seconds times threads, and hours on GPUs, which several runs may have shared."""
    found = {"core h": 0.0, "GPU h": 0.0}
    for document in documents:
        on_gpu = document.env["device"].startswith("cuda")
        found["GPU h" if on_gpu else "core h"] += document.seconds * (1 if on_gpu else all_threads(document.env)) / 3600
    return ", ".join(whole(f"{amount:.2f} {unit}") for unit, amount in found.items() if amount) or DASH


def commands(plans: Mapping[str, Plan], tier: str) -> str:
    """What trains everything: for each number of seeds the suites that have so many, as one queue."""
    lines = []
    for seeds in sorted({plan.seeds for plan in plans.values()}):
        names = [suite for suite, plan in plans.items() if plan.seeds >= seeds]
        name = "all" if len(names) == len(plans) else "+".join(names)
        lines.append(f"ckdsnn suite {name} --tier {tier} --seeds {seeds} --jobs 2")
    return "\n".join(["```bash", *lines, "```"])


def answer(runs: Sequence[Record], studies: Sequence[Study], plans: Mapping[str, Plan]) -> str:
    """How much is on record, and what it takes to make it anew."""
    queues = len({plan.seeds for plan in plans.values()})
    return (
        f"Yes: {queues} commands train the suites of the small ResNet anew, teacher included; the table has "
        f"those of the others. On record are {len(runs)} runs and {len(studies)} studies of trained networks, which "
        f"took {hours([*runs, *studies])}."
    )
