"""Records of finished runs and the folder they live in."""

from ckdsnn.records.record import Record, read_record
from ckdsnn.records.store import (
    copy_record,
    find_record,
    load_arrays,
    load_record,
    load_records,
    load_weights,
    record_files,
    save_arrays,
    save_record,
    save_weights,
)

__all__ = [
    "Record",
    "copy_record",
    "find_record",
    "load_arrays",
    "load_record",
    "load_records",
    "load_weights",
    "read_record",
    "record_files",
    "save_arrays",
    "save_record",
    "save_weights",
]
