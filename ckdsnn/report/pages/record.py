"""The page of one run, as HTML: what was trained, what came out, how to repeat it. Every value is the record's."""

import base64
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from ckdsnn.recipe import Recipe
from ckdsnn.recipe.fields import idle_fields
from ckdsnn.recipe.named import place_of
from ckdsnn.records import Record
from ckdsnn.report.labels import style_of
from ckdsnn.report.limits import NAMES
from ckdsnn.report.maps import strips
from ckdsnn.report.pages.curve import drawing
from ckdsnn.report.runs import interval
from ckdsnn.report.tables import DASH, digits

SCROLLS = '<div class="pst-scrollable-table-container" tabindex="0">'  # a wide table, also by the keyboard
PICTURES = 6  # of the gallery
TIMES = (
    "started",
    "seconds",
    "test_seconds",
    "images_per_second",
)  # of a record and its epochs: never twice the same
TERMS = {  # words of a page -> the term of the glossary that explains them
    "T": "Time steps",
    "Validation": "Validation images",
    "Best epoch": "Last epoch, best epoch",
    "Firing rate": "Firing rate",
    "MAC": "MAC, AC",
    "CAM": "CAM",
    "SAM": "SAM",
    "Grad-CAM": "Grad-CAM",
}
IDENTITY = ("name", "tier")  # fields that say what a recipe is called, and how far it is to be trusted


@dataclass(frozen=True)
class Around:
    """What a page says of its run that the record does not: links are lists of (address, text)."""

    command: str
    """that repeats the run"""
    arrays: Mapping[str, np.ndarray]
    """as `load_arrays` gives them; empty where they are not at hand"""
    classes: Sequence[str]
    """names of the data set's"""
    document: str
    """address of the record itself"""
    teacher: str = ""
    """address of the teacher's page"""
    seeds: Sequence[tuple[str, str]] = ()
    """runs of the same recipe with other seeds"""
    pages: Sequence[tuple[str, str]] = ()
    """of the book, that show this run"""
    studies: Sequence[tuple[str, str]] = ()
    """of this network"""
    timed: bool = True
    """whether TIMES are told: not of a run that every build of the book makes anew, as no two builds would be equal"""
    glossary: str = ""
    """address of the glossary; without one no word leads there"""


def title_of(record: Record) -> str:
    """The run in a few words."""
    return f"{style_of(record)[0]}, seed {record.seed}"


def page(record: Record, around: Around) -> str:
    """The page's article."""
    parts = {
        "Result": facts(result(record)),
        "How to repeat it": repeat(record, around),
        "Training": curve(record, around.timed),
        "Firing rate of each layer": rates(record),
        "Maps": maps(around),
        "Recipe": recipe(record),
        "Code and machine": facts(machine(record, around.timed)),
        "Where it is shown": shown(around),
    }
    sections = [f"<section><h2>{head}</h2>\n{text}</section>" for head, text in parts.items() if text]
    html = "\n".join([heading(record, around), *sections])
    return explained(html, around.glossary) if around.glossary else html


def explained(html: str, glossary: str) -> str:
    """The article with a link to the glossary at the first of the places of each of TERMS that begin a text."""
    for words, term in TERMS.items():
        place = re.compile(rf"(<(?:th scope='row'|dt|td|p|figcaption)>[^<]*?)\b({re.escape(words)})\b")
        address = f"{glossary}#term-{re.sub(r'[^A-Za-z]+', '-', term)}"
        html = place.sub(rf'\1<a class="reference internal" href="{address}">\2</a>', html, count=1)
    return html


def heading(record: Record, around: Around) -> str:
    """What run this is."""
    found = Recipe.of(record.recipe)
    what = f"{NAMES.get(found.model, found.model)} on {NAMES.get(found.dataset, found.dataset)}"
    what += "" if found.is_teacher else f", T = {found.timesteps}"
    where = f", setting {setting}" if (setting := place_of(record.recipe).setting) else ""
    return (
        f"<h1>{escape(title_of(record))}</h1>\n"
        f'<p>{escape(what + where)}, {found.epochs} epochs <span class="tier-badge">{record.tier}</span></p>\n'
        f'<p class="record-id"><code>{escape(record.id)}</code> · {link(around.document, "the record itself, as JSON")}'
        f"{beside(record, around)}</p>"
    )


