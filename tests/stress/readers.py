"""What is given to each reader: a good example, damaged, at the place where the reader looks for it.

A reader takes a generator of random numbers and a folder. What it accepts is used as the package uses it.
"""

import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from contextlib import chdir
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from ckdsnn.arrays import read_arrays
from ckdsnn.bench.cases import find_cases, find_implementations
from ckdsnn.cli import COMMANDS, parser_for
from ckdsnn.cli.options import in_seconds
from ckdsnn.cli.train import announce
from ckdsnn.data import DATASETS, events
from ckdsnn.data.origins import KEYS, read_cache
from ckdsnn.data.pictures import read_picture
from ckdsnn.data.specs import dataset_spec
from ckdsnn.data.streamed import open_folder
from ckdsnn.files import sha256_file
from ckdsnn.models import build_teacher
from ckdsnn.models.pretrained import Source, load_pretrained, read_source, read_state
from ckdsnn.pair import STUDENT, pair_folder
from ckdsnn.recipe import RECIPES, Recipe, parse_changes
from ckdsnn.records import load_arrays, load_record
from ckdsnn.records.bench import BENCHES, bench_frame, group_frame, sweep_frame, waiting_frame
from ckdsnn.records.failure import FAILURES
from ckdsnn.records.frame import Records
from ckdsnn.records.paper import load_published
from ckdsnn.records.record import RUNS
from ckdsnn.records.shelf import Shelf
from ckdsnn.records.study import STUDIES
from ckdsnn.records.weights import fit_weights
from ckdsnn.report import notebook
from ckdsnn.report.pages.record import Around, page
from ckdsnn.report.suites import pairs_of
from ckdsnn.training.budget import parse_duration
from ckdsnn.training.checkpoints import CHECKPOINT, check_checkpoint
from ckdsnn.training.estimate import read_progress
from ckdsnn.training.plan import suite_runs
from tests.stress.mutate import TEXTS, VALUES, altered, damaged, hostile_json, words

RESULTS = Path(__file__).parents[2] / "results"
Reader = Callable[[random.Random, Path], None]
READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Makes a function the reader of this name."""

    def keep(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return keep


def put(path: Path, content: bytes) -> Path:
    """A file of this content, whatever was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def shelved(shelf: Shelf, path: Path, rng: random.Random, folder: Path) -> Any:
    """What a shelf reads where a record, at `path` now, lies damaged."""
    content = hostile_json(good_text(path), rng)
    put(folder / shelf.folder / path.name, content)
    return shelf.load(path.stem, folder)


@cache
def good_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# ---- what lies in a folder of results


@reader("records")
def records(rng: random.Random, folder: Path) -> None:
    found = shelved(RUNS, rng.choice(some(RUNS)), rng, folder)
    Records([found]).frame()
    page(found, Around("", {}, [], "x.json"))


@cache
def some(shelf: Shelf) -> list[Path]:
    """A few of the committed records of a kind."""
    files = shelf.files(RESULTS)
    return files[:: max(1, len(files) // 20)]


@reader("failed runs")
def failed_runs(rng: random.Random, folder: Path) -> None:
    path = folder / "good" / f"{RECIPES['digits-snn'].record_id(0)}.json"
    if not path.exists():
        run = load_record(STUDENT, pair_folder())
        kept = {name: getattr(run, name) for name in ("data", "code", "env", "curve", "started")}
        recipe = asdict(RECIPES["digits-snn"])
        own = {"id": path.stem, "tier": "smoke", "recipe": recipe, "seed": 0, "term": "ce", "epoch": 1, "step": 2}
        put(path, json.dumps(kept | own).encode())
    shelved(FAILURES, path, rng, folder)


@reader("studies")
def studies(rng: random.Random, folder: Path) -> None:
    found = shelved(STUDIES, rng.choice(some(STUDIES)), rng, folder)
    for name in found.values:
        found.numbers(name)


@reader("benches")
def benches(rng: random.Random, folder: Path) -> None:
    found = shelved(BENCHES, rng.choice(some(BENCHES)), rng, folder)
    for frame in (bench_frame, sweep_frame, group_frame, waiting_frame):
        frame([found])


@reader("published numbers")
def published_numbers(rng: random.Random, folder: Path) -> None:
    put(folder / "paper.json", hostile_json(good_text(RESULTS / "paper.json"), rng))
    load_published(folder)


@reader("arrays")
def arrays(rng: random.Random, folder: Path) -> None:
    path = put(folder / "arrays" / "x.npz", damaged_npz(good_arrays(), rng))
    read_arrays(path)
    load_arrays(replace(load_record(STUDENT, pair_folder()), arrays={path.name: sha256_file(path)}), folder)


def damaged_npz(content: bytes, rng: random.Random) -> bytes:
    """The file damaged, or one of its arrays in a file that is whole, with its checksum."""
    if rng.random() < 0.5:
        return damaged(content, rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, damaged(old.read(name), rng) if name == chosen else old.read(name))
    return buffer.getvalue()


@cache
def good_arrays() -> bytes:
    buffer = io.BytesIO()
    drawn = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    np.savez_compressed(buffer, images=drawn, labels=np.arange(4), sam=drawn[..., 0].astype(np.float16))
    return buffer.getvalue()


# ---- networks


@cache
def small_network() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))


