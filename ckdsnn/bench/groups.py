"""Trainings of one seed side by side, against the same trainings one after the other: real commands on random images.

Each command trains as always, images and teacher shared where it trains several. What a step takes is read in the
records that it leaves; the time of the whole command has its start, its tests and what is measured at the end besides.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from safetensors.torch import save_file

from ckdsnn.assemble import fresh_teacher, teacher_recipe
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.words import as_options, turned_switches
from ckdsnn.records.store import record_files
from ckdsnn.seeds import drawn_by
from ckdsnn.signals import PARENT

SETTING = "cifar10-16k"  # ResNet-8 that learns from ResNet-20
METHODS = ("snn", "kd", "nld", "samd", "ckdsnn")
STEPS, TESTED = 8, 128  # steps of an epoch, test images after it: few, as it is the steps that count
DATA_SET = "random"
OWN = f"""from dataclasses import replace
from ckdsnn.data import DATASETS
DATASETS[{DATA_SET!r}] = replace(DATASETS["cifar10"], name={DATA_SET!r}, digests=(), examples=())
"""


def measure_groups(epochs: int) -> list[dict[str, Any]]:
    """The entries of a record: each method trained by a command of its own, then all by one.

    epochs: those that count; one before them warms up. Raises CkdsnnError for a command that fails.
    """
    alone = [(method,) for method in METHODS]
    with TemporaryDirectory() as folder:
        options = prepare(Path(folder), epochs)
        train(alone[0], options, Path(folder, "first"))  # a machine's first command reads and compiles all of Python's
        return [entry for together in [*alone, METHODS] for entry in train(together, options, Path(folder))]


def prepare(folder: Path, epochs: int) -> dict[str, Any]:
    """The options of all commands, and the files that they name: images, a data set's name, a teacher's weights."""
    recipe = RECIPES[f"{SETTING}-kd"]
    random, images = np.random.default_rng(0), STEPS * recipe.batch_size
    arrays = {}
    for split, count in (("train", images), ("test", TESTED)):
        arrays[f"x_{split}"] = random.integers(256, size=(count, 32, 32, 3), dtype=np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 10
    np.savez(folder / f"{DATA_SET}.npz", **arrays)
    (folder / "own.py").write_text(OWN)
    with drawn_by(0):
        save_file(fresh_teacher(recipe, 10).state_dict(), folder / "teacher.safetensors")
    built = teacher_recipe(recipe)
    teacher = f"model:{built.model}+width={built.width}@{folder}/teacher.safetensors"
    changed = {"dataset": DATA_SET, "teacher": teacher, "train_images": images, "epochs": 1 + epochs}
    return changed | {"own": folder / "own.py", "data": folder, "progress": False} | turned_switches()


def train(methods: Sequence[str], options: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Entries for methods that one command trains."""
    print(f"training {', '.join(methods)}", flush=True)
    out = folder / "-".join(methods)
    names = [f"{SETTING}-{method}" for method in methods]
    start = time.perf_counter()
    call(["train", *names, *as_options(options | {"out": out})])
    seconds = time.perf_counter() - start
    records = [json.loads(path.read_text()) for path in record_files(out)]  # of a data set that is unknown here
    return [
        {
            "recipe": record["recipe"]["name"],
            "batch": record["recipe"]["batch_size"],
            "side_by_side": len(methods),
            "epochs": record["recipe"]["epochs"],
            "steps": STEPS,
            "step_seconds": [(epoch["seconds"] - epoch["test_seconds"]) / STEPS for epoch in record["curve"][1:]],
            "command_seconds": seconds,
        }
        for record in sorted(records, key=lambda record: names.index(record["recipe"]["name"]))
    ]


def call(arguments: Sequence[str]) -> None:
    """Run the `ckdsnn` command in a process of its own. Raises CkdsnnError, with the last that it said, if it fails."""
    environment = os.environ | {PARENT: str(os.getpid())}
    command = [sys.executable, "-m", "ckdsnn", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise CkdsnnError(
            f"`ckdsnn {arguments[0]} {arguments[1]} ...` failed: {said[-1] if said else 'without a word'}"
        )
