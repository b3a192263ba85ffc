"""The stage: which pages, which links, and which files lie beside the pages."""

import json

import nbformat
import pytest

from book.contents import pages
from book.drawings import DRAWINGS, drawings
from book.stage import install_from, link_claims, link_pages, stage
from book.templates import source_of
from ckdsnn.errors import CkdsnnError
from ckdsnn.report.chart import content_of
from ckdsnn.report.pages.results import SCRIPT
from tests.book.conftest import REPOSITORY, RUN, figure_metadata, notebook


def test_pages_are_those_of_the_contents_in_reading_order_nested_ones_too(project):
    for stray in ("stray", "part"):
        (project / "book" / f"{stray}.md").write_text("# A section\n")
    toc = project / "_toc.yml"
    toc.write_text(toc.read_text() + "        sections:\n          - file: book/part\n")
    notebooks = ["notebooks/00_plain.ipynb", "notebooks/01_figures.ipynb", "notebooks/02_templated.md"]
    assert pages(project) == ["book/index.md", *notebooks, "book/part.md"]
    (project / "notebooks" / "00_plain.ipynb").unlink()
    with pytest.raises(CkdsnnError, match=r"_toc.yml: notebooks/00_plain must be"):
        pages(project)


def test_only_the_command_that_installs_a_clone_installs_from_the_address():
    text = "pip install .\npip install .  # here\npip install -e '.[dev]'\nsay `pip install .`\n"
    first, second, *others = install_from(text, REPOSITORY).splitlines()
    assert first == f"pip install git+{REPOSITORY}" and second == f"{first}  # here"
    assert others == text.splitlines()[2:] and install_from(text, "") == text


@pytest.mark.parametrize(("link", "result"), [
    ("../book/claims.md#claim-c4", "#claim-c4"), ("claims.md#claim-c10", "#claim-c10"),
    *[(own, own) for own in ("../book/claims.md", "../book/claims.md#the-verdicts")],
])  # fmt: skip
def test_links_to_a_claim_name_its_label(link, result):
    assert link_claims(f"see [it]({link}).") == f"see [it]({result})."


def test_links_to_a_page_of_a_template_lead_to_its_notebook():
    text = "[a](07_a.md) [b](../notebooks/07_a.md#x) [c](method.md) [d](../book/07_b.md) `07_a.md`"
    assert link_pages(text, {"07_a"}) == text.replace("(07_a.md", "(07_a.ipynb").replace("/07_a.md", "/07_a.ipynb")


def test_figures_and_their_numbers_lie_beside_the_pages(project, tmp_path):
    """Of a page of a template, too: under the page's name, and its links lead to the repository."""
    nb = notebook("# A suite", ("draw()", figure_metadata("line", tags=["lead"])))
    outputs = {"image/svg+xml": "<svg/>", "text/csv": "value\n1\n"}
    stated = {"ckdsnn": {"records": [RUN]}}
    nb.cells[1].outputs = [nbformat.v4.new_output("display_data", data=outputs, metadata=stated)]
    nbformat.write(nb, tmp_path / "executed.ipynb")
    page = source_of(project, "notebooks/02_templated.md")
    (project / "book" / "index.md").write_text("# See\n[it](../notebooks/02_templated.md)\n")
    staged = stage(project, {page: tmp_path / "executed.ipynb"}, REPOSITORY)
    static = staged / "book" / "_static"
    assert (static / "data" / "02_templated-line.csv").read_text() == outputs["text/csv"]
    assert (static / "figures" / "02_templated-line.svg").read_text() == "<svg/>"
    assert (staged / "book" / "figures" / "02_templated-line.svg").read_text() == "<svg/>"
    assert (static / SCRIPT).stat().st_size > 10**5
    assert "(../notebooks/02_templated.ipynb)" in (staged / "book" / "index.md").read_text()
    first, figure, *_, last = nbformat.read(staged / page.name, as_version=4).cells
    assert first.source.startswith("# Templated") and figure.source == "draw()" and "What follows" in last.source


@pytest.mark.parametrize("folder", ["runs", "bench"])
@pytest.mark.parametrize(("out", "copy"), [("results", "new.json"), ("_build/out/00_plain", "00_plain/new.json")])
def test_records_are_copied_to_where_the_legends_lead(project, folder, out, copy):
    for name in ("new.json", ".new.1.partial.json"):
        (project / out / folder).mkdir(parents=True, exist_ok=True)
        (project / out / folder / name).write_text('{"a": 1}')
    (project / "book" / "index.md").write_text("# A page without figures\n")
    records = stage(project, {}, REPOSITORY) / "book" / "_static" / "records"
    assert json.loads((records / copy).read_text()) == {"a": 1}
    copies = [path.relative_to(records).as_posix() for path in records.rglob("*.json")]
    assert sorted(copies) == sorted([copy, f"{RUN}.json"])


def test_drawings_are_svg_equal_to_the_byte_and_lead_to_their_code():
    found = drawings("shown/{}".format)
    assert [figure.content for figure in found] == [content_of(draw()) for draw in DRAWINGS.values()]
    assert [figure.name for figure in found] == list(DRAWINGS)
    assert all(b"<svg" in figure.content and figure.suffix == ".svg" for figure in found)
    assert 'href="shown/ckdsnn/report/framework.py"' in found[0].legend
