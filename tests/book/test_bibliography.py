"""The bibliography: every key that the book cites is there, and names are written as they are."""

import re
from pathlib import Path

import yaml
from pybtex.database import parse_file

import ckdsnn
from ckdsnn.cli.cite import COMPANION, PAPER
from ckdsnn.records.paper import load_published

BOOK = Path(__file__).parents[2] / "book"
WORK = parse_file(str(BOOK / "references.bib")).entries


def test_every_work_that_is_cited_is_known():
    pages = [
        page.read_text()
        for folder in (BOOK, BOOK.parent / "notebooks")
        for page in folder.glob("*.*")
        if page.suffix in (".md", ".ipynb")
    ]
    cited = {key for text in pages for keys in re.findall(r"\{cite\}`([^`]+)`", text) for key in keys.split(",")}
    published = {entry.cite for entry in load_published(BOOK.parent / "results")}
    assert cited | published <= WORK.keys() and len(cited) > 10


def test_every_work_has_its_authors_title_and_year_or_says_that_they_are_not_known():
    for key, entry in WORK.items():
        known = bool(entry.persons.get("author")) and "year" in entry.fields
        assert "title" in entry.fields and known != ("not known" in entry.fields.get("note", "")), key
        assert "\\" not in "".join(map(str, entry.persons.get("author", []))), key
        assert ("eprint" in entry.fields) == ("archiveprefix" in entry.fields), key


def test_the_companion_is_cited_as_it_says_of_itself():
    """CITATION.cff, the package's version and the entry in BibTeX say the same."""
    said, entry = yaml.safe_load((BOOK.parent / "CITATION.cff").read_text()), WORK[COMPANION]
    assert entry.fields["title"].replace("{ckdsnn}", "ckdsnn") == said["title"]  # BibTeX would capitalise it
    assert entry.fields["version"] == said["version"] == ckdsnn.__version__
    (author,), (name,) = entry.persons["author"], said["authors"]
    assert str(author).strip("{}") == name["name"]
    assert WORK[PAPER].fields["title"] == said["preferred-citation"]["title"]


def test_the_changelog_has_the_version_and_what_is_to_come():
    heads = re.findall(r"^## (.+)$", (BOOK.parent / "CHANGELOG.md").read_text(), re.M)
    assert heads == ["Unreleased", ckdsnn.__version__]


def test_the_package_brings_the_books_bibliography():
    assert (BOOK.parent / "ckdsnn" / "references.bib").read_bytes() == (BOOK / "references.bib").read_bytes()
