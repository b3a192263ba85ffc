"""Datasets: content digests, canonical order, the digits, statistics and class names."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ckdsnn.data import DATASETS, load_dataset, statistics_of
from ckdsnn.data.resident import content_digest, row_digests
from ckdsnn.errors import CkdsnnError


def examples(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (9, 4, 4, 3), dtype=np.uint8), rng.integers(0, 3, 9)


def digest(images, labels):
    return content_digest(row_digests(images, labels))


def sorted_hashes(images, labels):
    pairs = zip(images, labels, strict=True)
    return sorted(hashlib.sha256(x.tobytes() + int(y).to_bytes(1)).hexdigest() for x, y in pairs)


@given(st.integers(0, 99), st.permutations(range(9)))
def test_the_digest_is_the_same_in_every_order(seed, order):
    images, labels = examples(seed)
    expected = hashlib.sha256(bytes.fromhex("".join(sorted_hashes(images, labels)))).hexdigest()
    assert digest(images[order], labels[order]) == digest(images, labels) == expected


@given(st.integers(0, 8), st.tuples(*map(st.integers, (0,) * 3, (3, 3, 2))), st.integers(1, 255))
def test_the_digest_sees_one_changed_pixel_or_label(row, place, change):
    images, labels = examples(3)
    other_images, other_labels = images.copy(), labels.copy()
    other_images[(row, *place)] ^= change
    other_labels[row] ^= change
    assert len({digest(x, y) for x in (images, other_images) for y in (labels, other_labels)}) == 4


def test_the_order_of_the_file_does_not_matter(tiny, arrays, tmp_path):
    np.savez(tmp_path / "tiny.npz", **arrays)
    first = load_dataset("tiny", tmp_path)
    np.savez(tmp_path / "tiny.npz", **{key: value[::-1] for key, value in arrays.items()})
    second = load_dataset("tiny", tmp_path)
    assert all(torch.equal(getattr(first, key), getattr(second, key)) for key in arrays)
    assert first.digest == second.digest and len(first.digest) == 64


def test_canonical_order_sorts_by_the_hash_of_image_and_label(tiny, arrays, tmp_path):
    np.savez(tmp_path / "tiny.npz", **arrays)
    data = load_dataset("tiny", tmp_path)
    for split, x, y in (("train", data.x_train, data.y_train), ("test", data.x_test, data.y_test)):
        images = x.permute(0, 2, 3, 1).numpy()
        assert [row.hex() for row in row_digests(images, y.numpy())] == sorted_hashes(images, y)
        assert sorted_hashes(images, y) == sorted_hashes(arrays[f"x_{split}"], arrays[f"y_{split}"])


def test_digits_are_the_bundled_ones_enlarged():
    from sklearn.datasets import load_digits

    data, (raw, labels) = load_dataset("digits"), load_digits(return_X_y=True)
    assert data.x_train.shape == (1437, 3, 16, 16) and data.x_test.shape == (360, 3, 16, 16)
    assert len(data.spec.classes) == 10 and data.y_train.dtype == torch.int64
    small = data.x_test[:, :1, ::2, ::2]
    enlarged = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.equal(enlarged.expand(-1, 3, -1, -1), data.x_test)
    level = np.array([int(255 * level / 16 + 0.5) for level in range(17)])
    expected = sorted((*level[row.astype(int)], y) for row, y in zip(raw[-360:], labels[-360:], strict=True))
    found = zip(small.flatten(1).numpy(), data.y_test.numpy(), strict=True)
    assert sorted((*row, y) for row, y in found) == expected


@pytest.mark.parametrize("name", DATASETS)
def test_statistics_classes_and_shapes_are_those_of_the_images(name):
    if name != "digits" and not Path(os.environ.get("CKDSNN_DATA", ""), f"{name}.npz").is_file():
        pytest.skip(f"needs {name}.npz in the folder that CKDSNN_DATA names")
    data, spec = load_dataset(name, download=False), DATASETS[name]
    grey = torch.arange(256, dtype=torch.float64) / 255
    for channel, mean, std in zip(data.x_train.unbind(1), spec.mean, spec.std, strict=True):
        share = channel.flatten().bincount(minlength=256) / channel.numel()
        exact = (share * grey).sum()
        assert mean == pytest.approx(exact.item(), abs=6e-5)
        assert std == pytest.approx((share * (grey - exact) ** 2).sum().sqrt().item(), abs=6e-5)
    assert data.x_train.dtype == torch.uint8 and data.x_test.shape[1:] == (
        spec.inputs.channels,
        spec.inputs.height,
        spec.inputs.width,
    )
    assert set(data.y_train.tolist()) == set(data.y_test.tolist()) == set(range(len(data.spec.classes)))


def test_class_names_are_different_words_for_a_reader():
    assert [len(set(spec.classes)) for spec in DATASETS.values()] == [10, 10, 100, 10, 10, 10, 10, 1000]
    assert list(DATASETS["cifar100"].classes) == sorted(DATASETS["cifar100"].classes)
    assert all(name.isprintable() and name == name.strip() for spec in DATASETS.values() for name in spec.classes)


def test_statistics_can_be_borrowed_from_cifar10():
    spec = DATASETS["cifar100"]
    assert statistics_of(spec, "own") == (spec.mean, spec.std)
    assert statistics_of(spec, "cifar10") == statistics_of(DATASETS["cifar10"], "own")
    with pytest.raises(CkdsnnError, match=r"'mine'.*own, cifar10"):
        statistics_of(spec, "mine")
