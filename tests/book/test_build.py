"""The whole line on a throw-away project: what a reader of the built pages meets."""

import json
import re
import shutil
import subprocess

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from book import build as builder
from book.build import build, main
from book.first_cell import first_cell
from ckdsnn.errors import CkdsnnError
from tests.book.conftest import RECORD, REPOSITORY, RUN


def page(root, name):
    return BeautifulSoup((root / "_build" / "html" / name).read_text(), "html.parser")


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_index_leads_to_the_first_page(built):
    assert "book/index.html" in (built / "_build" / "html" / "index.html").read_text()


def test_legend_under_a_figure_leads_to_all_that_stands_behind_it(built):
    figure = page(built, "notebooks/01_figures.html").find("figure", id="fig-line")
    legend = figure.find(class_="provenance")
    assert figure.find("img")["alt"] == "A rising line." and "A line." in figure.get_text()
    assert legend.find(class_="tier-badge").get_text() == "smoke"
    assert "n = 1 per recipe" in legend.get_text() and "code 0123456" in legend.get_text()
    links = {link.get_text(): link["href"] for link in legend.find_all("a")}
    assert links["notebooks/01_figures"] == "../notebooks/01_figures.html"
    html = built / "_build" / "html" / "notebooks"
    record = html / links[RUN]
    assert "61.00 [55.00" in record.read_text().replace("\u00a0", " ")
    kept = BeautifulSoup(record.read_text(), "html.parser").find("a", string="the record itself, as JSON")
    assert (record.parent / kept["href"]).read_bytes() == (built / "results" / "runs" / f"{RUN}.json").read_bytes()
    assert pd.read_csv(html / links["data as CSV"])["value"].tolist() == [1, 2, 3]
    assert "<svg" in (html / links["figure as SVG"]).read_text()


def test_table_is_numbered_and_has_its_legend(built):
    article = page(built, "notebooks/01_figures.html").find("article")
    text = article.get_text()
    assert "Table 1" in text and len(article.find_all(class_="provenance")) == 2
    assert text.index("Accuracy of two students") < text.rindex("From notebooks/01_figures")


def test_page_shows_references_and_the_figure_with_its_legend(built):
    article = page(built, "book/index.html").find("article")
    assert {"Fig. 2", "Table 1"} <= {link.get_text() for link in article.find_all("a")}
    assert article.find("figure", id="fig-line-again").find(class_="tier-badge")


