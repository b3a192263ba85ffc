"""A bench record: round trip, what the schema refuses, and that it is written once and whole."""

import copy
import json

import pytest

from ckdsnn.errors import CkdsnnError
from ckdsnn.reads import TRACE, state
from ckdsnn.records.bench import BENCHES, BenchRecord, bench_id, load_benches, save_bench
from tests.bench_example import EXAMPLE, entry, training, waited


def altered(path, change):
    """A copy of the example in which `change(parent, key)` was done at `path`, steps between slashes."""
    content = node = copy.deepcopy(EXAMPLE)
    *above, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for key in above:
        node = node[key]
    change(node, last)
    return content


def test_round_trip(tmp_path):
    record = BenchRecord(**EXAMPLE)
    assert save_bench(record, tmp_path) == tmp_path / "bench" / f"{record.id}.json"
    assert BENCHES.load(record.id, tmp_path) == record
    assert load_benches(tmp_path) == [record]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "bench"),
        ("code/source_sha256", "abc"),
        ("env/threads", 0),
        ("started", "31.1.2025"),
        ("seconds", 0),
        ("options/rounds", 0),
        ("options/steps", -1),
        ("options/sweep", "no"),
        ("device_limits/flops_per_second", {}),
        ("device_limits/bytes_per_second", 0),
        ("cases", []),
        ("cases/0/model", ""),
        ("cases/0/dtype", "float16"),
        ("cases/1/images_per_second", []),
        ("cases/1/images_per_second/0", 0),
        ("cases/1/phase_seconds/data", -1),
        ("cases/1/loader_workers", -1),
        ("cases/1/peak_memory_bytes", "many"),
        ("cases/1/floor/arithmetic_s", None),
        ("sweep/0/axis", "depth"),
        ("sweep/0/value", 0),
    ],
)
def test_wrong_values_are_refused_and_named(path, value, tmp_path):
    content = altered(path, lambda node, key: node.__setitem__(key, value))
    with pytest.raises(CkdsnnError, match=f"breaks the schema at {path}: "):
        BenchRecord(**content)
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "x.json").write_text(json.dumps(content))
    with pytest.raises(CkdsnnError, match=rf"x\.json is not a valid bench record: .*{path}"):
        BENCHES.load("x", tmp_path)


@pytest.mark.parametrize(
    "path", ["sweep", "code/commit", "options/batch", "cases/0/floor", "cases/0/phase_seconds/data"]
)
def test_what_is_missing_is_refused(path, tmp_path):
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "x.json").write_text(json.dumps(altered(path, dict.pop)))
    with pytest.raises(CkdsnnError, match=path.rpartition("/")[2]):
        BENCHES.load("x", tmp_path)


@pytest.mark.parametrize(
    "path", ["extra", "options/extra", "cases/0/extra", "cases/0/phase_seconds/extra", "sweep/0/extra"]
)
def test_what_is_unknown_is_refused(path):
    with pytest.raises((CkdsnnError, TypeError), match="extra"):
        BenchRecord(**altered(path, lambda node, key: node.update({key: 1})))


def test_memory_may_be_unknown():
    content = altered("cases/0/peak_memory_bytes", lambda node, key: node.update({key: None}))
    assert BenchRecord(**content).cases[0]["peak_memory_bytes"] is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'{"seconds": NaN}'])
def test_corrupt_files_are_named(content, tmp_path):
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "broken.json").write_bytes(content)
    with pytest.raises(CkdsnnError, match=r"broken\.json is not a valid bench record"):
        load_benches(tmp_path)


def test_a_file_bears_its_records_id(tmp_path):
    path = save_bench(BenchRecord(**EXAMPLE), tmp_path)
    path.rename(path.with_name("other.json"))
    with pytest.raises(CkdsnnError, match="a record's file bears its id"):
        BENCHES.load("other", tmp_path)


def test_a_record_is_written_once_and_a_killed_write_is_no_record(tmp_path, monkeypatch):
    record = BenchRecord(**EXAMPLE)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(BenchRecord, "to_json", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        save_bench(record, tmp_path)
    assert list(tmp_path.iterdir()) == []
    path = save_bench(record, tmp_path)
    (path.parent / f".{path.stem}.1.partial.json").write_text("{")
    assert load_benches(tmp_path) == [record]
    with pytest.raises(CkdsnnError, match="exists; a record is written once"):
        save_bench(record, tmp_path)


def test_an_unknown_id_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(CkdsnnError, match=r"unknown bench record 'x' in .*; choose one of: none yet"):
        BENCHES.load("x", tmp_path)
    save_bench(BenchRecord(**EXAMPLE), tmp_path)
    with pytest.raises(CkdsnnError, match=f"choose one of: {EXAMPLE['id']}"):
        BENCHES.load("x", tmp_path)
    assert load_benches(tmp_path / "nothing") == []


def test_every_look_up_is_noted(tmp_path, monkeypatch):
    save_bench(BenchRecord(**EXAMPLE), tmp_path)
    monkeypatch.setenv(TRACE, str(tmp_path / "reads"))
    load_benches(tmp_path)
    BENCHES.load(EXAMPLE["id"], tmp_path)
    patterns = [tmp_path / "bench" / name for name in ("[!.]*.json", f"{EXAMPLE['id']}.json")]
    noted = [json.loads(line) for line in (tmp_path / "reads").read_text().splitlines()]
    assert noted == [[str(pattern), state(pattern)] for pattern in patterns]


def test_an_id_is_made_of_device_and_time():
    device = "cuda: NVIDIA H200 (80GB)"
    assert bench_id(device, "2025-01-31T12:00:00Z") == "bench-cuda-nvidia-h200-80gb-20250131T120000Z"


def test_steps_at_once_are_kept_and_records_from_before_have_none(tmp_path):
    assert BenchRecord(**EXAMPLE).crowds == []
    sizes = {"model": "resnet20", "width": 1, "timesteps": 1, "batch": 8, "implementation": "ours"}
    record = BenchRecord(**EXAMPLE, crowds=[sizes | {"images_per_second": [3.0, 4.0]}])
    save_bench(record, tmp_path)
    assert BENCHES.load(record.id, tmp_path) == record
    with pytest.raises(CkdsnnError, match="breaks the schema at crowds/0"):
        BenchRecord(**EXAMPLE, crowds=[sizes])


def test_trainings_side_by_side_and_ways_of_waiting_are_kept_and_records_from_before_have_none(tmp_path):
    assert BenchRecord(**EXAMPLE).groups == BenchRecord(**EXAMPLE).waiting == []
    new = {"groups": [training("digits", 5, [0.5], 3.0)], "waiting": [waited({"A": "1"}, [0.1], [0.2, 0.3])]}
    record = BenchRecord(**EXAMPLE, **new)
    save_bench(record, tmp_path)
    assert BENCHES.load(record.id, tmp_path) == record
    for name, (one,) in new.items():
        for lacking in one:
            with pytest.raises(CkdsnnError, match=f"breaks the schema at {name}/0: .*'{lacking}'"):
                BenchRecord(**EXAMPLE, **{name: [{key: value for key, value in one.items() if key != lacking}]})


def test_power_may_be_unknown_and_else_has_a_value_for_each_block(tmp_path):
    for cases in ([entry(watts=None)], [entry(watts=[300.0, 200.0, 100.0])]):
        assert BenchRecord(**EXAMPLE | {"cases": cases}).cases == cases
    record = BenchRecord(**EXAMPLE | {"cases": [entry(watts=[300.0])]})
    save_bench(record, tmp_path)
    with pytest.raises(CkdsnnError, match="other numbers of blocks"):
        load_benches(tmp_path)
