"""A checkpoint is whole or not there, and one altered bit in it is noticed."""

import contextlib
import random
import shutil

import pytest
import torch
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.training.checkpoints import WholeCheckpoints, check_checkpoint, read_checkpoint
from ckdsnn.training.estimate import read_progress

NETWORK = nn.Linear(64, 32)
CONTENT = {"state_dict": NETWORK.state_dict(), "optimizer_states": [], "callbacks": {}, "loops": {}}


@pytest.fixture
def path(tmp_path):
    WholeCheckpoints().save_checkpoint(CONTENT, tmp_path / "last.ckpt")
    return tmp_path / "last.ckpt"


def test_what_was_saved_is_read(path):
    check_checkpoint(path, NETWORK)
    assert torch.equal(read_checkpoint(path)["state_dict"]["weight"], NETWORK.weight)
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_a_save_that_fails_leaves_the_last_good_one(path):
    before = path.read_bytes()
    with pytest.raises((AttributeError, RuntimeError, TypeError)):
        WholeCheckpoints().save_checkpoint({"state_dict": lambda: None}, path)
    assert path.read_bytes() == before and len(list(path.parent.iterdir())) == 1


def test_a_flipped_bit_of_a_weight_is_noticed(path):
    content = bytearray(path.read_bytes())
    place = content.index(NETWORK.weight.detach().numpy().tobytes()) + 1234
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(CkdsnnError, match=r"last\.ckpt is damaged .*checksum"):
        read_checkpoint(path)


def test_whatever_lies_there_is_read_or_refused_by_our_error(path):
    rng, whole = random.Random(0), path.read_bytes()
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 3, 30))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content[: rng.choice((len(content), rng.randrange(len(content))))])
        with contextlib.suppress(CkdsnnError):
            check_checkpoint(path, NETWORK)
    path.unlink()
    path.mkdir()
    with pytest.raises(CkdsnnError, match="is damaged"):
        read_checkpoint(path)
    shutil.rmtree(path)


@pytest.mark.parametrize("content", [{}, [], {"state_dict": {}}])
def test_a_file_of_something_else_is_no_checkpoint(path, content):
    torch.save(content, path)
    with pytest.raises(CkdsnnError, match="is damaged"):
        read_checkpoint(path)


def test_one_of_another_network_is_named(path):
    with pytest.raises(CkdsnnError, match=r"of another network \(bias\)"):
        check_checkpoint(path, nn.Linear(64, 31, bias=True))


@pytest.mark.parametrize("state", [{"weight": "x"}, {"weight": 3}, [1], "x", None])
def test_weights_that_are_none_are_refused(path, state):
    torch.save(CONTENT | {"state_dict": state}, path)
    with pytest.raises(CkdsnnError, match=r"last\.ckpt is damaged"):
        check_checkpoint(path, NETWORK)


@pytest.mark.parametrize("callbacks", [{}, [], {"Curve": {}}, {"Curve": {"points": [1]}}, {"Curve": torch.zeros(2)}])
def test_a_checkpoint_without_a_curve_tells_no_progress(path, callbacks):
    torch.save(CONTENT | {"callbacks": callbacks}, path)
    with pytest.raises(CkdsnnError, match=r"last\.ckpt has no curve of its epochs"):
        read_progress(path.parent)
    points = [{"epoch": 1, "seconds": 2.0}]
    torch.save(CONTENT | {"callbacks": {"Curve": {"points": points}}}, path)
    assert read_progress(path.parent).points == points
