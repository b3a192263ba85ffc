"""CIFAR10-DVS from recordings in its own format, which the tests write: frames, split, and what may be wrong."""

import hashlib
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from ckdsnn import CkdsnnError
from ckdsnn.data import DatasetSpec, events
from ckdsnn.data.events import find_recordings, frames_of, manifest, read_recordings, split_digest
from ckdsnn.inputs import InputSpec

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SPEC = DatasetSpec(
    name="cifar10dvs",
    classes=CLASSES,
    mean=(0.0,) * 20,
    std=(1 / 255,) * 20,
    policy=None,
    digests=(),
    inputs=InputSpec(2, 48, 48, timesteps=10),
    recordings="cifar10dvs/extract",
)
TESTED = events.numbers_for_testing("cifar10dvs")
HEADER = b"#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n# created Mon Aug 18 2014\r\n"


def content(recorded, header=HEADER):
    """Events (x, y, polarity, microseconds), as they are read, in AEDAT 2.0: the camera's axes swapped and reversed."""
    words = [((127 - x) << 8 | (127 - y) << 1 | (1 - p), t) for x, y, p, t in recorded]
    return header + np.array(words, ">u4").tobytes()


def random_events(seed, count=233):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 1_300_000, count))
    return [(*map(int, rng.integers(0, 128, 2)), int(rng.integers(2)), int(t)) for t in times]


def write(path, recorded):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(recorded))
    return path


@pytest.fixture
def one(tmp_path):
    return tmp_path / "cifar10_cat_7.aedat"


@pytest.fixture
def root(tmp_path):
    """Recordings 0 to 29 of each class, a part of its thousand."""
    for label, name in enumerate(CLASSES):
        for number in range(30):
            path = tmp_path / SPEC.recordings / name / f"cifar10_{name}_{number}.aedat"
            write(path, random_events([label, number], 40 + number))
    return tmp_path


# one recording


@pytest.mark.parametrize(("height", "width", "timesteps"), [(128, 128, 1), (48, 48, 10), (32, 50, 4), (200, 1, 3)])
def test_frames_count_the_events_of_equal_parts_at_any_size(one, height, width, timesteps):
    recorded = random_events(timesteps)
    write(one, recorded)
    expected, share = np.zeros((height, width, timesteps, 2), np.uint8), len(recorded) // timesteps
    for index, (x, y, p, _) in enumerate(recorded):
        expected[y * height // 128, x * width // 128, min(index // share, timesteps - 1), p] += 1
    frames = frames_of(one, InputSpec(2, height, width, timesteps))
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, expected.reshape(height, width, -1))


def test_events_are_read_as_spikingjelly_reads_them(one):
    from spikingjelly.datasets import cifar10_dvs

    write(one, random_events(3))
    expected = np.zeros((128, 128, 2), np.uint8)
    theirs = cifar10_dvs._load_origin_data(one)
    np.add.at(expected, (theirs["y"], theirs["x"], theirs["p"]), 1)
    np.testing.assert_array_equal(frames_of(one, InputSpec(2, 128, 128, 1)), expected)


def test_counts_end_at_255(one):
    write(one, [(5, 6, 1, t) for t in range(300)])
    assert frames_of(one, InputSpec(2, 128, 128, 1))[6, 5].tolist() == [0, 255]


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (b"", r"cat_7\.aedat does not begin with #!AER-DAT2"),
        (b"PK\x03\x04" + bytes(96), r"cat_7\.aedat does not begin with #!AER-DAT2, as files of AEDAT 2\.0 do; unpack"),
        (HEADER.replace(b"2.0", b"3.1"), r"cat_7\.aedat does not begin with #!AER-DAT2"),
        (HEADER, r"cat_7\.aedat has 0 bytes after its header; .* empty or broken off; unpack"),
        (HEADER[:-2], r"cat_7\.aedat has 0 bytes after its header"),
        (content(random_events(0))[:-3], r"cat_7\.aedat has 1861 bytes after its header; .* broken off"),
        (content(random_events(0, 9)), r"cat_7\.aedat has 9 events, fewer than the 10 frames; unpack"),
        (content([(-129, 0, 1, 5)] * 20), r"cat_7\.aedat has events beyond 128 x 128 pixels; unpack"),
    ],
    ids=["empty", "foreign", "newer", "no events", "half a header", "broken off", "short", "larger camera"],
)
def test_a_damaged_recording_is_named(one, damaged, message):
    one.write_bytes(damaged)
    with pytest.raises(CkdsnnError, match=message):
        frames_of(one, SPEC.inputs)


