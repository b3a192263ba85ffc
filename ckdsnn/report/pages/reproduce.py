"""The page of how to repeat everything: the commands, what is on record and what it took, as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ckdsnn.records import Record
from ckdsnn.records.study import Study
from ckdsnn.report.compare import Cells
from ckdsnn.report.suites.tables import owners
from ckdsnn.report.tables import DASH, Table, whole

FASTER = "--jobs 2 --engine.remember_teacher true"  # the options with which these runs were made
HEADER = ["Page", "Command", "On record / planned", "Shared with", "Hours", "Hardware"]


@dataclass(frozen=True)
class Plan:
    """What a suite is to have: its methods, and each of them with so many seeds."""

    methods: Sequence[str]
    seeds: int


def hours(documents: Iterable[Record | Study]) -> str:
    """Core hours on CPUs, seconds times threads, and hours on GPUs, which several runs may have shared."""
    found = {"core h": 0.0, "GPU h": 0.0}
    for document in documents:
        on_gpu = document.env["device"].startswith("cuda")
        found["GPU h" if on_gpu else "core h"] += document.seconds * (1 if on_gpu else document.env["threads"]) / 3600
    return ", ".join(whole(f"{amount:.2f} {unit}") for unit, amount in found.items() if amount) or DASH


def hardware(documents: Iterable[Record | Study]) -> str:
    """The devices, each once."""
    return ", ".join(sorted({document.env["device"] for document in documents})) or DASH


def row(
    page: str, command: str, documents: Sequence[Record | Study], planned: int | None, shared: str = ""
) -> list[str]:
    """One line of the table; a plan is not known for what has none."""
    done = f"{len(documents)} / {planned}" if planned is not None else str(len(documents))
    return [page, f"`{command}`" if command else DASH, done, shared or DASH, hours(documents), hardware(documents)]


def link(page: str, text: str = "") -> str:
    """A link to a page, of which its file's name is the text unless there is another."""
    return f"[{text or Path(page).stem}](../{page})"


def suite_rows(
    suites: Mapping[str, Cells], plans: Mapping[str, Plan], pages: Mapping[str, str], tier: str
) -> list[list[str]]:
    """One row a suite: its own runs, and the suites with which it shares the others."""
    home, rows = owners({suite: plan.methods for suite, plan in plans.items()}), []
    for suite, plan in plans.items():
        own = [method for method in plan.methods if home[method] == suite]
        records = [record for method in own for record in suites[suite].get(method, ())]
        shared = ", ".join(dict.fromkeys(home[method] for method in plan.methods if method not in own))
        command = f"ckdsnn suite {suite} --tier {tier} --seeds {plan.seeds}"
        rows.append(row(link(pages[suite], suite), command, records, len(own) * plan.seeds, shared))
    return rows


def study_rows(studies: Mapping[str, Sequence[Study]], pages: Mapping[str, str]) -> list[list[str]]:
    """One row a kind of study."""
    return [row(link(pages[kind], kind), f"ckdsnn study {kind} RECORD", found, None) for kind, found in studies.items()]


def total(runs: Sequence[Record], studies: Sequence[Study]) -> list[str]:
    """The last row: everything together."""
    page, command, _, *rest = row("**all together**", "", [*runs, *studies], None)
    return [page, command, f"{len(runs)} runs, {len(studies)} studies", *rest]


def reproduce_table(rows: Sequence[Sequence[str]]) -> str:
    """The rows as the page's table."""
    return Table("reproduce-all", "What stands behind each page, and how to repeat it", HEADER, rows).markdown()


def commands(plans: Mapping[str, Plan], tier: str) -> str:
    """What trains everything: for each number of seeds the suites that have so many, as one queue."""
    lines = []
    for seeds in sorted({plan.seeds for plan in plans.values()}):
        names = [suite for suite, plan in plans.items() if plan.seeds >= seeds]
        name = "all" if len(names) == len(plans) else "+".join(names)
        lines.append(f"ckdsnn suite {name} --tier {tier} --seeds {seeds} \\\n    {FASTER}")
    return "\n".join(["```bash", *lines, "```"])
