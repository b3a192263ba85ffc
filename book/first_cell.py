"""The first code cell of every notebook, which installs ckdsnn where it is missing.

    python -m book.first_cell     # write it into notebooks/*.ipynb

It has the address in pyproject.toml, if one is there; notebooks that the book offers have the address of the book.
"""

from pathlib import Path

import nbformat

from book.contents import default_repository

CELL = """\
# Where ckdsnn is missing, as on Google Colab, this installs it and what else is missing; a torch that is there stays.
import importlib.util
import os
import sys
from glob import glob
from importlib import metadata

if not getattr(importlib.util.find_spec("ckdsnn"), "origin", None):  # a mere folder of this name does not count
    here = glob("ckdsnn-*.whl") or glob("../ckdsnn/..")  # a wheel beside the notebook, or the project around it
    source = os.environ.get("CKDSNN_SOURCE") or next(iter(here), "{address}")
    if not source:
        raise ModuleNotFoundError(
            "ckdsnn is not installed. Put its wheel (made by: pip wheel --no-deps PROJECT) into the folder "
            f"{os.getcwd()}, or name the wheel, the project's folder or its address on the web: "
            "%env CKDSNN_SOURCE=... Then run this cell again."
        )
    if source.startswith("http"):
        !git clone --quiet --depth 1 {source} ckdsnn-clone
        source = "ckdsnn-clone"
    if os.path.isdir(source):  # stays where it is, as the records lie there; a running kernel needs its path
        sys.path.insert(0, os.path.abspath(source))
        %pip install --quiet --no-deps --editable "{source}"
    else:
        %pip install --quiet --no-deps "{source}"
    importlib.invalidate_caches()
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    there = {canonicalize_name(found.name) for found in metadata.distributions()}
    needs = [need for need in map(Requirement, metadata.requires("ckdsnn")) if not need.marker]
    missing = " ".join(f'"{need}"' for need in needs if canonicalize_name(need.name) not in there)
    if missing:
        %pip install --quiet {missing}

from ckdsnn.engine import wait_asleep

wait_asleep()  # torch's threads, on a busy computer; it must be said before torch is loaded"""


def first_cell(repository: str) -> str:
    """The cell's code; it fetches the project from this address unless a wheel or a clone is at hand."""
    return CELL.replace('"{address}"', f'"{repository}"')


def with_first_cell(notebook: nbformat.NotebookNode, repository: str) -> nbformat.NotebookNode:
    """The notebook, changed in place: its cell tagged "hide-cell", if it has one, is `first_cell(repository)`."""
    for cell in notebook.cells:
        if "hide-cell" in cell.metadata.get("tags", []):
            cell.source = first_cell(repository)
    return notebook


def main(root: Path) -> None:
    """Write the cell into every notebook of the project at `root`."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        nbformat.write(with_first_cell(nbformat.read(path, as_version=4), default_repository(root)), path)


if __name__ == "__main__":
    main(Path(__file__).resolve().parent.parent)
