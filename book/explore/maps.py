"""The explorer of maps: any picture of a gallery, any method, with the SAM growing from step to step."""

import base64
import io
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper
from bokeh.plotting import figure
from matplotlib import colormaps
from matplotlib.colors import to_hex
from PIL import Image

from book.explore.data import Arrays, Cell, Shown, shown_runs
from book.explore.embed import FOLDER, Explorer, choice, embedded, panel, slider
from ckdsnn.assemble import classes_of
from ckdsnn.measures.gallery import SIZE
from ckdsnn.records import Record
from ckdsnn.report.labels import label_of
from ckdsnn.report.limits import NAMES
from ckdsnn.report.maps import record_gallery
from ckdsnn.report.style import MAP_COLOURS

START = ("cifar10", 1, "ckdsnn")  # what is shown first, if it is on record: data set, T, method
OPAQUE = 0.85  # of the highest cell of a map, over its picture
SHADES = 256
SIDE = 8  # pictures beside each other in the file that holds all of a gallery
NOTHING = "No maps are on record yet."

LAYOUT = """
<div class="explore-controls">$dataset $student $timesteps $method $picture $step</div>
<p class="explore-says" id="explore-maps-says" aria-live="polite">The pictures are being loaded.</p>
<div class="explore-panels">
<div><p>Picture</p>$photo<p id="explore-maps-photo"></p></div>
<div><p>Teacher: CAM</p>$cam<p id="explore-maps-cam"></p></div>
<div><p>Student: SAM</p>$sam<p id="explore-maps-sam"></p></div>
<div><p>SAM less CAM</p>$difference<p id="explore-maps-difference"></p></div>
<div><p>Student: Grad-CAM</p>$grad_cam<p id="explore-maps-grad_cam"></p></div>
</div>
"""


def maps(runs: Iterable[Record], results: Path) -> Explorer:
    """The explorer of the runs whose arrays lie below `results`."""
    shown = shown_runs(runs, results)
    if not shown:
        return Explorer(NOTHING)
    first = first_of(shown)
    tree: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for cell in shown:
        steps = tree.setdefault(NAMES[cell.dataset], {}).setdefault(cell.student, {})
        steps.setdefault(str(cell.timesteps), {})[label_of(cell.method)] = shown[cell].record.id
    datasets = dict.fromkeys(cell.dataset for cell in shown)
    models = {
        "dataset": choice("Data set", tree, NAMES[first.dataset]),
        "student": choice("Student", [first.student], first.student),
        "timesteps": choice("Time steps T", [str(first.timesteps)], str(first.timesteps)),
        "method": choice("Method", [label_of(first.method)], label_of(first.method)),
        "picture": slider("Picture", 1, SIZE, 1, 1),
        "step": slider("SAM after time step t", 1, 2, 1, 1),
        "photo": photo_panel(),
        "cam": map_panel("cam", palette(MAP_COLOURS["cam"])),
        "sam": map_panel("sam", palette(MAP_COLOURS["sam"])),
        "difference": map_panel("difference", two_sided(MAP_COLOURS["cam"], MAP_COLOURS["sam"])),
        "grad_cam": map_panel("grad_cam", palette(MAP_COLOURS["grad_cam"])),
    }
    data = {"tree": tree, "files": {NAMES[name]: f"../_static/{file_of(name)}" for name in datasets}}
    files = {file_of(name): data_file(name, shown).encode() for name in datasets}
    without, more = gallery_of(shown[first])
    html = embedded("maps", models, LAYOUT, data, without)
    return Explorer(html, files | more.files, more.data)


def first_of(shown: dict[Cell, Shown]) -> Cell:
    """The cell of START, or any."""
    return next((cell for cell in shown if (cell.dataset, cell.timesteps, cell.method) == START), next(iter(shown)))


def gallery_of(run: Shown) -> tuple[str, Explorer]:
    """The first pictures of a run as one image, for readers without scripts; the image and its numbers."""
    chart = record_gallery(run.arrays, classes_of(run.record))
    alt = "Eight pictures, each with the teacher's CAM and the student's SAM and Grad-CAM."
    picture = f'<img src="../_static/{FOLDER}/maps.png" alt="{alt}">'
    link = '<a href="../_static/data/explore-maps.csv" download>the numbers as CSV</a>'
    text = f"{picture}\n<p>The first eight pictures of {run.record.id}; {link}. Choosing others needs scripts.</p>"
    return text, Explorer("", {f"{FOLDER}/maps.png": chart.content()}, {"explore-maps": chart.csv()})


def file_of(dataset: str) -> str:
    """The file of a data set's pictures and maps, below _static: a script, all that a page on a disk can load."""
    return f"{FOLDER}/maps-{dataset}.js"


