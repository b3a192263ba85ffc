"""Every kind of finding, and that a sound page has none."""

from pathlib import Path

import pytest

from book.scan import scan

ROOT = Path("/nowhere/project")
REPOSITORY = "https://github.com/somebody/tiny"
COLAB = "https://colab.research.google.com/github"
SOUND = """<article><h1 id="top">Title</h1>
<p>In code: <code>{name}</code>, in a formula: <span class="math">\\(\\mathcal{l}_{st}\\)</span>.</p>
<a href="#top">up</a> <a href="index.html#top">again</a> <a href="https://example.org/x">far</a>
<img src="picture.png" alt="A picture.">
<a href="https://github.com/somebody/tiny/blob/main/a/b.ipynb?plain=1">source</a>
<a href="https://github.com/somebody/tiny/tree/main/a">folder</a></article>"""


def findings(folder, body, repository=REPOSITORY):
    (folder / "picture.png").write_bytes(b"")
    (folder / "index.html").write_text(f"<html><body>{body}</body></html>")
    return scan(folder, ROOT, repository, "main", ["a/b.ipynb", "README.md"])


def test_sound_page_has_no_findings(tmp_path):
    assert findings(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("<pre>Traceback (most recent call last)\n...</pre>", "shows a traceback"),
        ('<div class="output traceback">boom</div>', "shows a traceback"),
        ("<article><p>{cite}<code>liu2026</code></p></article>", "shows raw markup: {cite}"),
        ("<article><p>{glue:text}<code>x</code></p></article>", "shows raw markup: {glue:text}"),
        ("<article><p>\n```{figure} x.png</p></article>", "shows raw markup: ```"),
        ('<img src="picture.png">', "has an image without alt text: picture.png"),
        ('<img src="picture.png" alt=" ">', "has an image without alt text: picture.png"),
        ('<img src="lost.png" alt="x">', "leads to a file that is not there: lost.png"),
        ('<a href="lost.html">x</a>', "leads to a file that is not there: lost.html"),
        ('<a href="index.html#lost">x</a>', "leads to an anchor that is not there: index.html#lost"),
        ('<a href="#lost">x</a>', "leads to an anchor that is not there: #lost"),
        ("<p>saved in /nowhere/project/results</p>", "shows a path of this machine: /nowhere/project"),
        (f'<a href="{REPOSITORY}/edit/main/a/c.ipynb">x</a>', "leads to main/a/c.ipynb, which git does"),
        (f'<a href="{REPOSITORY}/blob/dev/a/b.ipynb">x</a>', "leads to dev/a/b.ipynb, which git does"),
        (f'<a href="{COLAB}/somebody/tiny/blob/main/b.ipynb">x</a>', "leads to main/b.ipynb, which git does"),
    ],
)
def test_each_fault_is_found(tmp_path, body, finding):
    (found,) = findings(tmp_path, body)
    assert found.startswith(f"index.html: {finding}")


@pytest.mark.parametrize(
    "link",
    [
        f"{REPOSITORY}/blob/main/README.md",
        f"{REPOSITORY}/edit/dev/a/b.ipynb#L3",
        f"{REPOSITORY}/issues/new?title=x",
        f"{COLAB}/somebody/tiny/blob/main/b.ipynb",
        f"git+{REPOSITORY}",
    ],
)
def test_without_an_address_a_link_to_a_repository_of_the_project_is_found(tmp_path, link):
    (found,) = findings(tmp_path, f'<a href="{link}">x</a>', repository="")
    assert found == f"index.html: leads to a repository, but the project has no address: {link}"


@pytest.mark.parametrize("link", ["https://github.com/others/library", "https://github.com/others/x/blob/main/c.py"])
def test_without_an_address_links_to_other_peoples_work_may_stay(tmp_path, link):
    assert findings(tmp_path, f'<a href="{link}">x</a>', repository="") == []


def test_anchors_of_the_pages_that_show_sources_are_looked_up(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "x.py.html").write_text('<span id="L1">x</span>')
    assert findings(tmp_path, '<a href="_static/x.py.html#L1">x</a>') == []
    (found,) = findings(tmp_path, '<a href="_static/x.py.html#L2">x</a>')
    assert "leads to an anchor that is not there" in found


def test_all_findings_of_all_pages_are_listed(tmp_path):
    (tmp_path / "second.html").write_text('<a href="lost.html">x</a><img src="picture.png">')
    assert len(findings(tmp_path, '<a href="gone.html">x</a>')) == 3


def test_the_themes_own_files_are_not_pages(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "macros.html").write_text('<img src="lost.png">')
    assert findings(tmp_path, SOUND) == []
