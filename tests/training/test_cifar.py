"""Real CIFAR through the whole line, in small; skipped where the images are not at hand."""

import os
from pathlib import Path

import pytest
import torch

from ckdsnn import assemble, run
from ckdsnn.data.resident import Resident

FOLDER = Path(os.environ.get("CKDSNN_DATA", "."))


@pytest.fixture(autouse=True)
def few_test_images(monkeypatch):
    """Testing on all 10,000 images would take longer than all else."""
    load = assemble.load_dataset

    def short(*arguments, **options) -> Resident:
        data = load(*arguments, **options)
        return Resident(data.spec, data.x_train, data.y_train, data.x_test[:64], data.y_test[:64], data.digest)

    monkeypatch.setattr(assemble, "load_dataset", short)


def needs(name: str) -> pytest.MarkDecorator:
    missing = not (FOLDER / f"{name}.npz").is_file()
    return pytest.mark.skipif(missing, reason=f"CKDSNN_DATA holds no {name}.npz")


@pytest.mark.parametrize(
    ("recipe", "classes"),
    [
        pytest.param("cifar10-resnet20-teacher", 10, marks=needs("cifar10")),
        pytest.param("cifar100-resnet20-snn", 100, marks=needs("cifar100")),
    ],
)
def test_the_papers_small_network_trains_on_real_images(recipe, classes, tmp_path):
    record = run(recipe, out=tmp_path, progress=False, train_images=128, epochs=1)
    assert record.data["name"].endswith(str(classes))
    assert 0 < record.curve[0]["ce"] < 3 * torch.tensor(float(classes)).log().item()
    assert record.final["last_accuracy"]["test_images"] == 64
