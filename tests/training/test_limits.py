"""A full disk or too little memory ends a training with one clear error; what was whole stays, and it goes on later."""

import errno
import os
import resource
import subprocess
from contextlib import contextmanager

import pytest
import torch
from PIL import Image

from ckdsnn import CkdsnnError, run
from ckdsnn.cli import main
from ckdsnn.files import atomic
from ckdsnn.recipe import RECIPES
from ckdsnn.records import find_record
from ckdsnn.training import finish
from ckdsnn.training.checkpoints import read_checkpoint
from ckdsnn.training.limits import limits_told
from ckdsnn.training.module import Classifier
from ckdsnn.training.run import work_folder

SNN = RECIPES["digits-snn"].replace(name="limited-snn", timesteps=1, train_images=64, epochs=2)


@pytest.fixture(scope="module")
def through(tmp_path_factory):
    """The folder with the record of a training that has had all that it needed."""
    out = tmp_path_factory.mktemp("through")
    run(SNN, out=out, progress=False)
    return out


def told(out):
    """What the record says, but for times."""
    record = find_record(SNN.digest(), 0, out)
    points = [{name: value for name, value in point.items() if "seconds" not in name} for point in record.curve]
    return record.weights, record.arrays, record.final, points


@contextmanager
def files_up_to(size):
    """Let no file become larger than so many bytes: what a full disk is to a file, also without being root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder, size, *more):
    """A file system of so many kB in the folder, where this process may make one."""
    folder.mkdir(exist_ok=True)
    options = ",".join((f"size={size}k", *more))
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small file system can be made here: {made.stderr}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def size_of(out, pattern):
    """Of the largest file that a training has written there, in bytes."""
    return max(path.stat().st_size for path in out.glob(pattern))


@pytest.mark.parametrize(
    ("largest", "named"),
    [("work/*/tensorboard/*/events*", ""), ("work/*/csv/*/*.csv", ""), ("work/*/last.ckpt", "last")],
)
def test_room_that_ends_in_the_midst_of_a_training(largest, named, through, tmp_path):
    with pytest.raises(CkdsnnError) as stop, files_up_to(size_of(through, largest) - 1):
        run(SNN, out=tmp_path, progress=False)
    assert str(stop.value).startswith(f"cannot write {tmp_path}/work/") and named in str(stop.value)
    assert all(
        part in str(stop.value) for part in ("File too large", "ulimit -f", "last whole epoch, if there was one, ")
    )
    assert not list(tmp_path.rglob("*.partial*")) and not find_record(SNN.digest(), 0, tmp_path)
    run(SNN, out=tmp_path, progress=False)
    assert told(tmp_path) == told(through)


def test_room_that_ends_after_the_last_epoch(through, tmp_path, monkeypatch):
    """One try for each kind of file: the limit lets those pass that are smaller."""
    sizes = [size_of(through, pattern) for pattern in ("arrays/*.maps.npz", "arrays/*.gallery.npz", "weights/*")]
    assert sizes == sorted(sizes)
    for size, folder in zip(sizes, ("arrays", "arrays", "weights"), strict=True):
        with monkeypatch.context() as patch, pytest.raises(CkdsnnError, match=f"cannot write {tmp_path}/{folder}/"):
            patch.setattr("ckdsnn.training.finish.save_gallery", limited(finish.save_gallery, size - 1))
            patch.setattr("ckdsnn.training.finish.save_weights", limited(finish.save_weights, size - 1))
            run(SNN, out=tmp_path, progress=False)
        read_checkpoint(work_folder(SNN, 0, tmp_path) / "last.ckpt")
        assert not list(tmp_path.rglob("*.partial*")) and not find_record(SNN.digest(), 0, tmp_path)
    monkeypatch.setattr("ckdsnn.training.module.Classifier.training_step", lambda *_: pytest.fail("trained again"))
    run(SNN, out=tmp_path, progress=False)
    assert told(tmp_path) == told(through)


def limited(write, size):
    """The same function, which has so many bytes for a file."""

    def writes(*arguments):
        with files_up_to(size):
            return write(*arguments)

    return writes


def test_a_full_disk_is_told_with_what_was_free_and_with_more_the_training_goes_on(through, tmp_path):
    with small_disk(tmp_path / "disk", 800) as disk:  # kB: one checkpoint fits, another beside it does not
        out = disk / "out"
        with pytest.raises(
            CkdsnnError, match=r"last\.ckpt: No space left on device, it takes more than the [\d,]+ bytes"
        ):
            run(SNN, out=out, progress=False)
        assert len(read_checkpoint(work_folder(SNN, 0, out) / "last.ckpt")["callbacks"]["Curve"]["points"]) == 1
        subprocess.run(["mount", "-o", "remount,size=9m", disk], check=True)
        run(SNN, out=out, progress=False)
        assert told(out) == told(through)


@pytest.fixture
def read_only(tmp_path):
    """A folder that nobody may write to; root, whom no permission hinders, has it on a file system of its own."""
    with small_disk(tmp_path / "fixed", 100, "ro") if os.getuid() == 0 else locked(tmp_path / "fixed") as folder:
        yield folder


@contextmanager
def locked(folder):
    folder.mkdir(mode=0o555)
    try:
        yield folder
    finally:
        folder.chmod(0o755)


def test_a_read_only_folder_is_named_by_whatever_writes(read_only, tmp_path, capsys):
    picture = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(picture)
    call = ["train", "digits-snn", "--train_images", "64", "--epochs", "1", "--progress", "false"]
    for arguments in (
        ["explain", str(picture), "--to", str(read_only / "x.png")],
        [*call, "--out", str(read_only / "out")],
        ["suite", "components", "--out", str(read_only / "out"), "--accelerator", "cpu"],
        ["export", str(read_only / "runs.csv"), "--out", "results"],
    ):
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert f"cannot write {'to the folder ' * ('out' in said)}{read_only}" in said, said


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EDQUOT, "have your quota raised"),
        (errno.EROFS, "allow writing there"),
        (errno.EACCES, "allow writing there"),
        (errno.EIO, "see to that"),
    ],
)
def test_an_error_of_writing_says_what_is_safe_and_what_to_do(number, remedy, tmp_path):
    with (
        pytest.raises(CkdsnnError, match=rf"cannot write .*x: {os.strerror(number)}.*is whole.*{remedy}.*same command"),
        atomic(tmp_path / "x"),
    ):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (MemoryError(), "computer"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "computer"),  # a process to read pictures, not to be had
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), "computer"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "GPU"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "GPU"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_too_little_memory_is_told_with_what_takes_it(error, place, tmp_path):
    with pytest.raises(CkdsnnError) as stop, limits_told(SNN, tmp_path):
        raise error
    said = str(stop.value)
    assert f"the {place}'s memory" in said and "limited-snn" in said
    assert f"batch_size = {SNN.batch_size}, timesteps = {SNN.timesteps}, width = {SNN.width}" in said
    assert all(option in said for option in ("--batch_size", "--timesteps", "--width", "--precision", "--jobs"))


def test_a_training_without_memory_keeps_its_checkpoint_and_goes_on(through, tmp_path, monkeypatch):
    whole = Classifier.training_step

    def fails_later(self, batch):
        if self.current_epoch == 1:
            raise MemoryError
        return whole(self, batch)

    with monkeypatch.context() as patch, pytest.raises(CkdsnnError, match="the computer's memory does not suffice"):
        patch.setattr(Classifier, "training_step", fails_later)
        run(SNN, out=tmp_path, progress=False)
    assert len(read_checkpoint(work_folder(SNN, 0, tmp_path) / "last.ckpt")["callbacks"]["Curve"]["points"]) == 1
    run(SNN, out=tmp_path, progress=False)
    assert told(tmp_path) == told(through)


def test_memory_is_really_asked_for_in_vain(tmp_path):
    """As torch says it, here and now."""
    with pytest.raises(CkdsnnError, match="the computer's memory"), limits_told(SNN, tmp_path):
        torch.empty(2**60, dtype=torch.uint8)


def test_another_error_stays_what_it_is(tmp_path):
    for error in (RuntimeError("shapes differ"), OSError(errno.ENOENT, "no such file"), KeyError("x")):
        with pytest.raises(type(error)) as stop, limits_told(SNN, tmp_path):
            raise error
        assert stop.value is error
