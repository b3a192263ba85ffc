"""The record's schema refuses whatever a figure could stumble over; provenance names the code that ran."""

import copy
import json
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
import torch

from ckdsnn.errors import CkdsnnError
from ckdsnn.measures.accuracy import accuracy_interval, best_of_curve
from ckdsnn.recipe import RECIPES
from ckdsnn.records import Record, provenance
from ckdsnn.records.provenance import code_state, environment, source_digest, utc_now
from ckdsnn.records.record import RUNS

SHA = "0123456789abcdef" * 4
CURVE = [{"epoch": e, "ce": 2.0 / e, "train_accuracy": 50.0, "test_accuracy": 40.0 + e, "seconds": 1.5} for e in (1, 2)]
EXAMPLE = {
    "id": "digits-kd-s0-01234567",
    "tier": "smoke",
    "recipe": {
        "name": "digits-kd",
        "tier": "smoke",
        "dataset": "digits",
        "model": "resnet8",
        "timesteps": 2,
        "losses": "kd",
        "epochs": 2,
    },
    "seed": 0,
    "data": {"name": "digits", "digest": SHA},
    "teacher": {"record": "digits-teacher-s0-76543210", "sha256": SHA, "accuracy": 97.5},
    "code": code_state(),
    "env": environment(torch.device("cpu"), "32-true"),
    "curve": CURVE,
    "final": {
        "last_accuracy": accuracy_interval(42.0, 100),
        "best_accuracy": best_of_curve(CURVE),
        "firing_rate": {"activation": 0.1},
        "energy": {"mac": 1.0, "ac": 2.5, "compute_nj": 0.1, "memory_nj": 0.2, "model": "simple", "images": 4},
    },
    "arrays": {"digits.gallery.npz": SHA},
    "weights": {"file": "digits-kd-s0-01234567.safetensors", "sha256": SHA},
    "started": "2025-01-31T12:00:00Z",
    "seconds": 3.0,
    "images_per_second": 100.0,
}
OPEN = {"firing_rate", "arrays", "engine"}  # keys of these are free
OPTIONAL = {("env", "engine"), ("env", "omp_wait_policy")}  # older records have none