def data_file(dataset: str, shown: dict[Cell, Shown]) -> str:
    """Its content: pictures, labels and classes, each teacher's CAM, and each run's maps and answers."""
    own = [run for cell, run in shown.items() if cell.dataset == dataset]
    images, labels = own[0].arrays["images"], own[0].arrays["labels"]
    teachers = {
        run.teacher: {"cam": packed(run.arrays["cam"]), "answers": answers(run.arrays["teacher_logits"])} for run in own
    }
    content = {
        "sheet": sheet(images),
        "size": images.shape[1:3],
        "side": SIDE,
        "classes": classes_of(own[0].record),
        "labels": labels.tolist(),
        "teachers": teachers,
        "runs": {run.record.id: maps_of(run) for run in own},
    }
    text = json.dumps(content, separators=(",", ":"))
    return f"(globalThis.exploreMaps ??= {{}})[{json.dumps(NAMES[dataset])}] = {text};\n"


def maps_of(run: Shown) -> dict:
    """The maps of a run. steps: how many time steps its SAM is told apart by; span: of all its SAMs, as drawn."""
    steps = steps_of(run.arrays)
    sums = steps.cumsum(1, dtype=np.float64)
    return {
        "teacher": run.teacher,
        "grid": steps.shape[2:],
        "steps": steps.shape[1],
        "span": [float(sums.min()), float(sums.max())],
        "sam": packed(steps),
        "grad_cam": packed(run.arrays["grad_cam"]),
        "answers": answers(run.arrays["logits"]),
    }


def steps_of(arrays: Arrays) -> np.ndarray:
    """The spikes of each step [N, T, h, w], or of all together as one, where they are not kept apart."""
    return arrays["sam_steps"] if "sam_steps" in arrays else arrays["sam"][:, None]


def answers(logits: np.ndarray) -> list[int]:
    """The likeliest class of each picture."""
    return logits.argmax(1).tolist()


def packed(maps: np.ndarray) -> dict:
    """Maps [N, ...] of values from 0 on as small whole numbers, times a unit for each picture.

    Counts are exact, with the unit 1 and one byte each, or two where one is too small; other values are cut to 255
    shares of the picture's highest.
    """
    rows = maps.reshape(len(maps), -1).astype(np.float64)
    exact = np.array_equal(rows, rows.round())
    units = np.ones(len(rows)) if exact else np.maximum(rows.max(1), 1e-12) / 255
    size = 2 if exact and rows.max() > 255 else 1
    values = (rows / units[:, None]).round().astype(f"<u{size}")
    text = base64.b64encode(values.tobytes()).decode()
    return {"bytes": text, "size": size, "units": [float(f"{unit:.4g}") for unit in units]}


def sheet(images: np.ndarray) -> str:
    """Pictures uint8 [N, H, W, 3] in rows of SIDE, as the address of a JPEG that holds itself."""
    count, height, width, _ = images.shape
    rows = images.reshape(count // SIDE, SIDE, height, width, 3).swapaxes(1, 2)
    buffer = io.BytesIO()
    Image.fromarray(rows.reshape(-1, SIDE * width, 3)).save(buffer, "JPEG", quality=90, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def palette(name: str) -> list[str]:
    """The shades of a colour map, the lowest clear, so that the picture below shows."""
    colours = colormaps[name](np.linspace(0, 1, SHADES))
    colours[:, 3] = np.linspace(0, OPAQUE, SHADES)
    return [to_hex(colour, keep_alpha=True) for colour in colours]


def two_sided(low: str, high: str) -> list[str]:
    """From the full colour of one map over none to that of the other."""
    return [*palette(low)[::-2], *palette(high)[1::2]]


def photo_panel() -> figure:
    """A place for the picture."""
    made = panel()
    made.image_rgba("image", source=one_image(np.uint32, "photo"), **placed())
    return made


def map_panel(name: str, shades: list[str]) -> figure:
    """A place for the grey picture with a map over it; the value of a cell shows under the mouse."""
    made = panel()
    made.image_rgba("image", source=one_image(np.uint32, "grey"), **placed())
    mapper = LinearColorMapper(palette=shades, low=0, high=1)
    cells = made.image("image", source=one_image(np.float64, "cells"), color_mapper=mapper, **placed())
    made.add_tools(HoverTool(renderers=[cells], tooltips=[(name, "@image{0.00}")]))
    return made


def one_image(kind: type, name: str) -> ColumnDataSource:
    """A source of one image of a single cell, for a script to put another in its place."""
    return ColumnDataSource({"image": [np.zeros((1, 1), kind)]}, name=name)


def placed() -> dict:
    """An image that fills its panel, its first row at the top."""
    return {"x": 0, "y": 0, "dw": 1, "dh": 1, "origin": "top_left"}
