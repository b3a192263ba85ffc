"""The folder of results: written once and whole, and what was altered is noticed."""

import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch

from ckdsnn.errors import CkdsnnError
from ckdsnn.files import sha256_file
from ckdsnn.measures.accuracy import accuracy_interval, best_of_curve
from ckdsnn.models import build_student, build_teacher
from ckdsnn.recipe import RECIPES
from ckdsnn.records import (
    Record,
    copy_record,
    find_record,
    load_arrays,
    load_record,
    load_records,
    load_weights,
    save_arrays,
    save_record,
    save_weights,
)
from ckdsnn.records.provenance import code_state, environment
from ckdsnn.records.weights import fit_weights

ARRAYS = {"one.npz": {"sam": np.arange(6.0).reshape(2, 3)}, "two.npz": {"labels": np.array([1, 2])}}
CURVE = [{"epoch": 1, "ce": 1.0, "train_accuracy": 50.0, "test_accuracy": 40.0, "seconds": 1.0}]
RECIPE = RECIPES["digits-snn"]


def network(width=1, seed=0):
    torch.manual_seed(seed)
    return build_student("resnet8", 10, width=width, timesteps=2)


def record_of(seed, out):
    """A record with its arrays and weights saved below `out`, itself not yet."""
    record_id = RECIPE.record_id(seed)
    arrays = {name: sha for file, content in ARRAYS.items() for name, sha in save_arrays(file, content, out).items()}
    return Record(
        id=record_id,
        tier="smoke",
        recipe=vars(RECIPE),
        seed=seed,
        data={"name": "digits", "digest": "0" * 64},
        teacher=None,
        code=code_state(),
        env=environment(torch.device("cpu"), "32-true"),
        curve=CURVE,
        final={
            "last_accuracy": accuracy_interval(40.0, 100),
            "best_accuracy": best_of_curve(CURVE),
            "firing_rate": {},
            "energy": {"mac": 1, "ac": 0, "compute_nj": 0, "memory_nj": 0, "model": "none", "images": 1},
        },
        arrays=arrays,
        weights=save_weights(network(seed=seed), record_id, out),
        started="2025-01-31T12:00:00Z",
        seconds=1.0,
        images_per_second=1.0,
    )


@pytest.fixture
def record(tmp_path):
    record = record_of(0, tmp_path)
    save_record(record, tmp_path)
    return record


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_round_trip(record, tmp_path):
    assert load_record(record.id, tmp_path) == record
    assert load_records(tmp_path) == [record] == load_records(str(tmp_path))
    expected = {name: array for content in ARRAYS.values() for name, array in content.items()}
    loaded = load_arrays(record, tmp_path)
    assert loaded.keys() == expected.keys()
    assert all(np.array_equal(loaded[name], expected[name]) for name in expected)
    other = load_weights(network(seed=9), record, tmp_path)
    x = torch.rand(2, 3, 16, 16)
    assert torch.equal(other.eval()(x).logits, network().eval()(x).logits)


def test_channels_last_weights_are_saved_too(tmp_path):
    model = network().to(memory_format=torch.channels_last)
    save_weights(model, "a", tmp_path)
    loaded = fit_weights(network(seed=1), tmp_path / "weights" / "a.safetensors").state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


def test_records_are_sorted_and_a_killed_writers_file_is_ignored(record, tmp_path):
    ten, two = record_of(10, tmp_path), record_of(2, tmp_path)
    save_record(two, tmp_path)
    save_record(ten, tmp_path)
    (tmp_path / "runs" / f".{two.id}.123.partial.json").write_text('{"id"')
    assert [r.id for r in load_records(tmp_path)] == sorted(r.id for r in (record, two, ten))
    with pytest.raises(CkdsnnError) as caught:
        load_record("unheard-of", tmp_path)
    known = ", ".join(sorted(r.id for r in (record, two, ten)))
    assert str(caught.value) == f"unknown record 'unheard-of' in {tmp_path}; choose one of: {known}"


def test_find_record_goes_by_content_and_seed(record, tmp_path):
    assert find_record(RECIPE.replace(name="another-name").digest(), 0, tmp_path) == record
    assert find_record(RECIPE.digest(), 1, tmp_path) is None
    assert find_record(RECIPE.replace(epochs=99).digest(), 0, tmp_path) is None
    assert find_record(RECIPE.digest(), 0, tmp_path / "nowhere") is None


def test_a_record_is_written_once(record, tmp_path):
    path = tmp_path / "runs" / f"{record.id}.json"
    before = path.read_bytes()
    with pytest.raises(CkdsnnError, match="a record is written once"):
        save_record(record, tmp_path)
    assert path.read_bytes() == before


def test_two_threads_save_the_same_arrays_and_both_know_the_file_by_its_bytes(tmp_path):
    images = np.arange(6).reshape(2, 3)
    orders = {"images": images}, {"images": np.asfortranarray(images)}  # equal arrays, but other bytes
    both = Barrier(2)

    def save(number, arrays):
        both.wait(60)
        return save_arrays(f"{number}.npz", arrays, tmp_path)

    with ThreadPoolExecutor(2) as pool:
        for number in range(60):
            told = list(pool.map(save, [number] * 2, orders))
            assert told == [{f"{number}.npz": sha256_file(tmp_path / "arrays" / f"{number}.npz")}] * 2
    assert len(files(tmp_path)) == 60


