"""The parts of the page that says how all of this is tested: from the stress tests' reports and the tests' sources."""

import ast
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book.parts.generator import Generator, part
from ckdsnn.reads import matches, note_read
from ckdsnn.report.tables import Table, listed

TITLES = {  # of reports, by name
    "builds": "Kills of book builds",
    "fuzz": "Hostile inputs",
    "kills": "Kills of trainings",
    "suites": "Kills of suites",
}
MOST_SAID = 120  # characters of a failure, which may quote whatever it was given
FOLDERS = {  # below tests/ -> what is tested there
    "": "the command, the files, the package as a whole",
    "analysis": "what is read off trained networks",
    "bench": "the measurements of speed",
    "book": "the builder of this book, and its pages in a browser",
    "cli": "the command's start and completion",
    "data": "data sets, augmentation, pictures, recordings of events",
    "distill": "losses and maps",
    "measures": "accuracy, firing rates, energy",
    "models": "networks and neurons",
    "recipe": "recipes and their names",
    "records": "records, arrays, weights",
    "report": "figures, tables and sentences",
    "stress": "the short versions of the stress tests",
    "studies": "the studies behind the claims",
    "training": "training, going on, suites",
}


@dataclass(frozen=True)
class Attack:
    """What one stress test has found."""

    found: dict[str, Any]

    @property
    def title(self) -> str:
        return TITLES.get(self.found["name"], self.found["name"].capitalize())

    @property
    def count(self) -> int:
        return self.found["count"]

    @property
    def failures(self) -> list[str]:
        """A text for each, which begins with its part."""
        return self.found["failures"]

    @property
    def verdict(self) -> str:
        """How many failed, in words."""
        return f"{len(self.failures):,} failed" if self.failures else "none failed"

    def when(self) -> str:
        """Day, commit and machine of the run."""
        where = self.found["environment"]
        return f"on {where['date'][:10]}, at commit {(where['commit'] or 'unknown')[:7]}, {where['machine']}"


def attacks(book: Generator) -> list[Attack]:
    """All that were kept, by name."""
    pattern = book.results / "stress" / "*.json"
    note_read(pattern)
    return [Attack(json.loads(path.read_text(encoding="utf-8"))) for path in matches(pattern)]


@part("tested-answer")
def answer(book: Generator) -> str:
    """How much was tried, and what failed."""
    made = [f"{attack.count:,} {attack.title.lower()}, {attack.verdict}" for attack in attacks(book)]
    stress = f"Stress tests: {'; '.join(made)}." if made else "No stress test is on record."
    return f"{stress} {sum(functions(book).values()):,} test functions check the code and the book at every change."


@part("tested-attacks")
def tables(book: Generator) -> str:
    """Of each stress test what was done, a table of its parts, and every failure."""
    return "\n\n".join(section(book, attack) for attack in attacks(book))


def section(book: Generator, attack: Attack) -> str:
    """The section of one stress test."""
    of_part = Counter(text.partition(":")[0] for text in attack.failures)
    rows = [[name, f"{count:,}", f"{of_part[name]:,}"] for name, count in attack.found["parts"].items()]
    name = attack.found["name"]
    table = Table(f"tested-{name}", f"{attack.title}: what was tried", ["Part", "Tried", "Failed"], rows)
    quoted = ("`" + " ".join(text.replace("`", "'").split())[:MOST_SAID] + "`" for text in attack.failures)
    failures = f"\n\nWhat failed:\n\n{listed(quoted)}" if attack.failures else ""
    told = f"{attack.found['what']} The last run was {attack.when()}."
    return f"### {attack.title}\n\n{told}\n\n{book.shown(table, 'book/tested.md')}{failures}"


@part("tested-functions")
def counts(book: Generator) -> str:
    """How many test functions there are for each part of the project."""
    found = functions(book)
    rows = [[FOLDERS.get(name, name), f"tests/{name}".rstrip("/"), str(count)] for name, count in found.items()]
    caption = "Test functions; many run with dozens of values"
    table = Table("tested-functions", caption, ["What is tested", "Folder", "Functions"], rows)
    return book.shown(table, "book/tested.md")


def functions(book: Generator) -> dict[str, int]:
    """Folder below tests/ -> number of its test functions, counted without running them."""
    top = book.root / "tests"
    folders = [folder for folder in [top, *sorted(top.rglob("*"))] if folder.is_dir() and matches(folder / "test_*.py")]
    found: Counter[str] = Counter()
    for folder in folders:
        note_read(folder / "test_*.py")
        name = "".join(folder.relative_to(top).parts[:1])
        found[name] += sum(map(functions_in, matches(folder / "test_*.py")))
    return dict(found)


def functions_in(path: Path) -> int:
    """The test functions of one file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in ast.walk(tree))