def beside(record: Record, around: Around) -> str:
    """Links to the runs that belong to this one."""
    known = record.teacher or {}
    teacher = known.get("record") or known.get("source") or ""
    taught = [link(around.teacher, "its teacher") if around.teacher else f"teacher {escape(teacher)}"] * bool(teacher)
    seeds = [f"other seeds: {', '.join(link(*one) for one in around.seeds)}"] * bool(around.seeds)
    return "".join(f" · {part}" for part in [*taught, *seeds])


def link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def facts(found: Mapping[str, str]) -> str:
    """Names and values, a row each."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in found.items()
    )
    return f'{SCROLLS}<table class="table facts"><tbody>{rows}</tbody></table></div>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of HTML cells."""
    top = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    start = f'{SCROLLS}<table class="table">'
    return f"{start}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def folded(title: str, text: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{text}</details>"


def result(record: Record) -> dict[str, str]:
    """What came out, with what it cost."""
    final, best = record.final, record.final["best_accuracy"]
    checked, rate = record.validation_accuracy, record.firing_rate
    return {
        "Test accuracy, last epoch, with the 95 % interval": f"{interval(record)} %",
        "Test images": f"{final['last_accuracy']['test_images']:,}",
        **({} if checked is None else {"Validation accuracy, last epoch": f"{checked:.2f} %"}),
        "Best epoch, chosen on the test set": f"{best['value']:.2f} %, epoch {best['epoch']}",
        **({} if rate is None else {"Firing rate, mean of the layers": f"{rate:.1f} %"}),
        "Operations for an image": each_count(record, lambda cost: f"{cost['mac']:,.0f} MAC, {cost['ac']:,.0f} AC"),
        "Energy for an image, arithmetic": each_count(record, lambda cost: in_microjoule(cost["compute_nj"])),
        "Energy for an image, with memory": each_count(
            record, lambda cost: in_microjoule(cost["compute_nj"] + cost["memory_nj"])
        ),
        **({} if record.teacher is None else {"Accuracy of its teacher": f"{record.teacher['accuracy']:.2f} %"}),
    }


def each_count(record: Record, text: Callable[[Mapping[str, Any]], str]) -> str:
    """A text of what an image costs, for each convention in which it was counted, with its name."""
    return "; ".join(f"{name} count: {text(cost) if cost else DASH}" for name, cost in record.costs.items())


def in_microjoule(nanojoule: float) -> str:
    return f"{nanojoule / 1000:.2f} µJ"


def machine(record: Record, timed: bool) -> dict[str, str]:
    """Which code ran, where, and for how long."""
    spent = f"{record.seconds / 60:.1f} min, {record.images_per_second:.0f} images/s"
    if record.side_by_side > 1:
        at_once = record.env.get("at_once", 1)
        spent += f"; its share, as {record.side_by_side} students were trained side by side, {at_once} at once"
    times = {"Started": record.started, "Time of training and testing": spent}
    env, code = record.env, record.code
    packages = ("python", "torch", "spikingjelly", "lightning")
    return {
        "Commit": (code["commit"] or "unknown: outside a checkout") + ", with changes" * bool(code["dirty"]),
        "SHA-256 of the package's source": code["source_sha256"],
        "Versions": ", ".join(f"{name} {env[name]}" for name in packages),
        "Device": f"{env['device']}; devices: {record.devices}; CPU threads: {env['threads']}",
        "Precision": env["dtype"],
        "Images in a step, over all devices": str(record.global_batch),
        "Data": f"{record.data['name']}, digest {record.data['digest']}",
        "Weights": f"{record.weights['file']}, SHA-256 {record.weights['sha256']}",
        **(times if timed else {"Times": "not told, as every build of the book trains this run anew"}),
    }