def no_space(partial, *_, **__):
    """A write that stops half-way."""
    Path(partial).write_bytes(b"half")
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("target", "save"),
    [
        ("numpy.savez_compressed", lambda out, _: save_arrays("three.npz", ARRAYS["one.npz"], out)),
        ("ckdsnn.records.weights.save_file", lambda out, _: save_weights(network(), "three", out)),
        ("pathlib.Path.replace", lambda out, record: save_record(record, out)),
    ],
    ids=["arrays", "weights", "record"],
)
def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch, target, save):
    record = record_of(1, tmp_path)
    before = files(tmp_path)

    def failing(*arguments, **_):
        no_space(next(a for a in arguments if isinstance(a, Path)))

    monkeypatch.setattr(target, failing)
    with pytest.raises(CkdsnnError, match=r"cannot write .*No space left"):
        save(tmp_path, record)
    assert files(tmp_path) == before


def test_nowhere_to_look(tmp_path):
    with pytest.raises(CkdsnnError, match=r"no folder of results at .*/missing"):
        load_records(tmp_path / "missing")
    assert load_records(tmp_path) == [] and files(tmp_path) == []
    with pytest.raises(CkdsnnError, match="choose one of: none yet"):
        load_record("a", tmp_path)


def test_a_corrupt_record_is_named(record, tmp_path):
    path = tmp_path / "runs" / f"{record.id}.json"
    path.write_text(path.read_text()[:-30])
    for load in (lambda: load_records(tmp_path), lambda: load_record(record.id, tmp_path)):
        with pytest.raises(CkdsnnError, match=f"{record.id}.json is not a valid record"):
            load()


LOADERS = {
    "arrays/two.npz": load_arrays,
    f"weights/{RECIPE.record_id(0)}.safetensors": lambda record, out: load_weights(network(), record, out),
}


@pytest.mark.parametrize("file", LOADERS)
def test_missing_and_altered_files_are_named(record, tmp_path, file):
    path = tmp_path / file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CkdsnnError, match=f"{path.name} differs from the SHA-256 in record {record.id}"):
        LOADERS[file](record, tmp_path)
    path.unlink()
    with pytest.raises(CkdsnnError, match=f"{path.name} of record {record.id} is missing"):
        LOADERS[file](record, tmp_path)


def test_a_copy_says_which_file_cannot_be_read(tmp_path):
    record = record_of(0, tmp_path / "from")  # whose own file is not there
    with pytest.raises(CkdsnnError, match=rf"^cannot read {tmp_path}/from/runs/{record.id}\.json: No such file"):
        copy_record(record, tmp_path / "from", tmp_path / "to")
    assert not (tmp_path / "to" / "runs").exists()


@pytest.mark.parametrize("model", [network(width=2), build_teacher("resnet20", 10, width=1)], ids=["wider", "deeper"])
def test_weights_that_do_not_fit_are_refused(record, tmp_path, model):
    with pytest.raises(CkdsnnError, match=rf"weights in .*safetensors do not fit {type(model).__name__}"):
        load_weights(model, record, tmp_path)


def test_a_file_that_holds_no_weights_is_refused(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"not weights")
    with pytest.raises(CkdsnnError, match="do not fit"):
        fit_weights(network(), tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"ce": 1.0', '"ce": NaN'), "NaN is no number"),
        (lambda text: text.replace('"seed": 0', '"seed": 7'), "contradicts itself"),
        (lambda text: text.replace('"tier": "smoke"', '"tier": "paper"', 1), "contradicts itself"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(tmp_path, change, message):
    path = save_record(record_of(0, tmp_path), tmp_path)
    changed = change(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(CkdsnnError, match=message):
        load_records(tmp_path)


def test_a_records_file_bears_its_id(tmp_path):
    path = save_record(record_of(0, tmp_path), tmp_path)
    path.rename(path.with_stem("another"))
    with pytest.raises(CkdsnnError, match="a record's file bears its id"):
        load_records(tmp_path)


@pytest.mark.parametrize("name", ["../../x.npz", "a/b.npz", "..", "", "a..b.npz", ".hidden.npz", "/etc/x.npz"])
@pytest.mark.parametrize("where", ["arrays", "weights"])
def test_a_record_that_names_a_file_elsewhere_is_refused(where, name, tmp_path):
    record = record_of(0, tmp_path)
    changed = {name: "0" * 64} if where == "arrays" else {"file": name, "sha256": "0" * 64}
    with pytest.raises(CkdsnnError, match=f"breaks the schema at {where}"):
        replace(record, **{where: changed})


@pytest.mark.parametrize("read", [copy_record, load_arrays])
def test_a_name_that_leads_out_of_its_folder_is_refused_by_its_path_too(read, tmp_path):
    """Past the schema: what a record says is never joined to a folder unseen."""
    record = record_of(0, tmp_path / "from")
    (tmp_path / "from" / "x.npz").write_bytes(b"x")
    record.arrays["../x.npz"] = sha256_file(tmp_path / "from" / "x.npz")
    where = [tmp_path / "from", tmp_path / "to"][: 2 if read is copy_record else 1]
    with pytest.raises(CkdsnnError, match=r"'\.\./x\.npz' is no file's name"):
        read(record, *where)
    assert not (tmp_path / "to" / "x.npz").exists()
