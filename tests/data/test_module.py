"""Batches: every image once, reproducible by (seed, epoch), shared out among processes, resumable."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning import LightningModule, Trainer

from ckdsnn.data import DATASETS, Augment, Resident, normalize
from ckdsnn.data.module import IGNORED, DataModule
from ckdsnn.errors import CkdsnnError
from ckdsnn.seeds import seeded

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
N, N_TEST = 50, 11


def data():
    """Noise whose labels number the images, so that a batch tells which images it holds."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(256, (N + N_TEST, 3, 16, 16), generator=generator, dtype=torch.uint8)
    y = torch.arange(N + N_TEST)
    return Resident(DATASETS["digits"], x[:N], y[:N], x[N:], y[N:], digest="0" * 64)


def built(epoch=None, rank=0, processes=1, plain=False, **options):
    """A module, with a stand-in for the trainer where an epoch is given."""
    augment = Augment(None, 0, False, 0.0, MEAN, STD) if plain else Augment("svhn", 2, True, 0.5, MEAN, STD)
    options = {"batch_size": 8, "test_batch_size": 4, "augment": augment, "mean": MEAN, "std": STD} | options
    module = DataModule(data(), **options)
    if epoch is not None:
        strategy = SimpleNamespace(root_device=torch.device("cpu"))
        module.trainer = SimpleNamespace(current_epoch=epoch, global_rank=rank, world_size=processes, strategy=strategy)
        module.setup("fit")
    return module


def taken(batches):
    """All images and labels of one pass."""
    x, y, _ = zip(*batches, strict=True)
    return torch.cat(x), torch.cat(y)


def same(a, b):
    return all(torch.equal(p, q) for p, q in zip(taken(a), taken(b), strict=True))


def test_every_training_image_comes_once_but_for_the_rest():
    batches = built().train_dataloader()
    sizes = [(tuple(x.shape), x.dtype, len(y)) for x, y, _ in batches]
    assert sizes == [((8, 3, 16, 16), torch.float32, 8)] * 6 and len(batches) == 6
    y = taken(batches)[1].tolist()
    assert len(set(y)) == 48 and set(y) <= set(range(N)) and y != sorted(y)


def test_images_keep_their_labels():
    x, y = taken(built(plain=True).train_dataloader())
    assert torch.equal(x, normalize(data().x_train[y], MEAN, STD))


def test_a_part_of_the_images_is_the_first_in_canonical_order():
    assert sorted(taken(built(train_images=16).train_dataloader())[1].tolist()) == list(range(16))


def test_validation_images_are_the_last_and_are_never_trained_on():
    module = built(validation_images=20)
    trained, kept = module.train_dataloader(), module.val_dataloader()[1]
    assert set(taken(trained)[1].tolist()) <= set(range(N - 20)) and len(trained) == 3
    x, y = taken(kept)
    assert y.tolist() == list(range(N - 20, N)) and torch.equal(x, normalize(data().x_train[y], MEAN, STD))
    assert len(built().val_dataloader()) == 1
    assert set(taken(built(validation_images=20, train_images=16).train_dataloader())[1].tolist()) == set(range(16))


def test_the_order_follows_the_streams_that_are_asked_for():
    new, former = (taken(built(epoch=1, seed=2, streams=streams).train_dataloader())[1] for streams in (2, 1))
    assert torch.equal(former, torch.randperm(N, generator=seeded(2, 1))[:48])
    assert not torch.equal(new, former)


def test_the_test_set_comes_whole_in_order_and_only_normalised():
    batches = built(seed=3).test_dataloader()
    x, y = taken(batches)
    assert torch.equal(x, normalize(data().x_test, MEAN, STD)) and torch.equal(y, data().y_test)
    assert [len(y) for _, y, _ in batches] == [4, 4, 3] and len(batches) == 3


def test_seed_and_epoch_fix_the_batches():
    first = built(epoch=2, seed=1).train_dataloader()
    assert same(first, first) and same(first, built(epoch=2, seed=1).train_dataloader())
    assert same(built(seed=1).train_dataloader(), built(epoch=0, seed=1).train_dataloader())
    for other in (built(epoch=3, seed=1), built(epoch=2, seed=2), built(epoch=1, seed=2)):
        x, y = taken(other.train_dataloader())
        assert not torch.equal(y, taken(first)[1])
        assert not torch.equal(x[y.argsort()][:8], taken(first)[0][taken(first)[1].argsort()][:8])