@cache
def good_weights() -> dict[str, bytes]:
    """A state dict as safetensors and as torch.save writes it."""
    state, buffer = small_network().state_dict(), io.BytesIO()
    torch.save(state, buffer)
    return {".safetensors": save(state), ".pt": buffer.getvalue()}


@reader("weights")
def weights(rng: random.Random, folder: Path) -> None:
    fit_weights(small_network(), put(folder / "x.safetensors", damaged(good_weights()[".safetensors"], rng)))


@reader("weights from elsewhere")
def foreign_weights(rng: random.Random, folder: Path) -> None:
    end = rng.choice([".safetensors", ".pt"])
    read_state(put(folder / f"x{end}", damaged(good_weights()[end], rng)), Source("model", "resnet8"))


@reader("names of teachers")
def teachers(rng: random.Random, folder: Path) -> None:
    name = "".join(words(list(rng.choice(["model:resnet8+width=1", "model:resnet19@x.pt", "timm:"])), rng))
    if read_source(name).kind == "model":  # the others look for their files in the network
        load_pretrained(name, 10, DATASETS["digits"].inputs, ((0.0,) * 3, (1.0,) * 3))


@reader("checkpoints")
def checkpoints(rng: random.Random, folder: Path) -> None:
    content = {
        "state_dict": dict(small_network().state_dict()),
        "optimizer_states": [{"state": {}}],
        "callbacks": {"Curve": {"points": [{"epoch": 1, "seconds": 2.0}]}, "Deadline": {"device": "x", "threads": 1}},
        "loops": {},
    }
    buffer, whole = io.BytesIO(), rng.random() < 0.5
    torch.save(content if whole else altered(content, rng), buffer)
    path = put(folder / f"{CHECKPOINT}.ckpt", damaged(buffer.getvalue(), rng) if whole else buffer.getvalue())
    read_progress(folder)
    check_checkpoint(path, small_network())


# ---- data


@cache
def good_pictures() -> dict[str, bytes]:
    """A small picture in every format that is read, and some of their kinds."""
    drawn = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 44, 3), dtype=np.uint8))
    kinds = {
        **{f"x.{kind}": drawn for kind in ("png", "jpg", "webp", "gif", "tif", "bmp", "ppm", "jp2", "avif")},
        **{"grey.png": drawn.convert("L"), "alpha.png": drawn.convert("RGBA"), "palette.png": drawn.quantize(16)},
        **{"real.tif": drawn.convert("F"), "deep.png": drawn.convert("I;16"), "print.jpg": drawn.convert("CMYK")},
        **{"icon.ico": drawn, "a.dds": drawn, "a.tga": drawn},
    }
    return {name: saved(image, name) for name, image in kinds.items()}


def saved(image: Image.Image, name: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, Image.registered_extensions()[Path(name).suffix])
    return buffer.getvalue()


@reader("pictures")
def pictures(rng: random.Random, folder: Path) -> None:
    name = rng.choice([*good_pictures()])
    read_picture(put(folder / name, damaged(good_pictures()[name], rng)))


@reader("folders of pictures")
def picture_folders(rng: random.Random, folder: Path) -> None:
    top = folder / "tree"
    shutil.rmtree(top, ignore_errors=True)
    classes = ["a", "b", *rng.sample(["c", ".d", "train", "val", "é\udcff"], 2)]
    for part in rng.choice([[""], ["train", "val"], ["train", "test"], ["train", "val", "test"], ["val"]]):
        for label in classes:
            for number in range(rng.choice((0, 1, 2, 2, 2))):
                name = rng.choice(["x.png", "x.jpg", "X.PNG", ".x.png", "x.txt"])
                content = good_pictures()[name.lower().lstrip(".")] if "txt" not in name else b""
                put(top / part / label / f"{number}{name}", damaged(content, rng) if rng.random() < 0.1 else content)
    if top.exists() and rng.random() < 0.3:
        target = rng.choice([top, top / "a", folder / "nothing", Path("/dev/null")])
        (rng.choice([top, top / "a"]) / "link.png").unlink(missing_ok=True)
        place = rng.choice([top / "link.png", top / "a" / "link.png"])
        if place.parent.exists() and not place.is_symlink():
            place.symlink_to(target)
    if (top / "b").is_dir() and rng.random() < 0.1:
        os.mkfifo(top / "b" / "pipe.png")
    source = open_folder(dataset_spec(f"folder:{top}", 8), folder)
    next(source.chunks("train", torch.arange(2), 2))


SMALL = replace(DATASETS["digits"], examples=(6, 3))


