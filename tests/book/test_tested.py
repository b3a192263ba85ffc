"""The page on tests counts what is there, and hides no failure."""

import json

import pytest

from book.parts import Generator

REPORT = {
    "name": "fuzz",
    "what": "Inputs were damaged.",
    "count": 1200,
    "parts": {"records": 1100, "pictures": 100},
    "failures": ["pictures: input 3: KeyError: `x` " + 300 * "9"],
    "environment": {"date": "2026-01-31T12:00:00Z", "commit": "0123456789", "machine": "Linux"},
}


@pytest.fixture
def book(tmp_path):
    """A project with three test functions and one report."""
    for name, text in {
        "test_a.py": "def test_one(): pass\n",
        "data/test_b.py": "class X:\n  def test_two(): pass\n",
    }.items():
        path = tmp_path / "tests" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "def helper(): pass\ndef test_three(): pass\n" * (name == "test_a.py"))
    (tmp_path / "results" / "stress").mkdir(parents=True)
    (tmp_path / "results" / "stress" / "fuzz.json").write_text(json.dumps(REPORT))
    return Generator(tmp_path, {})


def test_the_answer_counts_inputs_failures_and_functions(book):
    said = book.make("tested-answer")
    assert "1,200 hostile inputs, 1 failed" in said and "3 test functions" in said
    kept = book.results / "stress" / "fuzz.json"
    kept.write_text(json.dumps(REPORT | {"failures": []}))
    assert "1,200 hostile inputs, none failed" in book.make("tested-answer")
    kept.unlink()
    assert "No stress test is on record" in book.make("tested-answer")


def test_every_part_has_its_row_and_every_failure_its_line(book):
    text = book.make("tested-attacks")
    assert "| records | 1,100 | 0 |" in text and "| pictures | 100 | 1 |" in text
    (line,) = [line for line in text.splitlines() if line.startswith("- ")]
    assert line.startswith("- `pictures: input 3: KeyError: 'x'") and len(line) < 130
    assert "2026-01-31, at commit 0123456, Linux" in text


def test_functions_are_counted_by_folder(book):
    text = book.make("tested-functions")
    assert "| tests | 2 |" in text and "| tests/data | 1 |" in text
