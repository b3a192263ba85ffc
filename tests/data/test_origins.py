"""The array cache and the download, each way in which they go wrong: one error, nothing left behind."""

import io
import urllib.request
import zipfile
from dataclasses import replace
from http.client import BadStatusLine, IncompleteRead
from pathlib import Path
from pickle import UnpicklingError
from tarfile import ReadError
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision

from ckdsnn.data import DATASETS, load_dataset
from ckdsnn.errors import CkdsnnError

AGAIN = "delete the file and load again"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def contents(root):
    return {path: path.is_file() and path.read_bytes() for path in root.rglob("*")}


def refused(root, *words, name="tiny", download=True):
    """Loading fails with a message that holds all the words, and the folder keeps what it held."""
    before = contents(root)
    with pytest.raises(CkdsnnError) as caught:
        load_dataset(name, root, download)
    assert all(str(word) in str(caught.value) for word in words), str(caught.value)
    assert contents(root) == before


def test_an_unknown_name_lists_the_known(tmp_path):
    refused(tmp_path, "'mnist'", "digits, cifar10, cifar100", name="mnist")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"PK\x03\x04 and then nothing"])
def test_a_file_that_is_no_archive(tiny, tmp_path, content):
    (tmp_path / "tiny.npz").write_bytes(content)
    refused(tmp_path, tmp_path / "tiny.npz", AGAIN)


def test_a_bare_array_under_the_name_of_an_archive(tiny, arrays, tmp_path):
    with open(tmp_path / "tiny.npz", "wb") as file:
        np.save(file, arrays["x_train"])
    refused(tmp_path, tmp_path / "tiny.npz", AGAIN)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_archive(tiny, arrays, tmp_path, share):
    np.savez(tmp_path / "tiny.npz", **arrays)
    whole = (tmp_path / "tiny.npz").read_bytes()
    (tmp_path / "tiny.npz").write_bytes(whole[: int(share * len(whole))])
    refused(tmp_path, tmp_path / "tiny.npz", AGAIN)


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_damaged_byte(tiny, arrays, tmp_path, key):
    np.savez(tmp_path / "tiny.npz", **arrays)
    content = bytearray((tmp_path / "tiny.npz").read_bytes())
    content[content.index(arrays[key].tobytes())] ^= 0xFF
    (tmp_path / "tiny.npz").write_bytes(content)
    refused(tmp_path, tmp_path / "tiny.npz", AGAIN)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("x_train", lambda x: x.astype(np.float32)),
        ("x_train", lambda x: x.transpose(0, 3, 1, 2)),
        ("x_test", lambda x: x[:-1]),
        ("x_test", lambda x: x[0, 0, 0, 0]),
        ("y_train", lambda y: y.astype(np.uint8)),
        ("y_train", lambda y: y[:, None]),
        ("y_test", lambda y: y + 3),
        ("y_test", lambda y: y - 256),
        ("y_test", lambda y: y.astype(object)),
    ],
)
def test_arrays_of_another_kind(tiny, arrays, tmp_path, key, change):
    np.savez(tmp_path / "tiny.npz", **(arrays | {key: change(arrays[key])}))
    refused(tmp_path, tmp_path / "tiny.npz", AGAIN)


def test_a_missing_array(tiny, arrays, tmp_path):
    del arrays["y_test"]
    np.savez(tmp_path / "tiny.npz", **arrays)
    refused(tmp_path, tmp_path / "tiny.npz", "y_test", AGAIN)


@pytest.mark.parametrize("split", ["train", "test"])
def test_another_content(tiny, arrays, tmp_path, split):
    arrays[f"x_{split}"][0, 0, 0, 0] ^= 1
    np.savez(tmp_path / "tiny.npz", **arrays)
    refused(tmp_path, tmp_path / "tiny.npz", f"{split} images of tiny", "delete it and load again")


def test_no_network(no_network, tmp_path):
    file = tmp_path / "cifar10.npz"
    refused(tmp_path, "torchvision.datasets.CIFAR10", "no route to host", file, name="cifar10")


@pytest.mark.parametrize(
    "failure",
    [BadStatusLine("x"), IncompleteRead(b"", 9), UnpicklingError("odd"), EOFError("early"), ReadError("no tar")],
    ids=lambda failure: type(failure).__name__,
)
def test_whatever_a_download_ends_with_the_file_to_put_there_is_named(failure, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", fail)
    refused(tmp_path, "torchvision.datasets.CIFAR10", "with no network", tmp_path / "cifar10.npz", name="cifar10")


@pytest.mark.parametrize("shape", [(10**9, 32, 32, 3), (60_000, 320, 320, 3)])
def test_a_cache_is_not_unpacked_beyond_what_its_data_set_has(shape, tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(tmp_path / "cifar10.npz", "w") as archive:
        archive.writestr("x_train.npy", header.getvalue() + bytes(100))
    refused(tmp_path, tmp_path / "cifar10.npz", "does not fit into its", name="cifar10")


def test_no_network_leaves_no_new_folder(no_network, tmp_path):
    with pytest.raises(CkdsnnError, match="no route to host"):
        load_dataset("cifar100", tmp_path / "new" / "below")
    assert list(tmp_path.iterdir()) == []


def test_no_file_and_no_download(tmp_path):
    refused(tmp_path, tmp_path / "cifar100.npz", name="cifar100", download=False)


def test_a_root_that_cannot_be_written(no_network, tmp_path):
    (tmp_path / "file").write_text("here first")
    refused(tmp_path / "file" / "below", tmp_path / "file" / "below", name="cifar10")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def fake_reader(arrays, calls):
    """Stands in for torchvision.datasets.CIFAR10: leaves an archive in the folder and holds the arrays."""

    def reader(folder, train, download):
        calls.append((train, download))
        (Path(folder) / "archive.tar.gz").write_bytes(b"large")
        split = "train" if train else "test"
        return SimpleNamespace(data=arrays[f"x_{split}"], targets=arrays[f"y_{split}"].tolist())

    return reader


def test_a_download_is_cached_and_leaves_only_the_cache(tiny, arrays, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", fake_reader(arrays, calls))
    first, second = (load_dataset("tiny", tmp_path / "new") for _ in range(2))
    assert calls == [(True, True), (False, True)]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["tiny.npz"]
    assert all(torch.equal(getattr(first, key), getattr(second, key)) for key in arrays)


def test_a_download_of_other_images_is_not_kept(tiny, arrays, tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "tiny", replace(tiny, digests=("0" * 64, "0" * 64)))
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", fake_reader(arrays, []))
    refused(tmp_path, "torchvision.datasets.CIFAR10", "train images of tiny")


def test_an_interrupted_download_leaves_nothing(tiny, tmp_path, monkeypatch):
    def interrupt(folder, **_):
        (Path(folder) / "half.tar.gz").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_dataset("tiny", tmp_path)
    assert not list(tmp_path.iterdir())