@cache
def good_cache() -> bytes:
    rng, buffer = np.random.default_rng(0), io.BytesIO()
    shapes = ((6, 16, 16, 3), (6,), (3, 16, 16, 3), (3,))
    drawn = [rng.integers(0, 10, shape).astype(np.uint8 if len(shape) > 1 else np.int64) for shape in shapes]
    np.savez(buffer, **dict(zip(KEYS, drawn, strict=True)))
    return buffer.getvalue()


@reader("caches of data sets")
def caches(rng: random.Random, folder: Path) -> None:
    read_cache(SMALL, put(folder / "digits.npz", damaged_npz(good_cache(), rng)))


@reader("recordings of events")
def recordings(rng: random.Random, folder: Path) -> None:
    drawn = random.Random(0)
    if rng.random() < 0.5:
        content, name, size = (
            b"".join(bytes([drawn.randrange(34), drawn.randrange(34), 0, 1, n]) for n in range(40)),
            "x.bin",
            34,
        )
    else:
        content, name, size = b"#!AER-DAT2.0\r\n# x\r\n" + drawn.randbytes(320).replace(b"\xff", b"\x01"), "x.aedat", 48
    inputs = replace(DATASETS["nmnist"].inputs, height=size, width=size, timesteps=4)
    events.frames_of(put(folder / name, damaged(content, rng)), inputs)


@reader("splits")
def splits(rng: random.Random, folder: Path) -> None:
    put(folder / "cifar10dvs.txt", damaged((events.DRAWN / "cifar10dvs.txt").read_bytes()[:2000], rng))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "DRAWN", folder)
        events.numbers_for_testing("cifar10dvs")


# ---- what people write


@reader("recipes")
def recipes(rng: random.Random, folder: Path) -> None:
    found = Recipe.of(altered(asdict(RECIPES[rng.choice([*RECIPES])]), rng))
    found.record_id(0)


@reader("parameters of notebooks")
def parameters(rng: random.Random, folder: Path) -> None:
    kinds = {"seed": int, "count": int, "setting": str, "progress": bool}
    given = {"seed": 0, "count": 8, "setting": "digits", "progress": True}
    values = {name: rng.choice(VALUES) if rng.random() < 0.2 else value for name, value in given.items()}
    names = [rng.choice(["sede", "seed", "x", "In"]) for _ in range(rng.choice((0, 1)))]
    cells = ["", "# Parameters\n" + "\n".join(f"{name} = 1" for name in names)]
    with pytest.MonkeyPatch.context() as patch:
        shell = SimpleNamespace(user_ns={"__annotations__": kinds, "In": cells} | values)
        patch.setattr(notebook, "get_ipython", lambda: shell)
        notebook.check_parameters(count=1)
    fields = parse_changes(" ".join(words(["epochs=10", "beta=0.5", "flip=false"], rng)))
    RECIPES["digits-ckdsnn"].replace(**fields)
    pairs_of(" ".join(words(["nld:snn", "ckdsnn:nld"], rng)))


@reader("durations")
def durations(rng: random.Random, folder: Path) -> None:
    parse_duration(rng.choice([*TEXTS, "".join(rng.choices("0123456789hms.e-+ ²", k=rng.randrange(12)))]))


LINES = [
    ["train", "digits-ckdsnn", "--seed=1", "--epochs=3", "--beta=0.5", "--budget=9m", "--out=OUT"],
    ["train", "cifar10-16k-nld", "--flip", "--noise=0.5", "--engine.neuron=fused", "--stage=-1"],
    ["suite", "components", "--tier=smoke", "--seeds=2", "--jobs=2", "--dry_run", "--lr=0.1"],
    ["list", "ckdsnn", "--out=OUT"],
    ["cite", "digits-ckdsnn"],
    ["eval", "digits-snn-s0-01234567", "--out=OUT"],
    ["export", "x.csv", "--out=OUT"],
    ["bench", "--models=resnet20,resnet19:8", "--timesteps=1,4", "--batch=16", "--implementations=ours"],
    ["study", "landscape", "digits-snn-s0-01234567", "--out=OUT"],
    ["completion", "bash"],
]


@reader("command lines")
def command_lines(rng: random.Random, folder: Path) -> None:
    """All of a command but its work; those that only look do that, too."""
    line = [word.replace("OUT", str(folder / "none")) for word in words(rng.choice(LINES), rng)]
    called = {name: COMMANDS[name].parser() for name in line[:1] if name in COMMANDS}
    parsed = parser_for(called).parse_args(line)
    name, options = parsed.command, parsed[parsed.command]
    if name == "train":
        announce(options)
        in_seconds(options)
    elif name == "suite":
        changes = {name: value for name, value in vars(options).items() if name in Recipe.__dataclass_fields__}
        suite_runs(options.name, options.tier, options.seeds and min(options.seeds, 3), changes)
        in_seconds(options)
    elif name == "bench":
        find_cases(options.models, options.timesteps, options.batch, torch.device("cpu"))
        find_implementations(options.implementations, torch.device("cpu"))
    elif name != "completion" and options.get("own") is None:
        with chdir(folder):  # where the file of a damaged name may be written
            COMMANDS[name].run(options)


build_teacher("resnet8", width=1)  # what that loads is no part of an input's memory
