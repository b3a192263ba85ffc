"""The committed notebooks: no outputs, readable parameters, one skeleton, figures that can be referred to."""

import ast
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import nbformat
import papermill
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

from ckdsnn.report.claims.questions import CLAIMS

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
SECTIONS = ["Parameters", "Run", "Figure", "Reading it", "Limits", "Next"]
COLUMNS = 75  # of code that a page of the book shows without cutting it
KINDS = {"int": int, "float": float, "str": str, "bool": bool}


@pytest.fixture(params=PATHS, ids=NOTEBOOKS)
def path(request):
    """Each committed notebook in turn."""
    return request.param


@pytest.fixture
def nb(path):
    return NOTEBOOKS[path.stem]


def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def prose(nb):
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def python(cell):
    """A cell's code with its shell and magic lines as calls of IPython."""
    return TransformerManager().transform_cell(cell.source)


def figures(nb):
    """The mystnb options of the cells that show a named figure."""
    return [cell.metadata.mystnb for cell in code_cells(nb) if "figure" in cell.metadata.get("mystnb", {})]


def test_notebook_is_valid_and_committed_without_outputs(nb):
    nbformat.validate(nb)
    assert nb.metadata.kernelspec.name == "python3"
    for cell in code_cells(nb):
        assert cell.outputs == [] and cell.execution_count is None, cell.source


def test_parameters_are_typed_explained_and_seen_by_papermill(nb, path):
    (cell,) = [cell for cell in code_cells(nb) if "parameters" in cell.metadata.get("tags", [])]
    assigned = [statement.target.id for statement in ast.parse(cell.source).body]
    seen = papermill.inspect_notebook(path)
    assert list(seen) == assigned
    for name, parameter in seen.items():
        kind = KINDS[parameter["inferred_type_name"]]
        assert type(ast.literal_eval(parameter["default"])) is kind, name
        assert len(parameter["help"]) > 5, f"{name} has no help"


def test_first_cell_does_nothing_outside_colab(nb):
    assert "google.colab" not in sys.modules
    exec(python(code_cells(nb)[0]), {})  # no get_ipython here: a shell line that ran would raise NameError


def test_first_cell_fetches_the_project_on_colab(nb, monkeypatch):
    address = re.search(r'^Repository = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    lines = []
    shell = ModuleType("shell")
    shell.system, shell.run_line_magic = lines.append, lambda name, rest: lines.append(f"%{name} {rest}")
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    exec(python(code_cells(nb)[0]), {"get_ipython": lambda: shell})
    fetch, install, enter = lines
    checkout = f"/content/{Path(address).name}"
    assert fetch == f"test -d {checkout} || git clone -q {address} {checkout}"  # a second run does not clone again
    assert install == f"pip install -q -e {checkout}" and enter == f"%cd {checkout}/notebooks"
    assert sys.path[0] == checkout  # an editable installation is not seen by a kernel that already runs


def test_set_up_is_the_same_everywhere():
    assert len({code_cells(nb)[0].source for nb in NOTEBOOKS.values()}) == 1


def test_sections_come_in_the_one_order(nb):
    headings = re.findall(r"^(#+) (.+)$", prose(nb), re.MULTILINE)
    assert [level for level, _ in headings].count("#") == 1 and headings[0][0] == "#"
    assert [title for level, title in headings if level == "##"] == SECTIONS
    assert len(re.findall(r"^\*\*(Claim|Question)\.\*\*", nb.cells[0].source, re.MULTILINE)) == 1


def test_code_fits_the_page(nb):
    for cell in code_cells(nb)[1:]:  # the first is folded away
        for line in cell.source.splitlines():
            assert len(line) <= COLUMNS, line


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.notebook], ids=lambda claim: claim.key)
def test_a_claims_notebook_says_so_and_leads_to_its_verdict(claim):
    nb = NOTEBOOKS[Path(claim.notebook).stem]
    assert "**Claim.**" in nb.cells[0].source
    assert f"[{claim.key}](../book/claims.md#claim-{claim.key.lower()})" in prose(nb).split("## Reading it")[1]


def test_prose_is_finished_and_plain_markdown(nb):
    """Colab and GitHub show roles and directives as they stand."""
    assert not re.search(r"\{[\w:-]+\}`|^(`{3,}|:{3,})\{", prose(nb), re.MULTILINE)
    for cell in nb.cells:
        assert not re.fullmatch(r"[A-Z -]*", cell.source), f"a placeholder: {cell.source!r}"


def test_code_builds_on_ckdsnn_alone(nb):
    allowed = {"ckdsnn", "torch", "sys"}
    for cell in code_cells(nb):
        for node in ast.walk(ast.parse(python(cell))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module.split(".")[0] in allowed, ast.unparse(node)
            elif isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, ast.unparse(node)


def test_every_figure_has_a_name_a_caption_and_an_alternative_text(nb):
    assert figures(nb)
    for options in figures(nb):
        assert re.fullmatch(r"[a-z0-9-]+", options.figure.name)
        assert options.figure.caption.endswith("."), options.figure.name
        assert len(options.image.alt) > 40, options.figure.name


def test_figure_names_are_unique():
    names = Counter(options.figure.name for nb in NOTEBOOKS.values() for options in figures(nb))
    assert names and max(names.values()) == 1, names.most_common(3)


def test_every_notebook_is_in_the_table_of_contents():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    assert [name for name in listed if name.startswith("notebooks/")] == [f"notebooks/{name}" for name in NOTEBOOKS]


def links_in(text):
    """Targets of the links in Markdown, code left out."""
    text = re.sub(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


PAGES = [*sorted((ROOT / "book").glob("*.md")), ROOT / "README.md", ROOT / "results" / "README.md", *PATHS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_to_files(page):
    text = prose(NOTEBOOKS[page.stem]) if page in PATHS else page.read_text()
    for link in links_in(text):
        if not re.match(r"https?:|mailto:|#", link):
            assert (page.parent / link.split("#")[0]).exists(), f"{link} leads nowhere"


def test_links_in_code_are_no_links():
    assert links_in("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[`g`](h.md#i)") == ["b.md", "h.md#i"]
