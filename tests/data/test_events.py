"""Recordings of events as frames: against a slow count, moved alike over time, in a cache that knows its sources."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from ckdsnn import CkdsnnError, run
from ckdsnn.analysis.explain import explain
from ckdsnn.data import DATASETS, Augment, load_dataset, normalize
from ckdsnn.data.events import frames_of
from ckdsnn.inputs import InputSpec
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.records import load_arrays

SPEC = DATASETS["nmnist"]


def write_recording(path, events):
    """Events (x, y, polarity, microseconds) in the 40 bits of an ATIS file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(bytes([x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255]) for x, y, p, t in events))


def random_events(seed, count=57):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 300_000, count))
    return [(*map(int, rng.integers(0, 34, 2)), int(rng.integers(2)), int(t)) for t in times]


@pytest.fixture
def root(tmp_path):
    """Four training and two test recordings of each digit, those of a class in one corner."""
    for folder, count in (("Train", 4), ("Test", 2)):
        for label in range(10):
            for index in range(count):
                rng = np.random.default_rng([label, index, count])
                corner = label * 3
                events = [
                    (corner + int(rng.integers(4)), corner + int(rng.integers(4)), 1, 1000 * t) for t in range(60)
                ]
                write_recording(tmp_path / SPEC.recordings / folder / str(label) / f"{index:05d}.bin", events)
    return tmp_path


@pytest.mark.parametrize("timesteps", [1, 4, 10])
def test_frames_count_the_events_of_equal_parts_of_a_recording(tmp_path, timesteps):
    events, inputs = random_events(timesteps), InputSpec(2, 34, 34, timesteps)
    write_recording(tmp_path / "one.bin", events)
    expected, share = np.zeros((34, 34, timesteps, 2), np.uint8), len(events) // timesteps
    for index, (x, y, p, _) in enumerate(events):
        expected[y, x, min(index // share, timesteps - 1), p] += 1
    np.testing.assert_array_equal(frames_of(tmp_path / "one.bin", inputs), expected.reshape(34, 34, -1))


def test_recordings_alone_need_torchaudio_and_say_so(tmp_path, monkeypatch):
    write_recording(tmp_path / "one.bin", random_events(0))
    for name in [name for name in sys.modules if name.startswith("spikingjelly.datasets")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("spikingjelly.datasets", raising=False)
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(CkdsnnError, match=r"torchaudio.*; install a torchaudio that fits your torch"):
        frames_of(tmp_path / "one.bin", SPEC.inputs)


def test_a_network_reads_frames_time_first(root):
    data = load_dataset("nmnist", root)
    assert data.x_train.shape == (40, 20, 34, 34) and data.x_test.shape == (20, 20, 34, 34)
    frames = SPEC.inputs.present(normalize(data.x_train, SPEC.mean, SPEC.std))
    assert frames.shape == (10, 40, 2, 34, 34)
    for time, channel in ((0, 0), (3, 1), (9, 1)):
        torch.testing.assert_close(frames[time, :, channel], data.x_train[:, 2 * time + channel].float())
    assert data.y_train.bincount().tolist() == [4] * 10


def test_all_frames_of_a_recording_are_moved_alike(root):
    x = load_dataset("nmnist", root).x_train
    same = x[:, 1:2].expand(-1, 20, -1, -1)  # the first frame's second polarity, in every plane
    augment = Augment(None, 3, True, 0.0, SPEC.mean, SPEC.std)
    moved = augment(same, torch.Generator().manual_seed(0))
    assert torch.equal(moved, moved[:, :1].expand_as(moved))
    assert not torch.equal(moved[:, 0], same[:, 0].float())


def test_the_cache_is_of_these_very_recordings_or_made_again(root):
    first = load_dataset("nmnist", root)
    cache = root / "nmnist.npz"
    before = cache.stat().st_mtime_ns
    assert load_dataset("nmnist", root).digest == first.digest and cache.stat().st_mtime_ns == before
    cache.write_bytes(cache.read_bytes()[:1000])
    assert load_dataset("nmnist", root).digest == first.digest
    write_recording(root / SPEC.recordings / "Train" / "3" / "00009.bin", random_events(1))
    assert len(load_dataset("nmnist", root).x_train) == 41 and load_dataset("nmnist", root).digest != first.digest


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-2]), r"00001\.bin has 298 bytes; .* broken off"),
        (lambda path: path.write_bytes(b""), r"00001\.bin has 0 bytes; .* empty"),
        (lambda path: write_recording(path, [(34, 0, 1, 5)] * 20), r"00001\.bin has events beyond 34 x 34"),
        (lambda path: write_recording(path, [(3, 0, 1, 5)] * 9), r"00001\.bin has 9 events, fewer than the 10 frames"),
    ],
)
def test_a_damaged_recording_is_named_and_nothing_is_kept(root, damage, message):
    damage(root / SPEC.recordings / "Train" / "5" / "00001.bin")
    with pytest.raises(CkdsnnError, match=message):
        load_dataset("nmnist", root)
    assert not (root / "nmnist.npz").exists()


