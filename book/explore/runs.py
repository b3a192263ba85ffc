"""The explorer of runs: accuracy against what it costs, every run on record a point that leads to its record."""

from collections.abc import Iterable
from html import escape

import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, OpenURL, TapTool
from bokeh.plotting import figure

from book.explore.embed import RECORD_PAGE, Explorer, choice, embedded, plain_table, plot
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.methods import METHODS
from ckdsnn.recipe.named import TIER_SETTINGS
from ckdsnn.records import Record
from ckdsnn.records.frame import Records
from ckdsnn.report.energy import ACCOUNTS, energies
from ckdsnn.report.labels import colour_of, family_of, label_of
from ckdsnn.report.limits import NAMES
from ckdsnn.report.runs import RATE
from ckdsnn.report.tables import spread

COSTS = {  # the first one is shown at the start: by energy most runs, all at T = 1, lie upon each other
    "firing_rate": RATE,
    **{key: f"Energy: {words[0].lower()}{words[1:]}" for key, words in ACCOUNTS.items()},
    "hours": "Hours of training and testing",
}
ALL = "all"
OWN = "own recipes"
FILTERS = {
    "dataset": "Data set",
    "network": "Network",
    "training": "Training",
    "timesteps": "Time steps T",
    "family": "Method, with its variants",
}
# what is told under the mouse
TOLD = ("run", "network", "dataset", "timesteps", "training", "seed", "tier", "interval", "cost")
TOOLTIP = (
    "<b>{run}</b>",
    "{network} on {dataset}, T: {timesteps}",
    "@accuracy{{0.00}} % (95 %: {interval})",
    "{cost}",
    "{training}, seed {seed}, tier {tier}",
)
START = RECIPES[f"{TIER_SETTINGS['reduced']}-snn"]  # its data set, network and training are shown first: most runs'
NOTHING = "No runs are on record yet."

LAYOUT = """
<div class="explore-controls">$dataset $network $training $timesteps $family $cost</div>
<p class="explore-says" id="explore-runs-says" aria-live="polite"></p>
<div class="explore-chart">$chart
{legend}
</div>
<p id="explore-runs-heading"></p>
<ol class="explore-list" id="explore-runs-list"></ol>
"""


def runs(found: Iterable[Record]) -> Explorer:
    """The explorer of these runs."""
    points = points_of(found)
    if points.empty:
        return Explorer(NOTHING)
    start = {
        "dataset": NAMES[START.dataset],
        "network": NAMES[START.model],
        "training": training(START.epochs, START.train_images),
    }
    models = {
        **{key: choice(title, options(points[key]), start.get(key, ALL)) for key, title in FILTERS.items()},
        "cost": choice("Against", COSTS.items(), next(iter(COSTS))),
        "chart": chart(points),
    }
    data = {"every": points.to_dict("list"), "filters": [*FILTERS], "all": ALL}
    layout = LAYOUT.format(legend=legend(points))
    return Explorer(embedded("runs", models, layout, data, without(points)), data={"explore-runs": csv_of(points)})


def points_of(found: Iterable[Record]) -> pd.DataFrame:
    """A row a run, the most accurate first, in words and numbers as they are shown; None where there is none."""
    frame = energies(Records(found).frame())
    methods = frame["method"].astype(str)
    families = [method if method == "teacher" else family_of(method) for method in methods]
    shown = pd.DataFrame({
        "id": frame["id"].astype(str),
        "run": [
            label_of(method) if method else f"own recipe, named {name.rsplit('-s', 1)[0]}"
            for method, name in zip(methods, frame["id"], strict=True)
        ],
        "dataset": frame["dataset"].astype(str).map(NAMES),
        "network": frame["model"].astype(str).map(NAMES),
        "timesteps": ["ANN" if pd.isna(steps) else str(steps) for steps in frame["T"]],
        "family": [label_of(family) if family else OWN for family in families],
        "training": [training(n, of) for n, of in frame[["epochs", "train_images"]].values],
        "seed": frame["seed"].astype(int),
        "tier": frame["tier"].astype(str),
        "interval": [f"{low:.2f} to {high:.2f}" for low, high in frame[["accuracy_low", "accuracy_high"]].values],
        "colour": [colour_of(method) for method in methods],
        "address": [RECORD_PAGE.format(name) for name in frame["id"]],
        **{key: frame[key].astype(float).round(4) for key in ("accuracy", *COSTS)},
    })  # fmt: skip
    ordered = shown.sort_values("accuracy", ascending=False, kind="stable").astype(object)
    return ordered.where(ordered.notna(), None)


def training(epochs: int, images: int) -> str:
    """How long a run learnt, and from how many images; 0 stands for all."""
    return f"{epochs} epochs of {f'{images:,}' if images else 'all'} images"


def options(values: pd.Series) -> list[str]:
    """What a list offers: everything, or one of these."""
    return [ALL, *dict.fromkeys(values)]


def chart(points: pd.DataFrame) -> figure:
    """A plot of runs, with one of them for a start; a click on a point leads to its record."""
    labels = {"x_axis_label": next(iter(COSTS.values())), "y_axis_label": "Test accuracy (%)"}
    made = plot(440, "box_zoom,reset", x_range=(0, 1), y_range=(0, 1), **labels)  # until the script fits the ranges
    first = points.iloc[:1]
    source = ColumnDataSource(first.assign(x=first[next(iter(COSTS))], cost="").to_dict("list"), name="runs-points")
    dots = made.scatter("x", "accuracy", source=source, size=9, color="colour", alpha=0.75, line_color="white")
    dots.nonselection_glyph = None
    text = "<br>".join(line.format(**{key: f"@{key}" for key in TOLD}) for line in TOOLTIP)
    made.add_tools(HoverTool(renderers=[dots], visible=False, tooltips=f"<div style='max-width: 15rem'>{text}</div>"))
    made.add_tools(TapTool(renderers=[dots], visible=False, callback=OpenURL(url="@address", same_tab=True)))
    return made


def legend(points: pd.DataFrame) -> str:
    """The colour of each method, below the plot, where it hides no points; the script shows those in the plot."""
    colours = dict(zip(points["family"], points["colour"], strict=True))
    known = [label_of(name) for name in ("teacher", *METHODS)]
    order = [name for name in dict.fromkeys([*known, *points["family"]]) if name in colours]
    entries = [
        f'<li data-family="{escape(name)}"><span style="background: {colours[name]}"></span>{escape(name)}</li>'
        for name in order
    ]
    return f'<ul class="explore-legend">{"".join(entries)}</ul>'


def csv_of(points: pd.DataFrame) -> str:
    """What is drawn, for download."""
    return points.drop(columns=["colour", "address"]).to_csv(index=False)


def without(points: pd.DataFrame) -> str:
    """What stands there without scripts: a row for each data set, network, training and T."""
    groups = points.astype({"accuracy": float, "arithmetic": float}).groupby(
        ["dataset", "network", "training", "timesteps"]
    )
    table = groups.agg(runs=("id", "size"), accuracy=("accuracy", spread), energy=("arithmetic", spread)).reset_index()
    heads = {"accuracy": "Test accuracy (%)", "energy": ACCOUNTS["arithmetic"], "timesteps": "T", "runs": "Runs"}
    shown = plain_table(table.rename(columns=FILTERS | heads))
    link = '<a href="../_static/data/explore-runs.csv" download>every run as CSV</a>'
    return f"<p>The runs by what they have in common ({link}). Choosing and drawing them needs scripts.</p>\n{shown}"
