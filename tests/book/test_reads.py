"""What a notebook read: collected from its kernel's trace, compared with what is there now; a difference runs it."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from book.execute import execute
from book.reads import collect, is_fresh, noted, write_stamp
from book.templates import source_of
from ckdsnn.errors import CkdsnnError
from ckdsnn.reads import TRACE, state
from ckdsnn.records import find_record, load_arrays, load_record, load_records, save_record
from tests.book.conftest import PLAIN

OWN = Path("_build", "out", "00_plain")


@pytest.fixture
def root(tmp_path):
    """A project with one record."""
    (tmp_path / "results" / "runs").mkdir(parents=True)
    (tmp_path / "results" / "runs" / "a-s0-00ff.json").write_text("{}")
    return tmp_path


def collected(root, *noted):
    """The reads that a trace of these (path, state) pairs gives."""
    trace = root / "trace"
    trace.write_text("".join(json.dumps(note) + "\n" for note in noted))
    return collect(trace, root, OWN)


def stamped(root, *patterns):
    """A stamp of the key "k" on what `patterns` find now."""
    write_stamp(root / "stamp.json", "k", [(pattern, state(root / pattern)) for pattern in patterns])
    return root / "stamp.json"


def test_reads_are_collected_once_relative_to_the_root_and_without_the_runs_own(root, tmp_path_factory):
    again = (f"{root}/results/runs/b.json", "1")
    own = (f"{root}/_build/out/00_plain/runs/b.json", "2")
    others = (f"{root}/_build/out/00_plainer/runs/b.json", "3")
    outside = (f"{root.parent}/elsewhere/runs/*.json", "4")
    found = collected(root, again, own, others, outside, again)
    assert found == [
        ("../elsewhere/runs/*.json", "4"),
        ("_build/out/00_plainer/runs/b.json", "3"),
        ("results/runs/b.json", "1"),
    ]
    link = tmp_path_factory.mktemp("link") / "project"
    link.symlink_to(root)
    assert collect(link / "trace", link, OWN) == found, "a root behind a link gives the same reads"
    assert collect(root / "no-trace", root, OWN) == []


def test_a_stamp_is_good_for_its_key_wherever_the_project_lies(root, tmp_path_factory):
    assert not is_fresh(root / "stamp.json", "k", root), "there is none"
    stamp = stamped(root, "results/runs/*.json", "results/runs/missing.json")
    assert is_fresh(stamp, "k", root) and not is_fresh(stamp, "another", root)
    moved = root.rename(tmp_path_factory.mktemp("elsewhere") / "project")
    assert is_fresh(moved / "stamp.json", "k", moved)


def test_what_changed_while_it_was_read_is_never_fresh(root):
    record = root / "results" / "runs" / "a-s0-00ff.json"
    pattern = "results/runs/a-s0-00ff.json"
    before = (pattern, state(root / pattern))
    record.write_text("[]")
    reads = collected(root, *((f"{root}/{path}", then) for path, then in (before, (pattern, state(root / pattern)))))
    write_stamp(root / "stamp.json", "k", reads)
    assert not is_fresh(root / "stamp.json", "k", root)
    record.write_text("{}")
    assert not is_fresh(root / "stamp.json", "k", root)


def test_what_a_block_reads_is_noted_when_it_ends_and_nothing_after(stocked, record):
    with noted(stocked, OWN) as found:
        load_record(record.id, stocked / "results")
        load_record(record.id, stocked / "results")
        assert found == []
    load_records(stocked / "results")
    path = f"results/runs/{record.id}.json"
    assert found == [(path, state(stocked / path))] and TRACE not in os.environ


REWRITTEN = [  # a file of the results, written anew -> the patterns that see it
    ("a-s0-00ff.json", {"*-s0-00ff.json", "a-s0-00ff.json", "[!.]*.json"}),
    ("b-s0-00ff.json", {"*-s0-00ff.json", "[!.]*.json"}),
    ("a-s1-00ff.json", {"*-s1-00ff.json", "[!.]*.json"}),
    ("a-s10-00ff.json", {"[!.]*.json"}),
    ("a-s0-00fe.json", {"[!.]*.json"}),
    ("missing.json", {"missing.json", "[!.]*.json"}),
    (".a.1.partial.json", set()),
]


@pytest.mark.parametrize("pattern", sorted(set.union(*(seen_by for _, seen_by in REWRITTEN))))
@pytest.mark.parametrize(("file", "seen_by"), REWRITTEN)
def test_only_what_a_pattern_sees_makes_it_stale(root, pattern, file, seen_by):
    stamp = stamped(root, f"results/runs/{pattern}")
    (root / "results" / "runs" / file).write_text('{"changed": 1}')
    assert is_fresh(stamp, "k", root) == (pattern not in seen_by)
    (root / "results" / "runs" / file).unlink()
    assert is_fresh(stamp, "k", root) == (file != "a-s0-00ff.json" or pattern not in seen_by)


READERS = {  # what a notebook does with the record r, which seed 0 is, in its own folder
    "finds": lambda r: find_record(r.id[-8:], 0, "../results"),
    "finds none": lambda r: find_record(r.id[-8:], 7, "../results"),
    "loads": lambda r: load_record(r.id, "../results"),
    "loads all": lambda r: load_records("../results"),
    "loads arrays": lambda r: load_arrays(r, "../results"),
}


def rewrite(record, out):
    """Change a record's file, not what it means."""
    path = out / "runs" / f"{record.id}.json"
    path.write_text(path.read_text() + "\n")


