"""The bibliography: every key that the book cites is there, and names are written as they are."""

import re
from pathlib import Path

from pybtex.database import parse_file

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


def test_the_package_brings_the_books_bibliography():
    assert (BOOK.parent / "ckdsnn" / "references.bib").read_bytes() == (BOOK / "references.bib").read_bytes()
