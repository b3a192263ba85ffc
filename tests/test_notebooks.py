"""The committed notebooks and the pages made of them: no outputs, readable parameters, one skeleton, one answer."""

import ast
import os
import re
from collections import Counter
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import nbformat
import papermill
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from book.contents import pages
from book.execute import check_parameters
from book.templates import source_of, with_words
from ckdsnn.report.claims.questions import CLAIMS
from ckdsnn.report.where import PAGES

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
SOURCES = [source for file in pages(ROOT) if (source := source_of(ROOT, file))]
SECTIONS = ["What is compared", "How it was made", "In detail", "Reading it", "Limits"]
SECTIONS += ["Exercises", "Next"]
COLUMNS = 75  # of code that a page of the book shows without cutting it
KINDS = {"int": int, "float": float, "str": str, "bool": bool}


@pytest.fixture(params=PATHS, ids=NOTEBOOKS)
def nb(request):
    """Each committed notebook in turn."""
    return NOTEBOOKS[request.param.stem]


def page_of(source):
    """A page's cells, with its own words around those of a template."""
    nb = deepcopy(NOTEBOOKS[source.notebook.stem])
    if source.words:
        with_words(nb, source)
    return nb


@pytest.fixture(params=SOURCES, ids=lambda source: Path(source.name).stem)
def page(request):
    """Each notebook page of the book in turn."""
    return page_of(request.param)


def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def prose(nb):
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def python(cell):
    """A cell's code with its shell and magic lines as calls of IPython."""
    return TransformerManager().transform_cell(cell.source)


def tagged(nb, tag):
    """The places of the cells with this tag."""
    return [place for place, cell in enumerate(nb.cells) if tag in cell.metadata.get("tags", [])]


def figures(nb):
    """The mystnb options of the cells that show a named figure."""
    return [cell.metadata.mystnb for cell in code_cells(nb) if "figure" in cell.metadata.get("mystnb", {})]


def test_notebook_is_valid_fits_the_page_and_is_committed_without_outputs(nb):
    nbformat.validate(nb)
    assert nb.metadata.kernelspec.name == "python3"
    for nth, cell in enumerate(code_cells(nb)):
        assert cell.outputs == [] and cell.execution_count is None, cell.source
        assert not nth or max(map(len, cell.source.splitlines())) <= COLUMNS, cell.source  # the first is folded away


@pytest.mark.parametrize("path", PATHS, ids=NOTEBOOKS)
def test_parameters_are_typed_explained_and_seen_by_papermill(path):
    (place,) = tagged(NOTEBOOKS[path.stem], "parameters")
    assigned = [statement.target.id for statement in ast.parse(NOTEBOOKS[path.stem].cells[place].source).body]
    seen = papermill.inspect_notebook(path)
    assert list(seen) == assigned
    for name, parameter in seen.items():
        kind = KINDS[parameter["inferred_type_name"]]
        assert type(ast.literal_eval(parameter["default"])) is kind and len(parameter["help"]) > 5, name


def test_classes_are_looked_up_by_record_as_a_folder_of_ones_own_is_in_no_table(nb):
    assert not [cell.source for cell in code_cells(nb) if '.data["name"]' in cell.source]


def test_a_page_has_one_title_one_question_and_the_sections_in_their_order(page):
    headings = re.findall(r"^(#+) (.+)$", prose(page), re.MULTILINE)
    assert [level for level, _ in headings].count("#") == 1 and headings[0][0] == "#"
    sections = [title for level, title in headings if level == "##"]
    assert sections == [title for title in SECTIONS if title in sections] and sections[-1] == "Next"
    assert max(Counter(headings).values()) == 1, "no part twice"
    assert len(re.findall(r"^\*\*(Claim|Question)\.\*\*", page.cells[0].source, re.MULTILINE)) == 1


NEXT = re.compile(r"^## Next\n\n[^\[]*\[[^\]]+\]\(([^)#]+)", re.MULTILINE)  # the first link under it


def test_the_first_link_under_next_leads_where_the_next_button_leads():
    order, found = pages(ROOT), {}
    for file in order:
        source = source_of(ROOT, file)
        text = prose(page_of(source)) if source else (ROOT / file).read_text()
        if link := NEXT.search(text):
            found[file] = Path(os.path.normpath(Path(file).parent / link[1])).as_posix()
    assert found == {file: following for file, following in pairwise(order) if file in found}
    assert {file for file in order if source_of(ROOT, file)} <= found.keys()