def paths(node, above=()):
    """The path of every key that a record must have."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(key, str) and not OPEN & set(above):
            yield (*above, key)
        yield from paths(value, (*above, key))


def altered(path, change):
    """A copy of the example in which `change(parent, key)` was done at `path`."""
    content = copy.deepcopy(EXAMPLE)
    node = content
    for key in path[:-1]:
        node = node[key]
    change(node, path[-1])
    return content


def read(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content))
    return RUNS.read(path)


def test_round_trip(tmp_path):
    recipe = RECIPES["digits-kd"]
    record = Record(**EXAMPLE | {"id": recipe.record_id(0), "recipe": asdict(recipe)})
    (tmp_path / f"{record.id}.json").write_text(record.to_json())
    assert RUNS.read(tmp_path / f"{record.id}.json") == record
    assert record.accuracy == 42.0


@pytest.mark.parametrize(
    "path", [path for path in paths(EXAMPLE) if path not in OPTIONAL], ids=lambda path: "/".join(map(str, path))
)
def test_every_missing_key_is_refused(tmp_path, path):
    with pytest.raises(CkdsnnError, match=rf"record\.json is not a valid record: .*{path[-1]}"):
        read(tmp_path, altered(path, dict.pop))


@pytest.mark.parametrize(
    "where", [(), ("data",), ("teacher",), ("code",), ("env",), ("final",), ("weights",), ("final", "energy")]
)
def test_unknown_keys_are_refused(tmp_path, where):
    with pytest.raises(CkdsnnError, match="extra"):
        read(tmp_path, altered((*where, "extra"), lambda node, key: node.update({key: 1})))


def with_energy(**changes):
    return altered(("final", "energy"), lambda node, key: node[key].update(changes))


def test_energy_in_both_conventions_is_whole_or_not_there():
    folded = {"mac": 0.5, "ac": 3.0, "compute_nj": 0.1, "memory_nj": 0.2}
    record = Record(**with_energy(folded=folded, convention="strict"))
    assert record.costs["folded"] == folded and record.costs["strict"]["mac"] == 1.0
    assert Record(**EXAMPLE).costs["folded"] is None
    for wrong in (dict(list(folded.items())[:3]), folded | {"mac": -1}, folded | {"extra": 1}, None):
        with pytest.raises(CkdsnnError, match="final/energy/folded"):
            Record(**with_energy(folded=wrong))
    with pytest.raises(CkdsnnError, match="final/energy/convention"):
        Record(**with_energy(convention="folded"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "a/b"),
        ("id", ""),
        ("id", 7),
        ("tier", "big"),
        ("recipe", []),
        ("seed", -1),
        ("seed", 1.5),
        ("data/digest", "abc"),
        ("teacher", "digits-teacher"),
        ("teacher/accuracy", 101),
        ("code/dirty", "no"),
        ("env/threads", 0),
        ("curve", []),
        ("curve/0/epoch", 0),
        ("curve/0/ce", "nan"),
        ("curve/1/test_accuracy", -1),
        ("curve/1/seconds", 0),
        ("final/last_accuracy/value", 100.5),
        ("final/last_accuracy/test_images", 0),
        ("final/best_accuracy/note", "the best"),
        ("final/firing_rate/activation", 1.5),
        ("final/energy/mac", -1),
        ("arrays/digits.gallery.npz", SHA[:-1]),
        ("weights/sha256", SHA.upper()),
        ("started", "31.1.2025"),
        ("seconds", 0),
        ("images_per_second", None),
    ],
)
def test_wrong_values_are_refused_and_named(tmp_path, path, value):
    steps = [int(step) if step.isdigit() else step for step in path.split("/")]
    content = altered(steps, lambda node, key: node.__setitem__(key, value))
    with pytest.raises(CkdsnnError, match=f"breaks the schema at {path}: "):
        Record(**content)
    with pytest.raises(CkdsnnError, match=rf"record\.json is not a valid record: .*{path}"):
        read(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b'"text"', b"\xff\xfe"])
def test_corrupt_files_are_named(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(CkdsnnError, match=r"broken\.json is not a valid record"):
        RUNS.read(path)
    with pytest.raises(CkdsnnError, match="is not a valid record"):
        RUNS.read(tmp_path / "missing.json")


@pytest.mark.parametrize("named", [{"record": "a", "source": "torchvision:a"}, {}], ids=["both", "neither"])
def test_a_teacher_is_a_record_or_comes_from_elsewhere(named, tmp_path):
    content = copy.deepcopy(EXAMPLE)
    content["teacher"] = {"sha256": SHA, "accuracy": 50.0} | named
    with pytest.raises(CkdsnnError, match="breaks the schema at teacher: "):
        read(tmp_path, content)


def test_a_record_without_a_teacher_is_valid():
    assert Record(**EXAMPLE | {"teacher": None}).teacher is None


def test_source_digest_follows_paths_and_contents(tmp_path):
    def digest(files):
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        return source_digest(tmp_path)

    first = digest({"a.py": "x = 1\n", "data.txt": "1"})
    assert digest({"data.txt": "2"}) == first, "only the code counts"
    second = digest({"a.py": "x = 2\n"})
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, source_digest(tmp_path)}) == 3
    assert digest({"b.py": "", "a.py": "x = 1\n"}) != first


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def test_code_state_outside_a_checkout_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    assert code_state() == {"commit": None, "dirty": None, "source_sha256": source_digest()}


def test_code_state_does_not_take_another_projects_commit(tmp_path, monkeypatch):
    """The package installed in a virtual environment below somebody's own checkout."""
    package = tmp_path / "ckdsnn"
    package.mkdir()
    (package / "__init__.py").touch()
    (tmp_path / "own.py").touch()
    monkeypatch.setattr(provenance, "PACKAGE", package)
    git(tmp_path, "init")
    git(tmp_path, "add", "own.py")
    git(tmp_path, "commit", "-m", "own")
    assert (code_state()["commit"], code_state()["dirty"]) == (None, None)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "with the package")
    assert len(code_state()["commit"]) == 40 and code_state()["dirty"] is False
    (package / "__init__.py").write_text("changed")
    assert code_state()["dirty"] is True


def test_times_are_utc_to_the_second():
    said = datetime.strptime(utc_now(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta() <= datetime.now(UTC) - said < timedelta(minutes=1)