def test_the_size_of_a_chunk_decides_over_no_order(monkeypatch):
    whole = taken(built(plain=True).train_dataloader())
    monkeypatch.setattr("ckdsnn.data.resident.CHUNK", 20 * 3 * 16 * 16)  # two batches and a half: rounded down to two
    chunked = built(plain=True).train_dataloader()
    assert [len(y) for _, y, _ in chunked] == [8] * 6
    assert all(torch.equal(a, b) for a, b in zip(taken(chunked), whole, strict=True))


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_share_an_epoch(processes):
    shards = [built(1, rank, processes).train_dataloader() for rank in range(processes)]
    assert {len(shard) for shard in shards} == {N // processes // 8}
    labels = [taken(shard)[1].tolist() for shard in shards]
    assert {len(part) for part in labels} == {N // processes // 8 * 8}
    assert len(set().union(*labels)) == processes * len(labels[0])
    whole = taken(built(1, batch_size=1).train_dataloader())[1].tolist()
    assert labels == [whole[rank::processes][: len(labels[0])] for rank in range(processes)]


@pytest.mark.parametrize("processes", [2, 3, 4, 13])
def test_processes_share_out_the_test_set_and_fill_up_with_what_does_not_count(processes):
    shares = [list(built(0, rank, processes).test_dataloader()) for rank in range(processes)]
    assert len({tuple(len(y) for _, y, _ in share) for share in shares}) == 1, "else they would wait for each other"
    labels = torch.cat([y for share in shares for _, y, _ in share])
    assert sorted(labels[labels != IGNORED].tolist()) == list(range(N, N + N_TEST))


def test_whoever_asks_for_the_first_test_images_gets_them_all():
    taken_by_one, *others = (taken(built(0, rank, 3).first_of_test(7)) for rank in range(3))
    assert taken_by_one[1].tolist() == list(range(N, N + 7))
    assert all(torch.equal(a, b) for other in others for a, b in zip(taken_by_one, other, strict=True))


def test_a_teacher_may_see_the_picture_behind_the_events():
    frames = torch.randint(9, (12, 8 + 3, 32, 32), dtype=torch.uint8)
    spec = DATASETS["cifar10-events"]
    source = Resident(spec, frames, torch.arange(12) % 10, frames, torch.arange(12) % 10, digest="")
    plain = Augment(None, 4, True, 0.0, spec.mean, spec.std)
    for sees, expected in (("same", (4, 6, 2, 32, 32)), ("picture", (6, 3, 32, 32))):
        module = DataModule(source, augment=plain, mean=spec.mean, std=spec.std, batch_size=6, teacher_sees=sees)
        for images, _, shown in module.train_dataloader():
            assert (images.shape, shown.shape) == ((4, 6, 2, 32, 32), expected)
    images, _, shown = next(iter(module.test_dataloader()))
    assert torch.equal(images[3, 5], frames[5, 6:8].float()), "a network reads the number of events"
    picture = DATASETS["cifar10"]
    torch.testing.assert_close(shown, normalize(frames[:, -3:], picture.mean, picture.std))


def test_processes_augment_differently():
    shards = [built(1, rank, 2) for rank in range(2)]
    for shard in shards:
        shard.source.x_train.fill_(200)
    assert not torch.equal(*(taken(shard.train_dataloader())[0] for shard in shards))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "^batch_size = 0"),
        ({"test_batch_size": -1}, "test_batch_size = -1"),
        ({"train_images": 51}, "train_images = 51.* 0 to 50"),
        ({"train_images": -1}, "train_images = -1"),
        ({"validation_images": 50}, "validation_images = 50.* 0 to 49"),
        ({"validation_images": 10, "train_images": 41}, "train_images = 41.* 0 to 40"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**32}, "seed = 4294967296"),
        ({"batch_size": 51}, "batch_size 51.*50"),
        ({"batch_size": 9, "train_images": 8}, "batch_size 9.* 8 "),
        ({"batch_size": 26, "epoch": 0, "processes": 2}, "batch_size 26.* 25 "),
    ],
)
def test_numbers_that_leave_no_batch_are_refused(options, message):
    with pytest.raises(CkdsnnError, match=message):
        built(**options).train_dataloader()


def test_numbers_of_numpys_give_the_same_batches():
    given = {"batch_size": 8, "test_batch_size": 4, "train_images": 40, "validation_images": 5, "seed": 7}
    a, b = (built(**{name: kind(number) for name, number in given.items()}) for kind in (np.int8, int))
    assert same(a.train_dataloader(), b.train_dataloader()) and same(a.test_dataloader(), b.test_dataloader())


class Recorder(LightningModule):
    """Trains one number and notes every batch that Lightning hands over."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append((self.current_epoch, *batch))
        return self.weight * batch[0].mean()

    def validation_step(self, batch, _):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fitted(epochs, folder, checkpoint=None):
    recorder = Recorder()
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = Trainer(max_epochs=epochs, accelerator="cpu", enable_checkpointing=False, **quiet)
    trainer.fit(recorder, built(), ckpt_path=checkpoint)
    trainer.save_checkpoint(folder / f"{epochs}.ckpt")
    return recorder.seen


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # Lightning's own use of torch's pytree
def test_a_resumed_training_sees_the_batches_of_one_that_ran_through(tmp_path):
    through = fitted(3, tmp_path)
    parts = fitted(1, tmp_path) + fitted(3, tmp_path, tmp_path / "1.ckpt")
    assert [epoch for epoch, *_ in parts] == [0] * 6 + [1] * 6 + [2] * 6
    for (epoch, x, y, _), (other_epoch, other_x, other_y, _) in zip(through, parts, strict=True):
        assert epoch == other_epoch and torch.equal(x, other_x) and torch.equal(y, other_y)
    for epoch in range(3):
        assert same([batch for e, *batch in through if e == epoch], built(epoch=epoch).train_dataloader())
