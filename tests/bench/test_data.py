"""Both ways of training input: batches of the right form, ours prepared within the block that uses them."""

import pytest
import torch

from ckdsnn.bench import reference_data
from ckdsnn.bench.data import OwnInput
from ckdsnn.bench.reference_data import ReferenceInput
from ckdsnn.bench.run import worker_count
from ckdsnn.data import DATASETS

CPU = torch.device("cpu")


def test_the_statistics_are_cifar10s():
    cifar10 = DATASETS["cifar10"]
    assert (cifar10.mean, cifar10.std, cifar10.inputs.height) == (
        reference_data.MEAN,
        reference_data.STD,
        reference_data.SIDE,
    )


@pytest.mark.parametrize(
    "source", [ReferenceInput(6, CPU, 0), OwnInput(6, CPU, torch.channels_last)], ids=["reference", "ours"]
)
def test_a_block_has_its_batches_and_no_two_are_alike(source):
    batches = [*source.take(2), *source.take(1)]
    for images, labels in batches:
        assert (images.shape, images.dtype) == ((6, 3, 32, 32), torch.float32)
        assert labels.shape == (6,) and 0 <= labels.min() <= labels.max() < 10
    assert not any(torch.equal(batches[i][0], batches[j][0]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_a_process_of_its_own_prepares_the_references():
    source = ReferenceInput(4, CPU, 1)
    (images, _), *_ = source.take(2)
    assert images.shape == (4, 3, 32, 32)


def test_a_loader_has_a_process_for_each_core_up_to_eight(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(3))
    assert worker_count() == 3
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(64))
    assert worker_count() == 8


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_ours_have_the_layout_asked_for(layout):
    for images, _ in OwnInput(3, CPU, layout).take(2):
        assert images.is_contiguous(memory_format=layout)


def test_a_block_pays_for_exactly_its_own_images(monkeypatch):
    source, augmented = OwnInput(4, CPU, torch.contiguous_format), []
    plain = source.augment
    monkeypatch.setattr(source, "augment", lambda x, generator: augmented.append(len(x)) or plain(x, generator))
    monkeypatch.setattr("ckdsnn.data.resident.CHUNK", 8 * 3 * 32 * 32)
    list(source.take(5))
    assert augmented == [8, 8, 4]
