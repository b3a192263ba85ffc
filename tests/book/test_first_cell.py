"""The first cell of every notebook: what it installs, from where, and what it leaves alone."""

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from book.contents import default_repository
from book.first_cell import first_cell, main
from tests.book.conftest import REPOSITORY

ROOT = Path(__file__).parents[2]
IN_PLACE = "--no-deps --editable"
NEEDS = ["torch>=2", "spikingjelly[x]>=2,<3", "Grad_CAM>=1", 'sphinx>=7; extra == "book"']


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """An empty folder to run in, where torch and grad-cam are installed, and ckdsnn is not."""
    folder = tmp_path / "around" / "empty"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CKDSNN_SOURCE", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    there = [SimpleNamespace(name=name) for name in ("torch", "grad-cam")]
    monkeypatch.setattr(metadata, "distributions", lambda: there)
    monkeypatch.setattr(metadata, "requires", lambda name: NEEDS)
    return folder


def run(repository=""):
    """The lines that the cell gives to the shell and to pip; a stand-in for git makes the folder of the clone."""
    lines, names = [], {}

    def shell(line):
        lines.append(line.format(**names))
        if line.startswith("git clone"):
            Path(line.split()[-1]).mkdir()

    names["get_ipython"] = lambda: SimpleNamespace(system=shell, run_line_magic=lambda name, rest: shell(rest))
    exec(TransformerManager().transform_cell(first_cell(repository)), names)
    return lines


def installs(source, flags="--no-deps"):
    """What pip is asked for: ckdsnn alone, then only what it needs and is not there."""
    return [f'install --quiet {flags} "{source}"', 'install --quiet "spikingjelly[x]<3,>=2"']


def test_every_notebook_has_the_cell_with_the_projects_address():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cell = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
        assert cell.source == first_cell(default_repository(ROOT)), f"{path.name}: run python -m book.first_cell"
        assert cell.metadata.tags == ["hide-cell"]


def test_where_ckdsnn_is_there_it_does_nothing():
    exec(TransformerManager().transform_cell(first_cell(REPOSITORY)), {})  # a shell line would need get_ipython


def test_a_wheel_beside_the_notebook_is_installed_and_the_torch_that_is_there_stays(empty):
    (empty / "ckdsnn-0.1.0-py3-none-any.whl").touch()
    assert run() == run(REPOSITORY) == installs("ckdsnn-0.1.0-py3-none-any.whl")


def test_a_folder_that_only_has_the_name_of_the_package_is_not_taken_for_it(tmp_path, monkeypatch):
    (tmp_path / "empty" / "ckdsnn").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "empty")])
    monkeypatch.delitem(sys.modules, "ckdsnn", raising=False)
    with pytest.raises(ModuleNotFoundError, match="ckdsnn is not installed"):
        run()


def test_the_project_around_the_notebook_is_installed_in_place(empty):
    (empty.parent / "ckdsnn").mkdir()
    project = "../ckdsnn/.."
    assert run() == installs(project, IN_PLACE) and sys.path[0] == str(empty.parent)


def test_with_an_address_the_project_is_cloned_as_its_records_are_needed(empty):
    clone, *others = run(REPOSITORY)
    assert clone == f"git clone --quiet --depth 1 {REPOSITORY} ckdsnn-clone"
    assert others == installs("ckdsnn-clone", IN_PLACE) and sys.path[0] == str(empty / "ckdsnn-clone")


def test_what_the_environment_names_comes_first(empty, monkeypatch):
    (empty / "ckdsnn-0.1.0-py3-none-any.whl").touch()
    monkeypatch.setenv("CKDSNN_SOURCE", "elsewhere/ckdsnn-0.2.0-py3-none-any.whl")
    assert run(REPOSITORY) == installs("elsewhere/ckdsnn-0.2.0-py3-none-any.whl")


def test_with_nothing_to_install_it_says_what_to_do(empty):
    with pytest.raises(
        ModuleNotFoundError,
        match=rf"Put its wheel .* into the folder {empty}, or name the wheel, .*: %env CKDSNN_SOURCE=",
    ):
        run()


def test_the_command_writes_the_address_into_the_notebooks(project):
    (project / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{REPOSITORY}"\n')
    before = nbformat.read(project / "notebooks" / "00_plain.ipynb", as_version=4)
    main(project)
    after = nbformat.read(project / "notebooks" / "00_plain.ipynb", as_version=4)
    changed = [new.source for old, new in zip(before.cells, after.cells, strict=True) if old != new]
    assert changed == [first_cell(REPOSITORY)]
