"""The package's floors: no import runs upward or in a circle."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ckdsnn"
FLOORS = [  # bottom to top; modules on one floor do not know each other
    {"errors"},
    {"files", "allocator"},
    {"engine"},
    {"models", "data", "records"},
    {"distill"},  # shares Features with models
    {"recipe"},
    {"analysis"},
    {"training", "bench"},
    {"cli", "__init__"},
]
HEIGHT = {name: height for height, names in enumerate(FLOORS) for name in names}
ALLOWED = {"report": {"errors", "files", "records", "report"}}  # stands on records alone


def imports(path: Path) -> set[str]:
    """The parts of the package that a file imports, but those for type checkers only."""
    tree = ast.parse(path.read_text())
    checked = [n for n in ast.walk(tree) if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    hidden = {id(inner) for node in checked for inner in ast.walk(node)}
    names = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module and id(n) not in hidden]
    return {name.split(".")[1] for name in names if name.startswith("ckdsnn.")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_runs_upward(path):
    home = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for name in imports(path) - {home}:
        if home in ALLOWED:
            assert name in ALLOWED[home]
        elif name == "report":
            assert home == "cli"
        else:
            assert HEIGHT[name] < HEIGHT[home]
