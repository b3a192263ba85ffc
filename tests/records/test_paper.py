"""Published numbers: read whole, or refused with the file's name; each says how sure it is."""

import json
from pathlib import Path

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.paper import load_published, schema

RESULTS = Path(__file__).parents[2] / "results"
ENTRIES = load_published(RESULTS)
FIELDS = schema()["properties"]["entries"]["items"]["properties"]
NOT_READ = ("CKDSNN", "EnOF", "KDSNN", "SeAl-KD", "TRE", "DS-ATGO", "Stable Spike")  # that nobody here has read


def of(work, data):
    """T -> accuracy of a work's own entries, not of its variants."""
    return {p.timesteps: p.accuracy for p in ENTRIES if (p.method, p.data) == (work, data) and p.student == "ResNet-19"}


def test_the_committed_numbers_hold_the_papers_main_table():
    assert of("CKDSNN", "CIFAR-10") == {1: 96.11, 4: 97.81} and of("CKDSNN", "CIFAR-100") == {1: 79.11, 4: 83.88}


def test_the_rivals_of_its_four_steps_took_two():
    assert of("EnOF", "CIFAR-10") == {1: 95.37, 2: 96.19} and of("EnOF", "CIFAR-100") == {1: 77.08, 2: 82.43}


def test_what_was_not_read_at_its_source_says_so():
    assert {p.certainty for p in ENTRIES if p.work in NOT_READ} == {"second-hand"}
    assert {p.work for p in ENTRIES if p.certainty == "read at its source"} == {"SAKD", "enhanced self-distillation"}


def test_every_certainty_and_data_set_of_the_schema_occurs():
    assert {p.certainty for p in ENTRIES} == set(FIELDS["certainty"]["enum"])
    assert {p.data for p in ENTRIES} == set(FIELDS["data"]["enum"])


def test_a_number_of_a_best_epoch_is_above_that_of_the_last():
    told = {(p.work, p.data, p.student, p.epoch): p.accuracy for p in ENTRIES if p.epoch != "unsaid"}
    best = {key: value for key, value in told.items() if key[-1] == "best"}
    assert len(best) == 3 and all(value > told[*key[:-1], "last"] for key, value in best.items())


def test_no_number_stands_twice_and_only_a_known_t_is_doubted():
    keys = [(p.data, p.student, p.timesteps, p.method, p.epoch) for p in ENTRIES]
    assert len(set(keys)) == len(keys)
    doubted = [p for p in ENTRIES if p.unsure_of_t]
    assert all(p.timesteps for p in doubted)
    assert ("CKDSNN", "Spikformer-4-384") in {(p.method, p.student) for p in doubted}


def refused(content, tmp_path):
    with pytest.raises(CkdsnnError, match=r"paper\.json does not hold published numbers"):
        load_published(tmp_path)
    (tmp_path / "paper.json").write_text(content)
    with pytest.raises(CkdsnnError, match=r"paper\.json does not hold published numbers"):
        load_published(tmp_path)


@pytest.mark.parametrize("content", ["", "{", '{"source": "x", "entries": []}', '{"source": "x", "entries": [{}]}'])
def test_a_file_that_holds_none_is_named(content, tmp_path):
    refused(content, tmp_path)


@pytest.mark.parametrize("change", [{"certainty": "sure"}, {"epoch": "first"}, {"data": "cifar10"}, {"timesteps": 0}])
def test_an_entry_that_is_out_of_the_schema_is_refused(change, tmp_path):
    entry = json.loads((RESULTS / "paper.json").read_text())["entries"][0]
    refused(json.dumps({"source": "x", "entries": [entry | change]}), tmp_path)
