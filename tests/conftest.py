"""What every test starts from: no screen, one thread of torch, so that runs are equal; and one tiny distillation."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from ckdsnn.recipe import Recipe
    from ckdsnn.records import Record

os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # where more are the subject, they wait asleep: cores are scarce
# however the tests were started: nohup ignores SIGHUP, and a script's background SIGINT, in every child, too
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
settings.register_profile("untimed", deadline=None)  # a busy disk is no failure
settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many as there are cores: one more would load all that the tests need once more for the little it fills in."""
    from ckdsnn.engine import usable_cores

    return usable_cores()


def pytest_collection_finish():
    """By now the tests that use torch have imported it; the others need not pay for it.

    What is there by now stays till the end: no collection of garbage, of which a measurement asks many, looks at it.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    gc.collect()
    gc.freeze()


TINY = {"train_images": 96, "epochs": 2}


@pytest.fixture(scope="session")
def student() -> Iterator["Recipe"]:
    """A CKDSNN student on 96 digits whose teacher is as small; the teacher's recipe becomes known by name."""
    from ckdsnn.recipe import RECIPES

    RECIPES["tiny-teacher"] = RECIPES["digits-teacher"].replace(name="tiny-teacher", **TINY)
    yield RECIPES["digits-ckdsnn"].replace(name="tiny-ckdsnn", teacher="tiny-teacher", **TINY)
    del RECIPES["tiny-teacher"]


@pytest.fixture(scope="session")
def results(student: "Recipe", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results with the student's record and its teacher's, trained once for all tests."""
    from ckdsnn import run

    out = tmp_path_factory.mktemp("results")
    run(student, out=out, progress=False)
    return out


@pytest.fixture(scope="session")
def record(student: "Recipe", results: Path) -> "Record":
    """The student's record."""
    from ckdsnn.records import find_record

    return find_record(student.digest(), 0, results)


@pytest.fixture(scope="session")
def copy_of_results(record: "Record", results: Path) -> Callable[[Path], Path]:
    """Copies the student's record and its teacher's, with all that belongs to them, into a folder, and returns it."""

    from ckdsnn.records import copy_record, load_record

    def copy(folder: Path) -> Path:
        for found in (load_record(record.teacher["record"], results), record):
            copy_record(found, results, folder)
        return folder

    return copy