def test_another_kind_of_file_is_named(tmp_path):
    with pytest.raises(CkdsnnError, match=r"unknown kind of recording '\.npz'; choose one of: \.bin, \.aedat"):
        frames_of(tmp_path / "cat.npz", SPEC.inputs)


# the split


def test_the_split_is_drawn_by_its_rule():
    assert tuple(TESTED) == CLASSES
    for label, name in enumerate(CLASSES):
        drawn = np.random.default_rng([2017, label]).choice(1000, 100, replace=False)
        assert TESTED[name] == set(drawn.tolist()) and len(TESTED[name]) == 100


def test_the_split_is_the_one_on_record():
    assert split_digest(SPEC) == "5cb7b02bbf7916686aa5aee46b6fc09b4aba94d56cbe88281e79817fb957d357"
    assert split_digest(replace(SPEC, name="nmnist")) == ""


def test_all_recordings_are_split_nine_to_one(tmp_path):
    for name in CLASSES:
        folder = tmp_path / SPEC.recordings / name
        folder.mkdir(parents=True)
        for number in range(1000):
            (folder / f"cifar10_{name}_{number}.aedat").touch()
    found = find_recordings(SPEC, tmp_path)
    labels = {split: np.bincount([label for _, label in part]).tolist() for split, part in found.items()}
    assert labels == {"train": [900] * 10, "test": [100] * 10}
    assert len({path for part in found.values() for path, _ in part}) == 10_000


# many recordings


def test_a_part_of_the_recordings_is_split_as_all_are(root):
    found = find_recordings(SPEC, root)
    for split, part in found.items():
        numbers = [(CLASSES[label], int(path.stem.split("_")[-1])) for path, label in part]
        assert numbers == [(c, n) for c in CLASSES for n in range(30) if (n in TESTED[c]) == (split == "test")]
    arrays = read_recordings(SPEC, found)
    for split, part in found.items():
        assert arrays[f"x_{split}"].shape == (len(part), 48, 48, 20) and arrays[f"x_{split}"].dtype == np.uint8
        assert arrays[f"y_{split}"].tolist() == [label for _, label in part]
        np.testing.assert_array_equal(arrays[f"x_{split}"][-1], frames_of(part[-1][0], SPEC.inputs))


def test_reading_needs_little_more_memory_than_the_frames(root):
    found = find_recordings(SPEC, root)
    read_recordings(SPEC, {"test": found["test"][:1]})  # what is imported on the way
    tracemalloc.start()
    arrays = read_recordings(SPEC, found)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * sum(array.nbytes for array in arrays.values())


def test_a_cache_of_other_recordings_or_of_another_split_is_known(root, tmp_path, monkeypatch):
    first = manifest(find_recordings(SPEC, root), root)
    assert manifest(find_recordings(SPEC, root), root) == first
    drawn = (events.DRAWN / "cifar10dvs.txt").read_text()
    number = min(TESTED["dog"])
    monkeypatch.setattr(events, "DRAWN", tmp_path)
    other = drawn.replace(f"dog {number} ", "dog ")
    (tmp_path / "cifar10dvs.txt").write_text(other)
    assert manifest(find_recordings(SPEC, root), root) != first
    assert split_digest(SPEC) == hashlib.sha256(other.encode()).hexdigest()
    (tmp_path / "cifar10dvs.txt").write_text(drawn)
    assert manifest(find_recordings(SPEC, root), root) == first
    write(root / SPEC.recordings / "dog" / "cifar10_dog_999.aedat", random_events(1))
    assert manifest(find_recordings(SPEC, root), root) != first


def test_a_class_without_recordings_of_a_split_is_named(root):
    folder = root / SPEC.recordings / "frog"
    for number in TESTED["frog"]:
        (folder / f"cifar10_frog_{number}.aedat").unlink(missing_ok=True)
    with pytest.raises(CkdsnnError, match=r"no test recordings of class frog in .*/frog; .*numbers are in .*dvs\.txt"):
        find_recordings(SPEC, root)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with pytest.raises(CkdsnnError, match=r"no train recordings of class frog in .*; unpack cifar10dvs's ten archives"):
        find_recordings(SPEC, root)


def test_a_data_set_of_an_unknown_layout_is_named(tmp_path):
    with pytest.raises(CkdsnnError, match="unknown data set of recordings 'gesture'; choose one of: nmnist"):
        find_recordings(replace(SPEC, name="gesture"), tmp_path)
