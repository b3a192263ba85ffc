"""pyproject.toml holds ranges, constraints.txt the tested pins, environment.yml the same for conda."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from book.contents import default_repository
from tools import try_versions
from tools.try_versions import SETS, lowest, requirements, wanted

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REGISTRY = re.compile(r"(pypi|files\.pythonhosted|anaconda|download\.pytorch|registry\.npmjs)\.org")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(home|root|work|tmp|mnt|Users)/\w")


def declared() -> list[Requirement]:
    """Every dependency of the project and its extras, without the extras that name each other."""
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    found = [Requirement(line) for line in PROJECT["dependencies"] + extras]
    return [requirement for requirement in found if requirement.name != "ckdsnn"]


def versions(lines: list[str]) -> dict[str, str]:
    """Name -> version of lines like `name==version`; comments and options are left out."""
    pins = [Requirement(line) for line in lines if line.strip() and not line.startswith(("#", "-"))]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


PINS = versions((ROOT / "constraints.txt").read_text().splitlines())
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


def tracked() -> list[Path]:
    """The text files that git tracks, or would with `git add .`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    binary = {".png", ".npz", ".safetensors", ".jpg"}
    files = [ROOT / name for name in names if Path(name).suffix not in binary]
    return [file for file in files if file.is_file()]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_every_dependency_is_pinned_within_its_range(requirement):
    assert requirement.specifier, "a range is missing"
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def imported() -> set[str]:
    """The top-level names that the project's own Python files import."""
    files = [path for folder in ("ckdsnn", "book", "tests", "tools") for path in (ROOT / folder).rglob("*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in names} - {"ckdsnn", "book", "tests", "tools"}


def test_every_import_is_of_a_declared_dependency():
    """One that merely comes with another dependency may leave with it; triton may, its neuron is refused then."""
    names, homes = {canonicalize_name(requirement.name) for requirement in declared()}, packages_distributions()
    foreign = imported() - sys.stdlib_module_names - {"triton"}
    assert {name for name in foreign if not names & set(map(canonicalize_name, homes.get(name, [])))} == set()


def test_conda_environment_holds_the_same_pins():
    (pip,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    names = {canonicalize_name(requirement.name) for requirement in declared()}
    assert versions(pip) == {name: PINS[name] for name in names}
    assert "--constraint constraints.txt" in pip and "--editable ." in pip


def test_conda_environment_holds_a_python_that_is_allowed():
    (version,) = (entry.removeprefix("python=") for entry in CONDA if str(entry).startswith("python="))
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


@pytest.mark.parametrize("extras", [True, False])
def test_both_ends_of_the_ranges_are_tried_of_every_requirement(extras):
    tried, names = requirements(extras), {canonicalize_name(requirement.name) for requirement in declared()}
    core = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    found = {canonicalize_name(Requirement(line).name) for line in tried}
    assert found == (names if extras else core | {"pytest", "pytest-xdist", "hypothesis"})
    for line in tried:
        allowed, low = Requirement(line), Requirement(lowest(line))
        (pin,) = low.specifier
        assert pin.operator == "==" and (low.name, low.extras) == (allowed.name, allowed.extras)
        assert allowed.specifier.contains(pin.version)


def test_the_pinned_set_is_held_to_the_constraints_and_the_highest_is_not():
    assert wanted("pinned", True) == ["--constraint", str(ROOT / "constraints.txt"), *requirements(True)]
    assert wanted("highest", True) == requirements(True) and wanted("lowest", True)[0] == lowest(requirements(True)[0])


def test_every_python_is_tried_with_every_set_in_an_environment_of_its_own(tmp_path, monkeypatch, capsys):
    tried, here = [], f"{sys.version_info.major}.{sys.version_info.minor}"
    monkeypatch.setattr(try_versions, "passes", lambda *given: tried.append(given) or len(tried) != 2)
    arguments = ["--folder", str(tmp_path), "--python", sys.executable, "--extras", "none", "tests/recipe"]
    monkeypatch.setattr(sys, "argv", ["try_versions.py", *arguments])
    assert try_versions.main() == 1
    assert tried == [
        (tmp_path / f"{here}-{name}", sys.executable, wanted(name, False), ["tests/recipe"]) for name in SETS
    ]
    assert capsys.readouterr().out.splitlines()[1:] == [f"{here}-pinned: failed", f"{here}-highest: passed"]


def test_pythons_and_their_packages_are_tried_one_after_the_other(tmp_path, monkeypatch):
    """The commands: an environment if there is none, the packages, the tests; what pytest says is what counts."""
    commands, result = [], subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append([*map(str, command)]) or result)
    assert not try_versions.passes(tmp_path / "new", "python3.12", ["--constraint", "pins"], ["tests/recipe"])
    python = str(tmp_path / "new" / "bin" / "python")
    assert [command[:3] for command in commands] == [
        ["python3.12", "-m", "venv"], [python, "-m", "pip"], [python, "-m", "pytest"],
    ]  # fmt: skip
    assert commands[1][-2:] == ["--constraint", "pins"] and commands[2][-1] == "tests/recipe"


@pytest.mark.parametrize("version", ["2", "2.0.0", "2.1.0.post1"])
def test_jupyter_book_stays_below_2(version):
    (jupyter_book,) = (requirement for requirement in declared() if requirement.name == "jupyter-book")
    assert not jupyter_book.specifier.contains(version)


def test_test_extra_brings_what_the_book_needs():
    assert "ckdsnn[notebooks,book,teachers]" in PROJECT["optional-dependencies"]["test"]
    assert PROJECT["optional-dependencies"]["dev"] == ["ckdsnn[test]"]


def test_no_file_names_a_registry_or_a_machines_path():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        for pattern in (REGISTRY, MACHINE_PATH)
        for match in pattern.finditer(path.read_text(errors="ignore"))
    ]
    assert found == []


def test_no_file_names_another_address_of_the_project_than_pyproject():
    address = default_repository(ROOT)
    name = re.compile(rf"https?://[\w.-]+/[\w-]+/{re.escape(PROJECT['name'])}\b|[\w-]+\.github\.io/ckdsnn\b")
    for path in tracked():
        others = set(name.findall(path.read_text(errors="ignore"))) - {address}
        assert not others, f"{path.relative_to(ROOT)} has {others}, pyproject.toml has {address or 'none'}"


def test_configuration_leaves_execution_to_papermill_and_the_address_to_the_builder():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert config["execute"]["execute_notebooks"] == "off"
    assert "url" not in config["repository"] and config["repository"]["path_to_book"] == ""


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["book"], "-m book.build"),
        (["book", "REPOSITORY=https://example.org/a/b"], "-m book.build --repository https://example.org/a/b"),
        (["check-book"], "-m book.check"),
        (["pdf"], "-m book.pdf"),
        (["test"], "-m pytest -n auto --maxprocesses 8 --dist worksteal"),
    ],
)
def test_make_runs(arguments, command):
    inherited = ("MAKE", "REPOSITORY")  # from the make that may have started these tests
    outside = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
    make = ["make", "--dry-run", "--assume-old=.venv/.installed", *arguments]
    output = subprocess.run(make, cwd=ROOT, env=outside, capture_output=True, text=True, check=True).stdout
    assert output.rstrip().endswith(command)
