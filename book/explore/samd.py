"""The explorer of SAMD on one picture: what its temperature and the ranges of the two maps make of them."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper, Span
from bokeh.plotting import figure
from matplotlib import colormaps
from matplotlib.colors import to_hex

from book.explore.data import Shown
from book.explore.embed import Explorer, choice, embedded, panel, plot, slider
from book.explore.losses import LINES, START, csv_of, names_of, rows, students, tensor, without
from book.explore.maps import NOTHING, SHADES, one_image, placed
from ckdsnn.assemble import build_network, classes_of
from ckdsnn.distill import samd_loss
from ckdsnn.distill.maps import RANGES, map_range
from ckdsnn.measures.gallery import SIZE
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.records import Record
from ckdsnn.report.labels import label_of
from ckdsnn.report.style import MAP_COLOURS

ALIKE = {"sample": "0 to 1 in each picture", "batch": f"0 to 1 over all {SIZE} pictures"}
WORDS = {  # map range -> what the map is then
    "teacher": ALIKE | {"none": "as it is: class evidence", "rate": "class evidence for each channel"},
    "student": ALIKE | {"none": "a count of spikes", "rate": "a firing rate"},
}

LAYOUT = """
<div class="explore-controls">$student $picture $temperature $teacher_range $student_range</div>
<dl class="explore-values simple" aria-live="polite">
<div><dt>SAMD: T<sub>s</sub>² KL (nat)</dt><dd id="explore-samd-loss"></dd></div>
<div><dt>KL (nat)</dt><dd id="explore-samd-kl"></dd></div>
<div><dt>Highest share, teacher</dt><dd id="explore-samd-top-teacher"></dd></div>
<div><dt>Highest share, student</dt><dd id="explore-samd-top-student"></dd></div>
<div><dt>Share if all cells were alike</dt><dd id="explore-samd-even"></dd></div>
</dl>
<div class="explore-panels">
<div><p>Teacher's CAM, in its range</p>$cam<p id="explore-samd-cam"></p></div>
<div><p>Student's SAM, in its range</p>$sam<p id="explore-samd-sam"></p></div>
<div><p>P<sup>te</sup>: the softmax of the CAM</p>$cam_share<p id="explore-samd-cam_share"></p></div>
<div><p>P<sup>st</sup>: the softmax of the SAM</p>$sam_share<p id="explore-samd-sam_share"></p></div>
</div>
<div class="explore-chart">$chart</div>
"""


def samd(runs: Iterable[Record], results: Path) -> Explorer:
    """The explorer of these runs, whose arrays lie below `results`."""
    shown = students(runs, results)
    if not shown:
        return Explorer(NOTHING)
    first = next(iter(shown.values()))
    models = {
        "student": choice("Student", shown, label_of(START)),
        "picture": slider("Picture", 1, SIZE, 1, 1),
        "temperature": slider("Map temperature Tₛ", 0.1, 8, 2, 0.1),
        "teacher_range": choice("Range of the CAM", ranges("teacher"), "sample"),
        "student_range": choice("Range of the SAM", ranges("student"), "sample"),
        "cam": cells_panel("cam"),
        "sam": cells_panel("sam"),
        "cam_share": cells_panel("cam"),
        "sam_share": cells_panel("sam"),
        "chart": shares_plot(first.arrays["cam"][0].size),
    }
    data = {
        "runs": {label: {"cam": rows(run, "cam"), "sam": rows(run, "sam")} for label, run in shown.items()},
        "units": units_of(first),
        "width": first.arrays["cam"].shape[2],
        "names": names_of(first),
    }
    table = some_values(shown[label_of(START)])
    return Explorer(embedded("samd", models, LAYOUT, data, without(table, "samd")), data=csv_of(table, "samd"))


def ranges(whose: str) -> list[tuple[str, str]]:
    """Every map range, in words that fit the teacher's map or the student's; the usual one first."""
    return sorted(((how, WORDS[whose][how]) for how in RANGES), key=lambda pair: [*WORDS[whose]].index(pair[0]))


def units_of(run: Shown) -> dict[str, int]:
    """How many values each of the two maps sums in a cell: of the student over time, too."""
    own, count = Recipe.of(run.record.recipe), len(classes_of(run.record))
    return {"teacher": channels(RECIPES[own.teacher], count), "student": own.timesteps * channels(own, count)}


def channels(recipe: Recipe, classes: int) -> int:
    """How many values a cell of the last stage has in a time step."""
    return build_network(recipe, classes).head_weight.shape[1]


def some_values(run: Shown) -> pd.DataFrame:
    """The loss of a run's first picture, by range of the student's map and temperature."""
    found, units = [], units_of(run)
    teacher = map_range(tensor(run, "cam"), "sample")[:1]
    for how, temperature in product(WORDS["student"], (0.1, 0.5, 1.0, 2.0, 4.0)):
        student = map_range(tensor(run, "sam"), how, units["student"])[:1]
        loss = samd_loss(student, teacher, temperature).item()
        found.append({"Range of the SAM": WORDS["student"][how], "Tₛ": temperature, "SAMD (nat)": loss})
    return pd.DataFrame(found)


def cells_panel(kind: str) -> figure:
    """A place for one map's cells, the lowest white."""
    made = panel()
    shades = [to_hex(colour) for colour in colormaps[MAP_COLOURS[kind]](np.linspace(0, 1, SHADES))]
    mapper = LinearColorMapper(palette=shades, low=0, high=1)
    cells = made.image("image", source=one_image(np.float64, "cells"), color_mapper=mapper, **placed())
    made.add_tools(HoverTool(renderers=[cells], tooltips=[("value", "@image{0.0000}")]))
    return made


def shares_plot(cells: int) -> figure:
    """Each cell's share of both distributions, in the order of the teacher's; dashed: if all were alike."""
    made = plot(240, x_axis_label="cells, in the order of the teacher's share", y_axis_label="share (%)")
    source = ColumnDataSource({"cell": [1], "teacher": [0], "student": [0]}, name="samd-shares")
    for network, width in (("teacher", 3), ("student", 2)):
        look = {"color": LINES[network], "line_width": width, "mode": "center"}
        made.step("cell", network, source=source, legend_label=network, **look)
    made.add_layout(Span(location=100 / cells, dimension="width", line_color="#838383", line_dash="dashed"))
    made.y_range.start = 0
    made.legend.background_fill_color = made.legend.border_line_color = None
    return made
