"""A dataset of a few 4x4 images that stands in for CIFAR."""

import numpy as np
import pytest

from ckdsnn.data import DATASETS, DatasetSpec
from ckdsnn.data.resident import content_digest, row_digests
from ckdsnn.inputs import InputSpec


@pytest.fixture
def arrays():
    rng, arrays = np.random.default_rng(1), {}
    for split, n in (("train", 9), ("test", 5)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (n, 4, 4, 3), dtype=np.uint8)
        arrays[f"y_{split}"] = rng.integers(0, 3, n)
    return arrays


@pytest.fixture
def tiny(arrays, monkeypatch):
    """Lists the dataset under the name `tiny`, to be downloaded by torchvision.datasets.CIFAR10."""
    rows = (row_digests(arrays[f"x_{split}"], arrays[f"y_{split}"]) for split in ("train", "test"))
    digests = tuple(map(content_digest, rows))
    spec = DatasetSpec(
        "tiny", ("ant", "bee", "cat"), (0.5,) * 3, (0.2,) * 3, None, digests, InputSpec(3, 4, 4), "CIFAR10"
    )
    monkeypatch.setitem(DATASETS, "tiny", spec)
    return spec
