"""Real examples as uint8 tensors, their augmentation, and the batches that a training takes from them."""

from ckdsnn.lazy import on_first_use

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

HOMES = {
    **dict.fromkeys(("DATASETS", "DatasetSpec", "dataset_spec", "statistics_of"), "specs"),  # these without torch
    **{"Augment": "augment", "normalize": "augment", "load_dataset": "load"},
    **{"Resident": "resident", "Source": "source", "Streamed": "streamed"},
}
__getattr__ = on_first_use(__name__, HOMES)
