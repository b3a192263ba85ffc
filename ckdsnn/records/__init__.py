"""Records of finished runs and the folder they live in."""

from ckdsnn.records.record import Record
from ckdsnn.records.store import (
    copy_record,
    find_record,
    home_of,
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
    "home_of",
    "load_arrays",
    "load_record",
    "load_records",
    "load_weights",
    "record_files",
    "save_arrays",
    "save_record",
    "save_weights",
]