def test_a_recording_that_cannot_be_read_is_named(tmp_path):
    for name in ("none.bin", "none.aedat"):
        with pytest.raises(CkdsnnError, match=f"cannot read {tmp_path}/{name}: No such file"):
            frames_of(tmp_path / name, SPEC.inputs)


def test_a_broken_link_among_the_recordings_is_named(root):
    (root / SPEC.recordings / "Test" / "0" / "99999.bin").symlink_to("nowhere.bin")
    with pytest.raises(CkdsnnError, match=r"cannot read .*99999\.bin: No such file"):
        load_dataset("nmnist", root)


def test_a_class_without_recordings_is_named(root, tmp_path_factory):
    for path in (root / SPEC.recordings / "Test" / "7").glob("*.bin"):
        path.unlink()
    with pytest.raises(CkdsnnError, match=r"no test recordings of class seven in .*Test/7; unpack nmnist's archives"):
        load_dataset("nmnist", root)
    with pytest.raises(CkdsnnError, match="no train recordings of class zero"):
        load_dataset("nmnist", tmp_path_factory.mktemp("empty"))


def test_a_student_has_as_many_steps_as_there_are_frames():
    with pytest.raises(CkdsnnError, match="timesteps = 4; nmnist has 10 frames an example, expected as many"):
        Recipe("student", dataset="nmnist", teacher="any", timesteps=4)


def test_thumbnails_are_pictures_of_both_polarities():
    planes = torch.zeros(1, 20, 34, 34, dtype=torch.uint8)
    planes[0, 0, 1, 2], planes[0, 3, 5, 6] = 2, 4  # two of the first polarity at t = 0, four of the second at t = 1
    picture = SPEC.inputs.pictures(planes)[0]
    assert picture.shape == (3, 34, 34) and picture[:, 1, 2].tolist() == [127, 0, 0]
    assert picture[:, 5, 6].tolist() == [0, 0, 255] and int(picture.sum()) == 127 + 255


def test_a_training_on_events_runs_from_teacher_to_record(root, tmp_path, monkeypatch):
    small = {"epochs": 1, "batch_size": 10, "validation_images": 10}
    monkeypatch.setitem(RECIPES, "tiny-t", RECIPES["nmnist-teacher"].replace(name="tiny-t", **small))
    recipe = RECIPES["nmnist-ckdsnn"].replace(name="tiny-s", teacher="tiny-t", **small)
    record = run(recipe, out=tmp_path / "out", data=root, progress=False)
    assert record.curve[0]["samd"] > 0 and record.final["validation_accuracy"] is not None
    arrays = load_arrays(record, tmp_path / "out")
    assert arrays["images"].shape == (20, 34, 34, 3) and arrays["sam"].shape == arrays["cam"].shape == (20, 9, 9)
    assert record.data["digest"] == load_dataset("nmnist", root).digest
    with pytest.raises(CkdsnnError, match="reads events, nmnist; choose a record of a network for pictures"):
        explain("any.png", record.id, tmp_path / "out")
    again = replace(recipe, name="tiny-again")
    assert run(again, out=tmp_path / "out", data=root, progress=False) == record
