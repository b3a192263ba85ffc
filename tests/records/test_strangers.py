"""Records and arrays of strangers: whatever lies in a file, it is read, or refused by our own error."""

import contextlib
import io
import json
import os
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ckdsnn.arrays import LARGEST, read_arrays
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import sha256_file
from ckdsnn.records import load_arrays, load_record
from ckdsnn.records.bench import BENCHES
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import STUDIES

ROOT = Path(__file__).parents[2]
RECORD = RUNS.files(ROOT / "results")[0]
ARRAYS = min((ROOT / "results/arrays").glob("*.maps.npz"), key=lambda path: path.stat().st_size)


def placed(content: str | bytes, out: Path) -> str:
    """A file of this content where a record of the first one's id would lie."""
    path = RUNS.path(RECORD.stem, out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path.stem


def altered(**fields) -> str:
    return json.dumps(json.loads(RECORD.read_text()) | fields)


HOSTILE = {
    "not_a_number": RECORD.read_text().replace('"seconds": ', '"seconds": NaN, "x": ', 1),
    "infinite": altered(seconds=1).replace('"seconds": 1', '"seconds": 1e400'),
    "many_digits": altered(seconds=1).replace('"seconds": 1', f'"seconds": {"9" * 5000}'),
    "twice": RECORD.read_text().replace("{", '{"tier": "paper", ', 1),
    "deep": "[" * 100_000,
    "large": altered(started=" " * 6_000_000),
    "empty": "",
    "list": "[]",
    "no_text": b"\xff\xfe\x00",
    "escaping_array": altered(arrays={"../../x.npz": "0" * 64}),
    "escaping_weights": altered(weights={"file": "../x.safetensors", "sha256": "0" * 64}),
    "own_other_id": altered(id="another-s0-00000000"),
    "another_recipe": altered(recipe=json.loads(RECORD.read_text())["recipe"] | {"beta": 7.0}),
    "endless_time": altered(recipe=json.loads(RECORD.read_text())["recipe"] | {"timesteps": 10**9}),
    "no_model_in_the_recipe": altered(recipe=json.loads(RECORD.read_text())["recipe"] | {"dataset": 1.5}),
    "unknown_field": altered(recipe=json.loads(RECORD.read_text())["recipe"] | {"magic": 1}),
    "integer_beyond_floats": altered(seconds=10**400),
    "integer_beyond_64_bits": altered(seconds=2**63),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_record_is_refused_by_its_files_name(kind, tmp_path):
    with pytest.raises(CkdsnnError, match=RECORD.stem):
        load_record(placed(HOSTILE[kind], tmp_path), tmp_path)


def test_a_study_of_another_recipe_than_its_runs_is_refused(tmp_path):
    path = STUDIES.files(ROOT / "results")[0]
    content = json.loads(path.read_text())
    copy = STUDIES.path(path.stem, tmp_path)
    copy.parent.mkdir()
    copy.write_text(json.dumps(content))
    assert STUDIES.load(path.stem, tmp_path).recipe == content["recipe"]
    copy.write_text(json.dumps(content | {"recipe": content["recipe"] | {"lr": 7.0}}))
    with pytest.raises(CkdsnnError, match="one of them was altered"):
        STUDIES.load(path.stem, tmp_path)
    found = replace(STUDIES.load(path.stem, ROOT / "results"), values={"ragged": [[1], [2, 3]]})
    for name in ("ragged", "missing"):
        with pytest.raises(CkdsnnError, match=f"no array of numbers '{name}'"):
            found.numbers(name)


def test_a_bench_has_as_many_forward_passes_as_steps(tmp_path):
    path = BENCHES.files(ROOT / "results")[0]
    content = json.loads(path.read_text())
    content["cases"][0]["forward_images_per_second"].pop()
    copy = BENCHES.path(path.stem, tmp_path)
    copy.parent.mkdir()
    copy.write_text(json.dumps(content))
    with pytest.raises(CkdsnnError, match="other numbers of blocks"):
        BENCHES.load(path.stem, tmp_path)


def test_a_record_is_no_link_to_elsewhere_and_no_pipe(tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(RECORD.read_bytes())
    path = RUNS.path(RECORD.stem, tmp_path)
    path.parent.mkdir()
    path.symlink_to(elsewhere)
    with pytest.raises(CkdsnnError, match="outside its folder"):
        load_record(RECORD.stem, tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CkdsnnError):
        load_record(RECORD.stem, tmp_path)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "x" * 300, "a\0b"])
def test_a_name_that_is_no_files_is_refused(name, tmp_path):
    with pytest.raises(CkdsnnError):
        load_record(name, tmp_path)


def test_mutated_records_are_read_or_refused(tmp_path):
    rng = random.Random(0)
    text = bytearray(RECORD.read_bytes())
    for _ in range(300):
        own = bytearray(text)
        for _ in range(rng.choice((1, 3, 30))):
            own[rng.randrange(len(own))] = rng.randrange(256)
        with contextlib.suppress(CkdsnnError):
            load_record(placed(bytes(own), tmp_path), tmp_path)


def test_mutated_arrays_are_read_or_refused_though_their_digest_matches(tmp_path):
    record = load_record(RECORD.stem, ROOT / "results")
    rng = random.Random(0)
    path = tmp_path / "arrays" / "x.npz"
    path.parent.mkdir()
    refused = 0
    for _ in range(300):
        own = bytearray(ARRAYS.read_bytes())
        for _ in range(rng.choice((1, 3, 30))):
            own[rng.randrange(len(own))] = rng.randrange(256)
        path.write_bytes(own[: rng.choice((len(own), rng.randrange(len(own))))])
        try:
            load_arrays(replace(record, arrays={"x.npz": sha256_file(path)}), tmp_path)
        except CkdsnnError:
            refused += 1
    assert refused > 200


def npz(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


SMALL = npy(np.zeros(100, np.uint8))
BOMBS = {  # made when they are asked for: one takes a second
    "claims_a_terabyte": lambda: SMALL.replace(b"(100,), }        ", b"(1000000000,), } "),
    "unpacks_to_too_much": lambda: b"\0" * (LARGEST + 1),
    "objects": lambda: npy(np.array([{}, None], dtype=object)),
    "no_array": lambda: b"hello",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_arrays_that_would_burst_or_run_are_refused(kind, tmp_path):
    assert BOMBS["claims_a_terabyte"]() != SMALL
    path = tmp_path / "x.npz"
    path.write_bytes(npz(x=BOMBS[kind]()))
    with pytest.raises(CkdsnnError, match=r"x\.npz"):
        read_arrays(path)
