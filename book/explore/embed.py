"""How an explorer gets into a page: Bokeh's models in a layout of ours, equal in every build, with no other host.

An explorer is a folder's worth of models, the script beside this file that answers their changes, and what stands there
for readers without scripts.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import bokeh.resources
import pandas as pd
from bokeh.document import Document
from bokeh.embed import components
from bokeh.events import DocumentReady
from bokeh.models import CustomJS, Model, Select, Slider
from bokeh.plotting import figure

FOLDER = "explore"  # of our files, below the pages' folder _static
LIBRARY = ("bokeh.min.js", "bokeh-widgets.min.js")
RECORD_PAGE = "records/{}.html"  # where a click on a run leads, from a page of the book

IDENTITY = re.compile(r"\bp\d{4,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")  # of a model or an element
FOCUS = ":is(select, .noUi-handle):focus-visible { outline: 3px solid #0072B2; outline-offset: 1px; }"
KINDS = {"sliders": Slider, "plots": figure}
# CSS inside each list and slider: dark on light, as the page turns both round in its dark theme
WIDGET = f"""
:host {{ color: #222222; color-scheme: light; font-family: inherit; }}
label, select, .bk-slider-title {{ font-size: 0.9rem; font-family: inherit; }}
select {{ color: #222222; }}
{FOCUS}
"""

# The handles of Bokeh's sliders have no name for readers who hear the page; Tab stops at its plots, where no key does
# anything.
NAMED = """
for (const slider of sliders) {
  const handle = Bokeh.index.find_one(slider).shadow_el.querySelector(".noUi-handle");
  handle.setAttribute("aria-label", slider.title);
}
for (const plot of plots) Bokeh.index.find_one(plot).canvas_view.events_el.tabIndex = -1;
"""


@dataclass(frozen=True)
class Explorer:
    """What a page shows, as HTML, and the files that lie beside the pages for it."""

    html: str
    files: dict[str, bytes] = field(default_factory=dict)
    """path below _static -> content"""
    data: dict[str, str] = field(default_factory=dict)
    """numbers for download: name -> CSV"""


def library() -> Explorer:
    """What a page with explorers loads, once for all of them."""
    source = Path(bokeh.resources.__file__).parent / "server" / "static" / "js"
    scripts = "\n".join(f'<script src="../_static/{FOLDER}/{name}"></script>' for name in LIBRARY)
    html = f'<link rel="stylesheet" href="../_static/explore.css">\n{scripts}'
    return Explorer(raw(html), {f"{FOLDER}/{name}": (source / name).read_bytes() for name in LIBRARY})


def raw(html: str) -> str:
    """HTML in Markdown."""
    return f"````{{raw}} html\n{html}\n````"


def embedded(name: str, models: Mapping[str, Model], layout: str, data: Mapping[str, Any], without: str) -> str:
    """The explorer `name` in Markdown.

    models: what its layout shows at $KEY; data: what else NAME.js uses, besides the models, under their keys. The
    script runs when the page is ready, and at every change of a choice. without: HTML for readers without scripts.
    """
    respond = CustomJS(
        args=dict(models), code=f"const {{ {', '.join(data)} }} = exploreData.{name};\n{script_of(name)}"
    )
    named = {kind: [model for model in models.values() if isinstance(model, of)] for kind, of in KINDS.items()}
    document = Document(title=name)
    with document.models.freeze():  # else Bokeh looks through all models for each change of one
        for key, model in models.items():
            if isinstance(model, Select | Slider):
                model.js_on_change("value", respond)
            model.name = f"{name}-{key}"
            document.add_root(model)
        document.js_on_event(DocumentReady, CustomJS(args=named, code=NAMED), respond)
    script, places = components(dict(models), wrap_script=False)
    shown = renamed(f"{Template(layout).substitute(places)}<script>{script}</script>", name)
    hidden = f"<noscript><style>.explore {{ display: none; }}</style>\n{without}\n</noscript>"
    return raw(f'<div class="explore" id="explore-{name}">\n{data_script(name, data)}\n{shown}\n</div>\n{hidden}')


def data_script(name: str, data: Mapping[str, Any]) -> str:
    """The data of an explorer by themselves: Bokeh would look through them anew for each of its models."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    return f"<script>(globalThis.exploreData ??= {{}}).{name} = {text};</script>"


def script_of(name: str) -> str:
    """What answers the changes of an explorer."""
    return (Path(__file__).parent / f"{name}.js").read_text()


def renamed(html: str, name: str) -> str:
    """With ids of this explorer in the place of those that Bokeh draws, or counts up, in each process."""
    known: dict[str, str] = {}
    return IDENTITY.sub(lambda match: known.setdefault(match[0], f"{name}-{len(known) + 1}"), html)


def plain_table(table: pd.DataFrame, **look: Any) -> str:
    """A table for readers without scripts, with the look of the book's others; look: as for `to_html`."""
    return table.to_html(index=False, border=0, justify="left", classes="table", **look)


def choice(title: str, options: Iterable[str | tuple[str, str]], value: str) -> Select:
    """A list to choose one of. options: words, or pairs of a value and its words."""
    look = {"sizing_mode": "stretch_width", "stylesheets": [WIDGET]}
    return Select(title=title, options=list(options), value=value, **look)


def slider(title: str, start: float, end: float, value: float, step: float) -> Slider:
    """A slider: its handle follows the arrow keys, a step each."""
    look = {"sizing_mode": "stretch_width", "stylesheets": [WIDGET], "margin": (5, 5)}
    return Slider(title=title, start=start, end=end, value=value, step=step, **look)


def plot(height: int, tools: str = "", **more: Any) -> figure:
    """An empty plot as wide as its place, without a ground of its own."""
    where = "above" if tools else None
    made = figure(height=height, sizing_mode="stretch_width", toolbar_location=where, tools=tools, **more)
    made.toolbar.logo = None  # it leads to another host
    made.background_fill_color = made.border_fill_color = made.outline_line_color = None
    made.axis.axis_label_text_font_style = "normal"
    made.axis.major_label_text_font_size = made.axis.axis_label_text_font_size = "12px"
    return made


def panel() -> figure:
    """A square for one picture or map, from 0 to 1 in both directions."""
    made = plot(200, aspect_ratio=1, x_range=(0, 1), y_range=(0, 1), min_border=0)
    made.axis.visible = made.grid.visible = False
    return made
