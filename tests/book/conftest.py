"""A throw-away project with the real _config.yml: a page, two notebooks, a templated page, a record; a stand-in for
papermill."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import asdict
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml
from playwright.sync_api import Browser

from book.browser import chromium
from book.build import build, jupyter_book
from book.first_cell import first_cell
from book.records import EXTRA
from book.templates import Source, source_of
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_records

ROOT = Path(__file__).parents[2]
PLAIN = "notebooks/00_plain.ipynb"
REPOSITORY = "https://github.com/somebody/tiny"
RUN = RECIPES["digits-snn"].record_id(0)
RECORD = {
    "id": RUN, "tier": "smoke", "seed": 0,
    "recipe": asdict(RECIPES["digits-snn"]),
    "data": {"name": "digits", "digest": "0" * 64}, "teacher": None,
    "code": {"commit": "0123456789" * 4, "dirty": False, "source_sha256": "0" * 64},
    "env": {"python": "3", "torch": "2", "spikingjelly": "2", "lightning": "2", "device": "cpu: one", "threads": 1,
            "dtype": "32-true"},
    "curve": [{"epoch": 1, "ce": 1.0, "train_accuracy": 60.0, "test_accuracy": 61.0, "seconds": 1.0}],
    "final": {
        "last_accuracy": {"value": 61.0, "low": 55.0, "high": 66.0, "test_images": 300},
        "best_accuracy": {"value": 61.0, "epoch": 1, "note": "chosen on the test set"},
        "firing_rate": {"activation": 0.1}, "energy": {"mac": 1.0, "ac": 1.0, "compute_nj": 1.0, "memory_nj": 1.0,
                                                       "model": "counted", "images": 1},
    },
    "arrays": {}, "weights": {"file": f"{RUN}.safetensors", "sha256": "0" * 64},
    "started": "2026-01-31T12:00:00Z", "seconds": 1.0, "images_per_second": 1.0,
}  # fmt: skip

PARAMETERS = """results: str = "results"  # the committed records
out: str = "out"  # records made now
progress: bool = True  # show bars
epochs: int = 2  # passes over the training set"""
FIGURE = f"""import pandas as pd
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.notebook import show
figure, ((axes,),) = panels()
axes.plot([1, 2, 3])
data = pd.DataFrame({{"value": [1, 2, 3], "id": "{RUN}"}})
show(Chart(figure, data), data)"""
TABLE = """from ckdsnn.report.tables import Table
show(Table("tab-students", "Accuracy of two students", ["student", "accuracy"], [["snn", "61.0"]]), data)"""
ANSWER = """from ckdsnn.report.notebook import answer
answer(f"After {epochs} epochs, yes.")"""
TEMPLATED = """---
template: suite.ipynb
parameters: {epochs: 5}
---
# Templated

What is asked.

<!-- cells -->

What follows, after [the other page](00_plain.ipynb).
"""
INDEX = """# A tiny book

The student learns {cite}`somebody2026`, see {numref}`fig-line`, {numref}`tab-students` and
[a templated page](../notebooks/02_templated.md); the error is defined in [errors.py](../ckdsnn/errors.py#CkdsnnError).

```bash
pip install .
```

```{figure} figures/fig-line.svg
:name: fig-line-again
:alt: A rising line.

The same line again.
```

```{bibliography}
```
"""
REFERENCES = "@misc{somebody2026, author = {Some Body}, title = {A paper}, year = {2026}}\n"
ERRORS = '"""Of <input>."""\n\n\nclass CkdsnnError(ValueError): pass\n'
TOC = """format: jb-book
root: book/index
parts:
  - caption: Run
    chapters:
      - file: notebooks/00_plain
      - file: notebooks/01_figures
      - file: notebooks/02_templated
"""


def figure_metadata(name="fig-line", **more) -> dict:
    """The metadata of a figure cell as authors write it."""
    return {"mystnb": {"figure": {"name": name, "caption": "A line."}, "image": {"alt": "A rising line."}}} | more