def with_seed(record, seed):
    return replace(record, id=record.id.replace("-s0-", f"-s{seed}-"), seed=seed)


CHANGES = {  # what happens to the results -> the readers that it concerns
    "its own file": (rewrite, {"finds", "loads", "loads all"}),
    "its teacher's file": (lambda r, out: rewrite(load_record(r.teacher["record"], out), out), {"loads all"}),
    "seed 7": (lambda r, out: save_record(with_seed(r, 7), out), {"finds none", "loads all"}),
    "seed 77": (lambda r, out: save_record(with_seed(r, 77), out), {"loads all"}),
    "other arrays": (lambda r, out: (out / "arrays" / "other.npz").write_text(""), set()),
    "a killed run": (lambda r, out: (out / "runs" / f".{r.id}.1.partial.json").write_text(""), set()),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_results_runs_again_what_read_them(stocked, plain, runs, cells, record, reader, change):
    cells["00_plain.ipynb"] = lambda: READERS[reader](record)
    alter, concerned = CHANGES[change]
    execute(stocked, plain)
    alter(record, stocked / "results")
    execute(stocked, plain)
    execute(stocked, plain)
    assert len(runs) == 1 + (reader in concerned)


def test_altered_arrays_are_noticed_by_the_notebook_that_loads_them(stocked, plain, runs, cells, record):
    cells["00_plain.ipynb"] = lambda: READERS["loads arrays"](record)
    execute(stocked, plain)
    (stocked / "results" / "arrays" / next(iter(record.arrays))).write_text("")
    with pytest.raises(CkdsnnError, match="differs from the SHA-256"):
        execute(stocked, plain)


def test_only_the_notebook_that_read_the_change_is_run_again(stocked, runs, cells, record):
    cells["01_figures.ipynb"] = lambda: READERS["loads"](record)
    for _ in range(2):
        for name in (PLAIN, "notebooks/01_figures.ipynb"):
            execute(stocked, source_of(stocked, name))
        rewrite(record, stocked / "results")
    assert runs == ["00_plain.ipynb", "01_figures.ipynb", "01_figures.ipynb"]


def test_what_a_run_made_itself_does_not_run_it_again(stocked, plain, runs, cells, record):
    out = "../_build/out/00_plain"
    cells["00_plain.ipynb"] = lambda: find_record(record.id[-8:], 0, out) or save_record(record, out)
    assert execute(stocked, plain) == execute(stocked, plain)
    assert runs == ["00_plain.ipynb"] and (stocked / "_build/out/00_plain/runs" / f"{record.id}.json").is_file()


def test_a_record_that_came_while_the_notebook_ran_counts(stocked, plain, runs, cells, record):
    def meanwhile():
        load_records("../results")
        save_record(with_seed(record, len(runs)), "../results")

    cells["00_plain.ipynb"] = meanwhile
    execute(stocked, plain)
    del cells["00_plain.ipynb"]
    execute(stocked, plain)
    assert len(runs) == 2