def repeat(record: Record, around: Around) -> str:
    """The command, and what to know of it."""
    taught = "It trains the teacher first, if that is not in the folder <code>again</code> yet. "
    return (
        f'<pre class="command"><code>{escape(around.command)}</code></pre>'
        f"<p>{taught * ('record' in (record.teacher or {}))}On another kind of device, with other versions than those "
        "below, or at another commit, the numbers may not be exactly these.</p>"
    )


def curve(record: Record, timed: bool) -> str:
    """Accuracies against the epoch as a drawing, and everything that was noted of each epoch, folded."""
    names = list(dict.fromkeys(name for point in record.curve for name in point if timed or name not in TIMES))
    rows = [
        [digits(point.get(name)) if name != "epoch" else str(point[name]) for name in names] for point in record.curve
    ]
    everything = folded(f"All {len(rows)} epochs as a table", table([name.replace("_", " ") for name in names], rows))
    return drawing(record.curve) + everything


def rates(record: Record) -> str:
    """How many of each layer's neurons spike; "" for an ANN."""
    found = record.final["firing_rate"]
    rows = [
        (
            str(nth),
            f"<code>{escape(name)}</code>",
            f'<meter max="1" value="{rate:.4f}" aria-hidden="true"></meter> {100 * rate:.1f}',
        )
        for nth, (name, rate) in enumerate(found.items(), start=1)
    ]
    return table(("Layer", "Neurons of", "Spike in a time step (%)"), rows) if rows else ""


def maps(around: Around) -> str:
    """The first test images with every kind of map that is on record; "" where no arrays are at hand."""
    if "images" not in around.arrays:
        return ""
    names = [around.classes[label] for label in around.arrays["labels"][:PICTURES]]
    rows = "".join(
        f'<dt>{escape(label)}</dt><dd><img alt="{escape(label)}, {len(names)} images" src="{as_png(strip)}"></dd>'
        for label, strip in strips(around.arrays, PICTURES).items()
    )
    return (
        f'<figure><dl class="strips">{rows}</dl><figcaption>The first {len(names)} test images: '
        f"{escape(', '.join(names))}. Each CAM and Grad-CAM goes from its own lowest cell to its highest; all SAMs "
        "share one scale.</figcaption></figure>"
    )


def as_png(pixels: np.ndarray) -> str:
    """Pixels uint8 [H, W, 3] as an address that holds the picture itself."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).quantize(64, Image.Quantize.FASTOCTREE).save(
        buffer, "PNG"
    )  # colours enough, a third of the size
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def recipe(record: Record) -> str:
    """The fields that are not at their defaults, but those that none of the run's losses reads; all of them, folded."""
    found = Recipe.of(record.recipe)
    values = asdict(found)
    others = {field.name: field.default for field in fields(Recipe) if field.name not in IDENTITY}
    other = [name for name, default in others.items() if values[name] != default]
    other = [name for name in other if name not in idle_fields(found, other)]
    rows = [(f"<code>{name}</code>", said(values[name]), said(others[name])) for name in other]
    everything = "\n".join(f"{name}: {said(value)}" for name, value in values.items())
    return (
        f"<p>What it sets otherwise than the defaults, which are the paper's where those are known:</p>"
        f"{table(('Field', 'Here', 'Default'), rows)}{folded('All fields', f'<pre>{everything}</pre>')}"
    )


def said(value: Any) -> str:
    """A field's value as a command takes it."""
    return escape(str(value).lower() if isinstance(value, bool) else str(value)) or DASH


def shown(around: Around) -> str:
    """The pages of the book and the studies that stand on this run; "" for none."""
    pages = [f"<li>{link(*one)}</li>" for one in around.pages]
    studies = [f"<li>Study: {link(*one)}</li>" for one in around.studies]
    return f"<ul>{''.join([*pages, *studies])}</ul>" if pages or studies else ""
