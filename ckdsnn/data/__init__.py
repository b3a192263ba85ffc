"""Real images as uint8 tensors, their augmentation, and the batches that a training takes from them."""

from typing import Any

from ckdsnn.data.arrays import ImageData, load_dataset
from ckdsnn.data.augment import Augment, normalize
from ckdsnn.data.datasets import DATASETS, DatasetSpec, statistics_of

__all__ = [
    "DATASETS",
    "Augment",
    "DatasetSpec",
    "ImageData",
    "ImageDataModule",
    "load_dataset",
    "normalize",
    "statistics_of",
]


def __getattr__(name: str) -> Any:
    """Import `ImageDataModule` only when asked for: Lightning costs seconds."""
    if name == "ImageDataModule":
        from ckdsnn.data.module import ImageDataModule

        return ImageDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
