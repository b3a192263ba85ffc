"""Real examples as uint8 tensors, their augmentation, and the batches that a training takes from them."""

from ckdsnn.data.augment import Augment, normalize
from ckdsnn.data.load import load_dataset
from ckdsnn.data.resident import Resident
from ckdsnn.data.source import Source
from ckdsnn.data.specs import DATASETS, DatasetSpec, dataset_spec, statistics_of
from ckdsnn.data.streamed import Streamed

__all__ = [
    "DATASETS",
    "Augment",
    "DatasetSpec",
    "Resident",
    "Source",
    "Streamed",
    "dataset_spec",
    "load_dataset",
    "normalize",
    "statistics_of",
]
