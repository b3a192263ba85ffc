"""Records of finished runs and the folder they live in."""

from ckdsnn.lazy import on_first_use

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

HOMES = dict.fromkeys(__all__, "store") | {"Record": "record"}
HOMES |= dict.fromkeys(("load_weights", "save_weights"), "weights")  # with torch, which nothing else here needs
__getattr__ = on_first_use(__name__, HOMES)