EXERCISE = re.compile(
    r"^```python\n(.*?)^```\n\n<details><summary>Solution</summary>\n\n```text\n(.*?)^```", re.M | re.S
)
EXERCISES = [
    pytest.param(code, solution, id=f"{name}-{number}")
    for name in ("00_quickstart", "02_maps", "18_theory")
    for number, (code, solution) in enumerate(EXERCISE.findall(prose(NOTEBOOKS[name])), start=1)
]


@pytest.mark.parametrize(("code", "solution"), EXERCISES)
def test_the_solution_of_an_exercise_is_what_its_code_prints(code, solution, capsys):
    assert max(map(len, code.splitlines())) <= COLUMNS
    exec(code, {})
    assert capsys.readouterr().out == solution


def test_every_exercise_has_code_and_a_hidden_solution(nb):
    text = prose(nb)
    questions, solutions = (len(re.findall(p, text, re.M)) for p in (r"^\*\*\d\. ", r"^<details>"))
    ends = text.count("\n\n</details>")
    assert questions == solutions == ends == len(EXERCISE.findall(text)) and ("## Exercises" in text) == bool(questions)


def test_a_page_has_one_answer_with_its_figure_after_what_they_are_computed_from(page):
    (answer,), leads, (parameters,) = (tagged(page, tag) for tag in ("answer", "lead", "parameters"))
    assert parameters < answer < leads[0] and "answer(" in page.cells[answer].source
    assert all("figure" in page.cells[lead].metadata.mystnb for lead in leads)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_a_claims_page_says_so_and_leads_to_its_verdict(claim):
    (shown,) = [page_of(source) for source in SOURCES if source.name == PAGES[claim.shown]]
    assert "**Claim.**" in shown.cells[0].source
    assert f"[{claim.key}](../book/claims.md#claim-{claim.key.lower()})" in prose(shown)


def test_prose_is_finished_and_plain_markdown(page):
    """Colab and GitHub show roles and directives as they stand."""
    assert not re.search(r"\{[\w:-]+\}`|^(`{3,}|:{3,})\{", prose(page), re.MULTILINE)
    for cell in filter(lambda cell: cell.source, page.cells):
        assert not re.fullmatch(r"[A-Z -]*", cell.source), f"a placeholder: {cell.source!r}"


def test_code_builds_on_ckdsnn_alone_and_imports_what_is_there(nb):
    allowed = {"ckdsnn", "pandas", "torch", "sys"}
    for cell in code_cells(nb)[1:]:  # the first installs ckdsnn
        for node in ast.walk(ast.parse(python(cell))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module.split(".")[0] in allowed, ast.unparse(node)
                exec(ast.unparse(node), {})
            elif isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, ast.unparse(node)


def test_every_figure_has_a_name_of_its_own_a_caption_and_an_alternative_text():
    found = [options for source in SOURCES for options in figures(page_of(source))]
    for options in found:
        assert re.fullmatch(r"[a-z0-9_-]+", options.figure.name)
        assert options.figure.caption.endswith(".") and len(options.image.alt) > 40, options.figure.name
    assert max(Counter(options.figure.name for options in found).values()) == 1


def test_every_notebook_makes_a_page_in_the_order_of_their_names_which_sets_what_it_has():
    named = [source.name for source in SOURCES]
    assert named == sorted(named) and {source.notebook for source in SOURCES} == {*PATHS}
    for source in SOURCES:
        check_parameters(source.notebook, source.parameters)


def links_in(text):
    """Targets of the links in Markdown, code left out."""
    text = re.sub(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


FILES = [ROOT / "README.md", ROOT / "results" / "README.md", *PATHS]
FILES += [file for folder in ("book", "notebooks") for file in sorted((ROOT / folder).glob("*.md"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_relative_links_lead_to_files(file):
    text = prose(NOTEBOOKS[file.stem]) if file in PATHS else file.read_text()
    for link in links_in(text):
        if not re.match(r"https?:|mailto:|#", link):
            assert (file.parent / link.split("#")[0]).exists(), f"{link} leads nowhere"


def test_links_in_code_are_no_links():
    assert links_in("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[`g`](h.md#i)") == ["b.md", "h.md#i"]
