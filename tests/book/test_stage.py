"""The stage: which pages, which links."""

import pytest

from book.drawings import DRAWINGS, drawings
from book.stage import default_repository, link_claims, link_sources, pages, stage
from ckdsnn.errors import CkdsnnError
from tests.book.conftest import REPOSITORY


def test_repository_comes_from_pyproject(project):
    assert default_repository(project) == REPOSITORY


def test_pages_are_those_of_the_contents_in_reading_order(project):
    (project / "book" / "stray.md").write_text("# Not in the contents\n")
    assert pages(project) == ["book/index.md", "notebooks/00_plain.ipynb", "notebooks/01_figures.ipynb"]


def test_nested_sections_are_pages_too(project):
    (project / "book" / "part.md").write_text("# A section\n")
    toc = project / "_toc.yml"
    toc.write_text(toc.read_text() + "        sections:\n          - file: book/part\n")
    assert pages(project)[-1] == "book/part.md"


def test_missing_page_is_refused(project):
    (project / "notebooks" / "00_plain.ipynb").unlink()
    with pytest.raises(CkdsnnError, match=r"_toc.yml: notebooks/00_plain must be"):
        pages(project)


@pytest.mark.parametrize(
    ("link", "result"),
    [
        ("../ckdsnn/errors.py", f"{REPOSITORY}/blob/main/ckdsnn/errors.py"),
        ("../ckdsnn/errors.py#L3", f"{REPOSITORY}/blob/main/ckdsnn/errors.py#L3"),
        ("../results", f"{REPOSITORY}/tree/main/results"),
        ("../notebooks/00_plain.ipynb", "../notebooks/00_plain.ipynb"),
        ("../ckdsnn/missing.py", "../ckdsnn/missing.py"),
        ("method.md", "method.md"),
    ],
)
def test_only_links_out_of_the_book_lead_to_the_repository(project, link, result):
    assert link_sources(f"see [it]({link}).", project, REPOSITORY, "main") == f"see [it]({result})."


@pytest.mark.parametrize(
    ("link", "result"),
    [
        ("../book/claims.md#claim-c4", "#claim-c4"),
        ("claims.md#claim-c10", "#claim-c10"),
        ("../book/claims.md", "../book/claims.md"),
        ("../book/claims.md#the-verdicts", "../book/claims.md#the-verdicts"),
    ],
)
def test_links_to_a_claim_name_its_label(link, result):
    assert link_claims(f"see [it]({link}).") == f"see [it]({result})."


@pytest.mark.parametrize("folder", ["runs", "bench"])
@pytest.mark.parametrize(("out", "copy"), [("results", "new.json"), ("_build/out/00_plain", "00_plain/new.json")])
def test_records_are_copied_to_where_the_legends_lead(project, folder, out, copy):
    for name in ("new.json", ".new.1.partial.json"):
        (project / out / folder).mkdir(parents=True, exist_ok=True)
        (project / out / folder / name).write_text('{"a": 1}')
    (project / "book" / "index.md").write_text("# A page without figures\n")
    records = stage(project, {}, REPOSITORY) / "book" / "_static" / "records"
    assert (records / copy).read_text() == '{"a": 1}'
    copies = [path.relative_to(records).as_posix() for path in records.rglob("*.json")]
    assert sorted(copies) == sorted([copy, "digits-snn-0.json"])


def test_drawings_are_svg_equal_to_the_byte_and_lead_to_their_code():
    first, second = drawings(f"{REPOSITORY}/blob/main"), drawings(f"{REPOSITORY}/blob/main")
    assert first == second and [figure.name for figure in first] == list(DRAWINGS)
    assert all(b"<svg" in figure.content and figure.suffix == ".svg" for figure in first)
    assert f'href="{REPOSITORY}/blob/main/ckdsnn/report/framework.py"' in first[0].legend
