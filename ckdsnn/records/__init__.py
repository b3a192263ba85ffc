"""Records of finished runs and the folder they live in."""

from ckdsnn.records.record import Record, read_record
from ckdsnn.records.store import (
    find_record,
    load_arrays,
    load_record,
    load_records,
    load_weights,
    save_arrays,
    save_record,
    save_weights,
)

__all__ = [
    "Record",
    "find_record",
    "load_arrays",
    "load_record",
    "load_records",
    "load_weights",
    "read_record",
    "save_arrays",
    "save_record",
    "save_weights",
]
