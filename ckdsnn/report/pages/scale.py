"""What networks of the paper's own size have reached, method by method. `runs`: a frame of runs of one setting."""

from collections.abc import Mapping

import pandas as pd

from ckdsnn.recipe import Recipe
from ckdsnn.report.compare import against
from ckdsnn.report.labels import in_families, label_of
from ckdsnn.report.limits import NAMES
from ckdsnn.report.points import PAIRED_T, remarks, with_n
from ckdsnn.report.suites import ACCURACY, answers, marked, of_methods
from ckdsnn.report.tables import DASH, Table, mean_sd, spread

BASELINES = ("snn", "nld")
# the first release has a ReLU at its end, which is worth much by itself: what has it too is the control
FAIR = ("ckdsnn-first", "nld-with-relu")
VALIDATED = "Validation accuracy (%), mean ± sd (n)"


def name_of(recipe: Mapping, teachers: pd.DataFrame) -> str:
    """A student's network, data, T, schedule and teacher in words; recipe: the student's, as a mapping."""
    network, data = (NAMES[recipe[field]] for field in ("model", "dataset"))
    kept = recipe.get("validation_images", 0)
    images = f", all training images but {kept:,} for validation" if kept else ""
    taught = f", teacher {spread(teachers['accuracy'])} %" if len(teachers) else ""
    length = f"{recipe['epochs']} of {Recipe.epochs} epochs"
    return f"{network} on {data}, T = {recipe['timesteps']}, {length}{images}{taught}"


def scale_table(name: str, caption: str, runs: pd.DataFrame, teachers: pd.DataFrame) -> Table:
    """One row for the teacher and one for each method.

    runs: with a column `alignment`, of each run's maps with its teacher's.
    """
    groups = {"teacher": teachers} if len(teachers) else {}
    groups |= of_methods(runs)
    found = {baseline: {one.method: one for one in against(runs, baseline)} for baseline in BASELINES}

    def minus(baseline: str):
        return lambda method: with_n(found[baseline][method]) if method in found[baseline] else ""

    columns = {
        "Network": lambda method: marked(label_of(method), groups[method]),
        f"{ACCURACY} (n)": lambda method: mean_sd(groups[method]["accuracy"]),
        **{f"minus {label_of(baseline)}, points {PAIRED_T}": minus(baseline) for baseline in BASELINES},
        VALIDATED: lambda method: validated(groups[method]),
        "Alignment of SAM with CAM, mean ± sd": lambda m: spread(groups[m]["alignment"]) if m != "teacher" else "",
        "Remarks": lambda method: "; ".join(filter(None, (remarks(of.get(method)) for of in found.values()))),
    }
    order = [*["teacher"] * (len(teachers) > 0), *in_families(of_methods(runs), BASELINES[0])]
    devices = sorted({*runs["device"], *teachers["device"]} if len(teachers) else {*runs["device"]})
    return Table.of(name, f"{caption}. Hardware: {', '.join(devices)}.", order, columns)


def fair(runs: pd.DataFrame) -> str:
    """The first release against NLD with the same ReLU at its end, in a sentence; "" where it is not on record."""
    return answers(runs, [FAIR])


def validated(runs: pd.DataFrame) -> str:
    """The accuracy on the validation images; "" where there are none."""
    return mean_sd(values) if len(values := runs["validation_accuracy"].dropna()) else ""


def pilot_table(name: str, caption: str, runs: pd.DataFrame) -> Table:
    """One row a method of a pilot: its accuracy on the validation images, the best marked."""
    groups = of_methods(runs)
    best = max(groups, key=lambda method: groups[method]["validation_accuracy"].mean())
    columns = {
        "Student": label_of,
        VALIDATED: lambda method: validated(groups[method]),
        "Best": lambda method: "yes" if method == best else DASH,
    }
    return Table.of(name, caption, groups, columns)
