"""The package's floors: no import runs upward or in a circle."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ckdsnn"
FLOORS = [  # bottom to top; modules on one floor do not know each other
    {"errors", "lazy", "signals"},
    {"files", "arrays", "allocator", "inputs", "seeds", "pair"},
    {"engine", "reads"},
    {"models", "data"},
    {"distill"},  # shares Features with models
    {"recipe", "measures"},
    {"records"},
    {"assemble"},
    {"analysis"},
    {"report"},
    {"studies"},
    {"training"},
    {"bench", "obtain"},  # the first measures trainings, too
    {"__init__"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {name: height for height, names in enumerate(FLOORS) for name in names}
ALLOWED = {"report": {"errors", "files", "records", "recipe"}}  # stands on records and what they are of
KNOWN_BY = {"report": {"studies", "cli"}, "studies": {"cli"}}  # who trains and measures speed needs neither


def modules(path: Path) -> set[str]:
    """The modules of the package that a file imports, in whatever form, but those for type checkers only."""
    tree = ast.parse(path.read_text())
    checked = [n for n in ast.walk(tree) if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    hidden = {id(inner) for node in checked for inner in ast.walk(node)}
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in hidden:
            assert not node.level, f"a relative import in {path}"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import) and id(node) not in hidden:
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] == "ckdsnn"}


def imports(path: Path) -> set[str]:
    """The parts of the package that a file imports; what the package itself offers counts as its top."""
    parts = {name.split(".")[1] if "." in name else "__init__" for name in modules(path)}
    return {part if (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file() else "__init__" for part in parts}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_runs_upward(path):
    home = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for name in imports(path) - {home}:
        assert HEIGHT[name] < HEIGHT[home]
        assert home in KNOWN_BY.get(name, {home}) and name in ALLOWED.get(home, {name})


@pytest.mark.parametrize("path", sorted((PACKAGE / "report").rglob("*.py")), ids=lambda path: path.stem)
def test_folders_of_the_report_stand_on_what_all_share(path):
    names = (name.split(".") for name in modules(path))
    used = {name[2] for name in names if name[1] == "report" and (PACKAGE / "report" / name[2]).is_dir()}
    assert used <= {*path.relative_to(PACKAGE / "report").parts[:-1]}


@pytest.mark.parametrize("path", sorted((PACKAGE / "studies").glob("*/measure.py")), ids=lambda path: path.parent.name)
def test_a_study_measures_without_its_report(path):
    assert "report" not in imports(path)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_constructor_reads_ambient_state(path):
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    made = [node for f in functions if f.name in ("__init__", "__post_init__") for node in ast.walk(f)]
    called = {getattr(node.func, "id", "") for node in made if isinstance(node, ast.Call)}
    assert "engine" not in called


@pytest.mark.parametrize("line", ["import ckdsnn.cli", "from ckdsnn import cli", "from ckdsnn.cli import main"])
def test_an_import_is_seen_in_every_form(line, tmp_path):
    (tmp_path / "some.py").write_text(line)
    assert imports(tmp_path / "some.py") == {"cli"}


def test_what_the_package_offers_is_its_top(tmp_path):
    (tmp_path / "some.py").write_text("from ckdsnn import run")
    assert imports(tmp_path / "some.py") == {"__init__"}
