"""Real images as uint8 tensors, their augmentation, and the batches that a training takes from them."""

from ckdsnn.data.arrays import ImageData, load_dataset
from ckdsnn.data.augment import Augment, normalize
from ckdsnn.data.datasets import DATASETS, DatasetSpec, statistics_of

__all__ = [
    "DATASETS",
    "Augment",
    "DatasetSpec",
    "ImageData",
    "load_dataset",
    "normalize",
    "statistics_of",
]
