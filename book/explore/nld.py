"""The explorer of NLD on one picture: what the weight of the noise and the temperature make of the logits."""

from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from bokeh.transform import dodge

from book.explore.data import Shown
from book.explore.embed import Explorer, choice, embedded, plot, slider
from book.explore.losses import LINES, START, csv_of, names_of, rows, students, tensor, without
from book.explore.maps import NOTHING
from ckdsnn.assemble import classes_of
from ckdsnn.distill import nld_loss
from ckdsnn.measures.gallery import SIZE
from ckdsnn.records import Record
from ckdsnn.report.labels import label_of
from ckdsnn.report.style import COLOURS

DRAWS = 16  # of the noise: fixed, so that the page and the package can be compared
SERIES = (  # column, marker, colour, label, place in the row of a class
    ("teacher", "diamond", LINES["teacher"], "teacher", 0.25),
    ("student", "circle", "#838383", "student", 0.0),
    ("noisy", "triangle", COLOURS["nld"], "student with noise", -0.25),
)

LAYOUT = """
<div class="explore-controls">$student $picture $weight $temperature $draw</div>
<dl class="explore-values simple" aria-live="polite">
<div><dt>NLD, this draw (nat)</dt><dd id="explore-nld-loss"></dd></div>
<div><dt>NLD, mean of the draws (nat)</dt><dd id="explore-nld-mean"></dd></div>
<div><dt>Without noise, λ = 0 (nat)</dt><dd id="explore-nld-clean"></dd></div>
<div><dt>Standard deviation of the student's logits</dt><dd id="explore-nld-deviation"></dd></div>
</dl>
<p class="explore-says" id="explore-nld-says" aria-live="polite"></p>
<div class="explore-chart explore-two"><div>$logits</div><div>$probabilities</div></div>
"""


def nld(runs: Iterable[Record], results: Path) -> Explorer:
    """The explorer of these runs, whose arrays lie below `results`."""
    shown = students(runs, results)
    if not shown:
        return Explorer(NOTHING)
    first = next(iter(shown.values()))
    classes = classes_of(first.record)
    models = {
        "student": choice("Student", shown, label_of(START)),
        "picture": slider("Picture", 1, SIZE, 1, 1),
        "weight": slider("Weight of the noise λ", 0, 1, 0.1, 0.05),
        "temperature": slider("Temperature τ", 0.5, 8, 2, 0.5),
        "draw": slider("Draw of the noise", 1, DRAWS, 1, 1),
        "logits": logits_plot(classes),
        "probabilities": probabilities_plot(classes),
    }
    data = {
        "runs": {
            label: {"teacher": rows(run, "teacher_logits"), "student": rows(run, "logits")}
            for label, run in shown.items()
        },
        "noise": noise(len(classes)).tolist(),
        "names": names_of(first),
    }
    table = some_values(shown[label_of(START)])
    return Explorer(embedded("nld", models, LAYOUT, data, without(table, "nld")), data=csv_of(table, "nld"))


def noise(classes: int) -> np.ndarray:
    """The draws [DRAWS, K] of the page, from a normal distribution of mean 0 and deviation 1."""
    return np.random.default_rng(0).standard_normal((DRAWS, classes)).round(6)


def some_values(run: Shown) -> pd.DataFrame:
    """The loss of a run's first picture, by weight of the noise and temperature, a mean over 1,000 random draws."""
    student, teacher = (tensor(run, name)[:1].expand(1000, -1) for name in ("logits", "teacher_logits"))
    found = []
    for weight, temperature in product((0.0, 0.1, 0.5, 1.0), (1.0, 2.0, 4.0)):
        loss = nld_loss(student, teacher, weight, temperature, generator=torch.Generator().manual_seed(0)).item()
        found.append({"λ": weight, "τ": temperature, "NLD (nat)": loss})
    return pd.DataFrame(found)


def logits_plot(classes: Sequence[str]) -> figure:
    """The logits of both networks, and the student's with every draw of the noise."""
    made = plot(420, y_range=[*reversed(classes)], x_axis_label="logit")
    clouds = ColumnDataSource({"class": [classes[0]], "value": [0]}, name="nld-clouds")
    look = {"size": 5, "color": COLOURS["nld"], "alpha": 0.25}
    made.scatter("value", dodge("class", SERIES[-1][-1], range=made.y_range), source=clouds, **look)
    source = one_class(classes, "nld-logits")
    for column, marker, colour, label, place in SERIES:
        look = {"size": 9, "marker": marker, "color": colour, "legend_label": label}
        made.scatter(column, dodge("class", place, range=made.y_range), source=source, **look)
    return with_legend_above(made)


def probabilities_plot(classes: Sequence[str]) -> figure:
    """The three distributions over the classes."""
    made = plot(420, y_range=[*reversed(classes)], x_axis_label="probability at temperature τ (%)")
    source = one_class(classes, "nld-probabilities")
    for column, _, colour, label, place in SERIES:
        look = {"height": 0.22, "color": colour, "legend_label": label}
        made.hbar(dodge("class", place, range=made.y_range), right=column, source=source, **look)
    made.x_range.start = 0
    return with_legend_above(made)


def one_class(classes: Sequence[str], name: str) -> ColumnDataSource:
    """A source of one class, for a script to put all in its place."""
    return ColumnDataSource({"class": [classes[0]], **{column: [0] for column, *_ in SERIES}}, name=name)


def with_legend_above(made: figure) -> figure:
    """The plot with its legend in a line above it, where it hides nothing."""
    legend = made.legend[0]
    made.add_layout(legend, "above")
    legend.update(orientation="horizontal", background_fill_color=None, border_line_color=None, padding=0, spacing=8)
    legend.label_text_font_size = "12px"
    return made