def test_a_templated_page_begins_with_answer_and_lead_and_its_buttons_lead_to_what_git_tracks(built_with_address):
    whole = page(built_with_address, "notebooks/02_templated.html")
    text = whole.find("article").get_text()
    order = ["Templated", "What is asked.", "After 5 epochs, yes.", "A line.", "What follows, after"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "A suite" not in text and text.index("A line.") < text.index("passes over the training set")
    links = {link["href"] for link in whole.find_all("a", href=True)}
    files = {match[1] for link in links if (match := re.search(r"/(?:blob|edit)/main/([^?]+)", link))}
    tracked = {*builder.tracked_files(built_with_address)}
    assert files == {"notebooks/02_templated.md", "notebooks/suite.ipynb"} <= tracked


def links_out(root):
    """The web addresses that the pages link to; those of who made the theme are left out."""
    pages = [path for path in (root / "_build" / "html").rglob("*.html") if "_static" not in path.parts]
    links = {
        tag["href"] for path in pages for tag in BeautifulSoup(path.read_text(), "html.parser").find_all(href=True)
    }
    return {link for link in links if re.match(r"[a-z+]+:", link)}


def test_without_an_address_no_link_leads_to_a_repository_and_the_book_shows_its_sources(built):
    assert links_out(built) == set()
    index = page(built, "book/index.html")
    assert "pip install ." in index.get_text() and "git+" not in index.get_text()
    file, _, anchor = index.find("a", string="errors.py")["href"].partition("#")
    shown = built / "_build" / "html" / "book" / file
    lines = BeautifulSoup(shown.read_text(), "html.parser").find("pre")
    assert "class CkdsnnError(ValueError)" in lines.find(id=anchor).get_text()
    download = BeautifulSoup(shown.read_text(), "html.parser").find("a", download=True)["href"]
    assert (shown.parent / download).read_bytes() == (built / "ckdsnn" / "errors.py").read_bytes()


def test_with_an_address_every_link_out_leads_to_it_and_to_what_git_tracks(built_with_address):
    links, tracked = links_out(built_with_address), {*builder.tracked_files(built_with_address)}
    assert f"{REPOSITORY}/blob/main/ckdsnn/errors.py#L4" in links
    assert "https://colab.research.google.com/github/somebody/tiny/blob/main/notebooks/00_plain.ipynb" in links
    assert f"{REPOSITORY}/edit/main/notebooks/00_plain.ipynb" in links
    of_files = {link: re.search(r"/somebody/tiny/(?:blob|edit)/main/([^?#]+)", link) for link in links}
    assert {match[1] for match in of_files.values() if match} <= tracked
    others = {link for link, match in of_files.items() if not match}
    assert all(link == REPOSITORY or link.startswith(f"{REPOSITORY}/issues/new?") for link in others)
    html = built_with_address / "_build" / "html"
    assert f"pip install git+{REPOSITORY}" in page(built_with_address, "book/index.html").get_text()
    assert not (html / "_static" / "sources").exists()


def test_every_notebook_is_offered_for_download(built):
    for name in ("00_plain", "01_figures", "02_templated"):
        links = {link["href"] for link in page(built, f"notebooks/{name}.html").find_all("a", href=True)}
        assert f"../_sources/notebooks/{name}.ipynb" in links


def test_a_notebook_for_download_installs_from_the_books_address(built, built_with_address):
    for root, repository in ((built, ""), (built_with_address, REPOSITORY)):
        offered = nbformat.read(root / "_build" / "html" / "_sources" / "notebooks" / "00_plain.ipynb", as_version=4)
        assert first_cell(repository) in [cell.source for cell in offered.cells]


def test_book_parameters_reach_the_notebook_and_their_cell_is_folded(built):
    article = page(built, "notebooks/00_plain.html").find("article")
    assert "epochs 2 out ../_build/out/00_plain progress False" in article.get_text()
    injected = article.find(class_="tag_injected-parameters")
    assert "tag_hide-input" in injected["class"]


def test_a_record_that_no_notebook_reads_builds_the_pages_again(built, tmp_path, monkeypatch):
    grown, published = tmp_path / "grown", []
    shutil.copytree(built, grown)
    monkeypatch.setattr(builder, "publish", lambda *_: published.append("now"))
    build(grown)
    assert build(grown) and len(published) == 1
    other = RECORD | {"id": RUN.replace("-s0-", "-s1-"), "seed": 1}
    (grown / "results" / "runs" / f"{other['id']}.json").write_text(json.dumps(other))
    assert build(grown) and len(published) == 2


def test_what_a_reader_downloads_runs_from_top_to_bottom(built):
    executed = built / "_build" / "executed" / "notebooks"
    for notebook in executed.glob("*.ipynb"):
        assert (built / "_build/html/_sources/notebooks" / notebook.name).read_bytes() == notebook.read_bytes()


def test_unchanged_project_runs_neither_notebooks_nor_sphinx(built, monkeypatch):
    monkeypatch.setattr("papermill.execute_notebook", None)
    monkeypatch.setattr(builder, "jupyter_book", None)
    assert build(built) == built / "_build" / "html" / "index.html"


def test_two_builds_are_equal_to_the_byte(built, tmp_path):
    again = tmp_path / "tiny"
    shutil.copytree(built, again, ignore=shutil.ignore_patterns("_build"))
    build(again)
    assert tree(again / "_build" / "html") == tree(built / "_build" / "html")


def test_the_address_of_pyproject_is_the_default_and_the_command_line_overrides_it(built, tmp_path, monkeypatch):
    fork = tmp_path / "fork"
    shutil.copytree(built, fork)
    (fork / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{REPOSITORY}"\n')
    monkeypatch.setattr(builder, "publish", lambda *arguments: None)
    for given, used in ((None, REPOSITORY), ("https://github.com/other/fork.git", "https://github.com/other/fork")):
        build(fork, given)
        assert f"url: {used}\n" in (fork / "_build" / "stage" / "_config.yml").read_text()
        assert f"]({used}/blob/main/ckdsnn/errors.py#L4)" in (fork / "_build/stage/book/index.md").read_text()


def test_what_is_no_web_address_is_refused(project):
    with pytest.raises(CkdsnnError, match="is no repository's address; expected one like https://"):
        build(project, "git@github.com:somebody/tiny")


def test_faulty_page_fails_the_build_and_leaves_the_last_good_book(built, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(built, broken)
    before = tree(broken / "_build" / "html")
    (broken / "book" / "index.md").write_text("# A tiny book\n\nSee {numref}`no-such-figure`.\n")
    with pytest.raises(CkdsnnError, match="no-such-figure"):
        build(broken)
    assert tree(broken / "_build" / "html") == before


def test_page_that_git_does_not_track_is_a_finding(built_with_address, tmp_path, monkeypatch):
    project = tmp_path / "untracked"
    shutil.copytree(built_with_address, project)
    forget = ["git", "rm", "--quiet", "--cached", "notebooks/00_plain.ipynb"]
    subprocess.run(forget, cwd=project, check=True)
    html = shutil.copytree(project / "_build" / "html", project / "copy")
    monkeypatch.setattr(builder, "jupyter_book", lambda *arguments: html)
    with pytest.raises(CkdsnnError, match=r"notebooks/00_plain.ipynb, which git does not track"):
        builder.publish(project, project / "_build" / "stage", REPOSITORY, {})


def test_the_command_says_where_the_book_lies_or_why_there_is_none(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(builder, "build", lambda *arguments: tmp_path / "index.html")
    assert main(["--repository", REPOSITORY]) == 0
    assert str(tmp_path / "index.html") in capsys.readouterr().out
    monkeypatch.setattr(
        builder, "build", lambda *arguments: builder.tracked_files(tmp_path)
    )  # outside of any repository
    assert main([]) == 1
    assert "no book: the launch buttons cannot be checked" in capsys.readouterr().err
