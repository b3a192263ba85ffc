"""The trace of reads: every look-up of the store is in it, as it was before; and there is none unless asked for."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ckdsnn.assemble import load_network
from ckdsnn.errors import CkdsnnError
from ckdsnn.reads import TRACE, note_read, state
from ckdsnn.recipe import Recipe
from ckdsnn.records import copy_record, find_record, load_arrays, load_record, load_records

LOOKUPS = {  # store function -> what it must note for the record r, with its recipe's digest d
    "find_record": (lambda r, d, out: find_record(d, 0, out), lambda r, d: [f"runs/*-s0-{d}.json"]),
    "find_record, none": (lambda r, d, out: find_record(d, 7, out), lambda r, d: [f"runs/*-s7-{d}.json"]),
    "load_record": (lambda r, d, out: load_record(r.id, out), lambda r, d: [f"runs/{r.id}.json"]),
    "load_record, none": (lambda r, d, out: load_record("x", out), lambda r, d: ["runs/x.json", "runs/[!.]*.json"]),
    "load_records": (lambda r, d, out: load_records(out), lambda r, d: ["runs/[!.]*.json"]),
    "load_records, no folder": (lambda r, d, out: load_records(out / "no"), lambda r, d: ["no/runs/[!.]*.json"]),
    "load_arrays": (lambda r, d, out: load_arrays(r, out), lambda r, d: [f"arrays/{name}" for name in r.arrays]),
    "load_network": (lambda r, d, out: load_network(r, out), lambda r, d: [f"weights/{r.weights['file']}"]),
}


@pytest.fixture
def trace(tmp_path, monkeypatch):
    """The file that reads are noted in, from here on."""
    monkeypatch.setenv(TRACE, str(tmp_path / "reads"))
    return tmp_path / "reads"


def noted(trace):
    return [json.loads(line) for line in trace.read_text().splitlines()]


def look_up(case, record, results):
    """Call the store's function of this case; return the patterns that it must note."""
    call, expected = LOOKUPS[case]
    digest = Recipe.of(record.recipe).digest()
    try:
        call(record, digest, results)
    except CkdsnnError:
        assert case in ("load_record, none", "load_records, no folder")
    return [str(results / pattern) for pattern in expected(record, digest)]


@pytest.mark.parametrize("case", LOOKUPS)
def test_every_look_up_is_noted_with_what_was_there(case, record, results, trace):
    expected = look_up(case, record, results)
    assert noted(trace) == [[pattern, state(Path(pattern))] for pattern in expected]


def test_a_copied_record_is_noted_where_it_comes_from(record, results, trace, tmp_path):
    copy_record(record, results, tmp_path / "copy")
    files = [*(f"arrays/{name}" for name in record.arrays), f"weights/{record.weights['file']}"]
    assert [pattern for pattern, _ in noted(trace)] == [str(results / file) for file in files]


@pytest.mark.parametrize("case", LOOKUPS)
@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_noted_or_digested_unless_asked_for(case, value, record, results, tmp_path, monkeypatch):
    monkeypatch.delenv(TRACE, raising=False)
    if value is not None:
        monkeypatch.setenv(TRACE, value)
    monkeypatch.setattr("ckdsnn.reads.state", None)
    monkeypatch.chdir(tmp_path)
    look_up(case, record, results)
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_noted_whole(trace, tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    note_read(Path("../results/bench/*.json"))
    assert noted(trace) == [[str(tmp_path / "results/bench/*.json"), state(tmp_path / "nothing")]]


def test_the_state_does_not_depend_on_where_the_folder_lies(tmp_path):
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.json").write_text("{}")
    (tmp_path / "here" / "b.json").mkdir()  # a folder is no content
    assert state(tmp_path / "here" / "*.json") == state(tmp_path / "there" / "*.json")


NAMES = ["a-s1-00ff.json", "b-s1-00ff.json", "a-s11-00ff.json", "a-s1-00fe.json", "a.npz", "-s1-00ff.json"]
FOLDERS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([b"", b"1", b"2"]))
PATTERNS = ["*-s1-00ff.json", "*-s11-00ff.json", "[!.]*.json", "a-s1-00ff.json", "missing.json"]


@given(FOLDERS, FOLDERS, st.sampled_from(PATTERNS))
@example({"a-s1-00ff.json": b"1"}, {"b-s1-00ff.json": b"1"}, "*-s1-00ff.json")  # the name alone
def test_two_states_are_equal_exactly_where_the_matching_files_are(before, after, pattern):
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        for folder, files in ((one, before), (two, after)):
            for name, content in files.items():
                Path(folder, name).write_bytes(content)
        states = [state(Path(folder, pattern)) for folder in (one, two)]
    seen = [{n: c for n, c in files.items() if fnmatchcase(n, pattern)} for files in (before, after)]
    assert (states[0] == states[1]) == (seen[0] == seen[1])
