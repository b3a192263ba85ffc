"""Importing is as light as its use, and the public names are there."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import ckdsnn

LIGHT = """
import sys
import ckdsnn
assert "torch" not in sys.modules, "the package itself needs nothing"
from ckdsnn import CkdsnnError
assert "torch" not in sys.modules, "nor does its error"
from ckdsnn.distill import nld_loss, samd_loss
from ckdsnn.models import build_student
from ckdsnn.data import DATASETS, load_dataset
from ckdsnn.data.batches import Batches
from ckdsnn.seeds import seeded
heavy = {"lightning", "matplotlib", "sklearn", "torchvision"} & set(sys.modules)
assert not heavy, f"losses, models, arrays, batches and generators wait for {heavy}"
"""

PUBLIC = {
    "ckdsnn": ["CkdsnnError", "Recipe", "load_records", "run"],
    "ckdsnn.models": ["Features", "STUDENTS", "TEACHERS", "build_student", "build_teacher"],
    "ckdsnn.distill": ["LOSSES", "Objective", "class_activation_map", "map_range", "nld_loss", "samd_loss"],
    "ckdsnn.recipe": ["RECIPES", "SUITES", "Recipe"],
    "ckdsnn.records": ["Record", "load_records", "load_record", "load_arrays"],
    "ckdsnn.data": ["DATASETS", "load_dataset"],
}


def test_losses_do_not_wait_for_the_training_stack():
    root = Path(ckdsnn.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_listed_and_there(module):
    home = importlib.import_module(module)
    assert set(PUBLIC[module]) <= set(home.__all__)
    assert all(getattr(home, name) is not None for name in home.__all__)


def test_lazy_names_are_the_real_ones():
    from ckdsnn.recipe import Recipe
    from ckdsnn.training.run import run

    assert ckdsnn.Recipe is Recipe and ckdsnn.run is run
    assert set(ckdsnn.__all__) == set(ckdsnn.HOMES)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'ckdsnn' has no attribute 'runn'"):
        _ = ckdsnn.runn
    with pytest.raises(ImportError):
        exec("from ckdsnn import runn")
