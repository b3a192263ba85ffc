"""A folder of results of a test's own, where what it makes may be left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ckdsnn.records import Record, copy_record, load_record


@pytest.fixture(scope="session")
def copy_of_results(record: Record, results: Path) -> Callable[[Path], Path]:
    """Copies the student's record and its teacher's, with all that belongs to them, into a folder, and returns it."""

    def copy(folder: Path) -> Path:
        for found in (load_record(record.teacher["record"], results), record):
            copy_record(found, results, folder)
        return folder

    return copy