def notebook(*cells, **metadata) -> nbformat.NotebookNode:
    """A notebook from cells: text is Markdown, (code, metadata) is code."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [
        nbformat.v4.new_markdown_cell(cell) if isinstance(cell, str)
        else nbformat.v4.new_code_cell(cell[0], metadata=cell[1])
        for cell in cells
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel, **metadata})


def plain_notebook(code='print("epochs", epochs, "out", out, "progress", progress)', **metadata):
    """A notebook with the usual parameters."""
    setup = (first_cell(""), {"tags": ["hide-cell"]})
    return notebook("# Plain", (PARAMETERS, {"tags": ["parameters"]}), setup, (code, {}), **metadata)


def make_project(root: Path) -> Path:
    """Write the project below `root` and let git track it."""
    for folder in ("book", "notebooks", "results/runs", "ckdsnn/report"):
        (root / folder).mkdir(parents=True)
    for file, text in {
        "pyproject.toml": "[project.urls]\n",
        "constraints.txt": "torch==2.11.0\n",
        "_toc.yml": TOC,
        "book/index.md": INDEX,
        "book/references.bib": REFERENCES,
        "notebooks/02_templated.md": TEMPLATED,
        "ckdsnn/errors.py": ERRORS,
        "ckdsnn/report/framework.py": '"""Where a drawing\'s legend leads."""\n',
        f"results/runs/{RUN}.json": json.dumps(RECORD),
    }.items():
        (root / file).write_text(text)
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    nbformat.write(plain_notebook(), root / "notebooks" / "00_plain.ipynb")
    cells = [(FIGURE, figure_metadata()), (TABLE, {})]
    nbformat.write(notebook("# Figures", *cells), root / "notebooks" / "01_figures.ipynb")
    cells = [(PARAMETERS, {"tags": ["parameters"]}), (ANSWER, {"tags": ["answer"]})]
    cells.append((FIGURE, figure_metadata("line", tags=["lead"])))
    nbformat.write(notebook("# A suite", *cells), root / "notebooks" / "suite.ipynb")
    git = ["git", "-C", str(root), "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    return root


def built_pages(root: Path, pages: dict[str, str]) -> Path:
    """Build a book of these pages of the folder `book`, with the real _config.yml; return the folder of its HTML."""
    for name, text in (pages | {"index": "# Index\n\n```{bibliography}\n```\n"}).items():
        (root / "stage" / "book").mkdir(parents=True, exist_ok=True)
        (root / "stage" / "book" / f"{name}.md").write_text(text)
    (root / "stage" / "book" / "references.bib").write_text(REFERENCES)
    (root / "stage" / EXTRA).mkdir()
    shutil.copytree(ROOT / "book" / "_static", root / "stage" / "book" / "_static")
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["repository"]["url"] = REPOSITORY
    (root / "stage" / "_config.yml").write_text(yaml.safe_dump(config))
    chapters = "".join(f"  - file: book/{name}\n" for name in pages)
    (root / "stage" / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n{chapters}")
    return jupyter_book(root / "stage", root / "sphinx")


@pytest.fixture
def project(tmp_path) -> Path:
    """A fresh throw-away project."""
    return make_project(tmp_path / "tiny")


@pytest.fixture
def plain(project) -> Source:
    """The source of its first notebook."""
    return source_of(project, PLAIN)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A throw-away project without an address whose book has been built once; leave it as it is."""
    root = make_project(tmp_path_factory.mktemp("book") / "tiny")
    build(root)
    return root


@pytest.fixture(scope="session")
def built_with_address(built, tmp_path_factory) -> Path:
    """The same project, its book built for REPOSITORY; leave it as it is."""
    root = tmp_path_factory.mktemp("online") / "tiny"
    shutil.copytree(built, root)
    build(root, REPOSITORY)
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for all tests of a module; they are skipped where none starts.

    Not for those of several: as long as it runs, no kernel can be steered from the same process.
    """
    try:
        with chromium() as running:
            yield running
    except CkdsnnError as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture(scope="session")
def explorers():
    """Name -> explorer of the committed records."""
    from book.explore.explorers import EXPLORERS  # with torch

    runs = load_records(ROOT / "results")
    return {name: make(runs, ROOT / "results") for name, make in EXPLORERS.items()}


@pytest.fixture
def cells():
    """Name of a notebook -> what its cells do when the stand-in for papermill runs it; nothing unless a test says."""
    return {}


@pytest.fixture
def runs(monkeypatch, cells):
    """The names of the notebooks that were really run; a stand-in for papermill, which takes seconds."""
    names = []

    def stand_in(path, *_, cwd, **__):
        names.append(path.name)
        with chdir(cwd):
            cells.get(path.name, lambda: None)()
        return nbformat.read(path, as_version=4)

    monkeypatch.setattr(papermill, "execute_notebook", stand_in)
    return names


@pytest.fixture
def stocked(project, results):
    """The throw-away project with the records of a trained student and its teacher."""
    shutil.rmtree(project / "results")
    shutil.copytree(results, project / "results", ignore=shutil.ignore_patterns("work"))
    return project
