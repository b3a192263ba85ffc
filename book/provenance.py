"""Where every figure and table of the book comes from: the legend under it, and the refusal of one without.

A code cell states it beside its output: `display(figure, metadata={"ckdsnn": {"records": [ids]}})`, or, where
no run is drawn on, `{"records": [], "source": "text"}`.
"""

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from ckdsnn.errors import CkdsnnError
from ckdsnn.records import record_files
from ckdsnn.records.bench import bench_files, machine
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import STUDIES
from ckdsnn.report.pages.record import TIMES

TABLE = re.compile(r"^(`{3,}|:{3,})\{(list-)?table\}", re.MULTILINE)
NAME = re.compile(r"^:name: (\S+)$", re.MULTILINE)
PASTED = re.compile(r"^(`{3,}|:{3,})\{figure\} figures/(\S+)\.\w+\n.*?(?=^\1\s*$)", re.MULTILINE | re.DOTALL)
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpeg", "image/svg+xml": ".svg"}
BADGED = ("smoke", "reduced")  # tiers that do not stand for the paper's setting
Records = dict[str, Path]  # name below book/_static/records -> file


@dataclass(frozen=True)
class Figure:
    """A named figure of an executed notebook, for pages that show it again."""

    name: str
    suffix: str
    content: bytes
    legend: str
    data: str = ""
    """the numbers that it draws, as CSV"""
    records: tuple[str, ...] = ()
    """the names of the records that it is drawn from"""


def find_records(root: Path) -> Records:
    """The committed records of every kind as "ID"; those that a notebook has just made as "NOTEBOOK/ID"."""

    def in_folder(out: Path) -> list[Path]:
        return [*record_files(out), *bench_files(out), *STUDIES.files(out)]

    made = [path for out in sorted((root / "_build" / "out").glob("*")) for path in in_folder(out)]
    committed = {path.stem: path for path in in_folder(root / "results")}
    return committed | {f"{path.parent.parent.name}/{path.stem}": path for path in made}


def is_live(name: str) -> bool:
    """Whether a record is one that a notebook has just made."""
    return "/" in name


def document(name: str, records: Records) -> bytes:
    """A record as the book offers it: one that every build makes anew is without its times, as no two are equal."""
    content = records[name].read_bytes()
    if not is_live(name):
        return content
    whole = json.loads(content)
    for part in (whole, *whole.get("curve", ())):
        for time in TIMES:
            part.pop(time, None)
    return f"{json.dumps(whole, indent=1, ensure_ascii=False)}\n".encode()


def tier_of(runs: list[dict]) -> str:
    """The one tier of all the runs, as HTML; raises CkdsnnError where they differ."""
    tiers = sorted({run["tier"] for run in runs})
    if len(tiers) > 1:
        raise CkdsnnError(f"mixes the tiers {', '.join(tiers)}; show one tier at a time")
    return f'tier <span class="tier-badge">{tiers[0]}</span>' if tiers[0] in BADGED else f"tier {tiers[0]}"


def seeds_of(runs: list[dict]) -> str:
    """How many seeds stand behind each recipe: "n = 3", or "n = 2 to 3" where recipes differ."""
    pairs = {(json.dumps(run["recipe"], sort_keys=True), run["seed"]) for run in runs}
    counts = sorted(set(Counter(recipe for recipe, _ in pairs).values()))
    return "n = " + " to ".join(str(count) for count in dict.fromkeys([counts[0], counts[-1]]))


def commits_of(found: list[dict]) -> str:
    """The short commits of the code that ran, each with "+" where the working tree had changes."""
    codes = {(record["code"]["commit"] or "unknown")[:7] + "+" * bool(record["code"]["dirty"]) for record in found}
    return ", ".join(f"<code>{escape(code)}</code>" for code in sorted(codes))


def machines_of(benches: list[dict]) -> str:
    """The device and the threads of every measurement."""
    return escape("; ".join(sorted({machine(bench["env"]) for bench in benches})))


def origin_of(found: list[dict]) -> list[str]:
    """Tier and n of runs, or the machines of measurements, which have neither; raises CkdsnnError for a mix."""
    if all("tier" in record for record in found):
        return [tier_of(found), f"{seeds_of(found)} per recipe"]
    if any("tier" in record for record in found):
        raise CkdsnnError("mixes runs and measurements of speed; show one kind at a time")
    return [f"measured on {machines_of(found)}"]


def has_page(name: str, records: Records) -> bool:
    """Whether a record has a page of its own: those of runs have."""
    return records[name].parent.name == RUNS.folder


def address_of(name: str, records: Records) -> str:
    """Where a record is shown: on its page, or as it is. "../": every page lies one folder deep."""
    return f"../book/records/{name}.html" if has_page(name, records) else f"../_static/records/{name}.json"


def links_to(names: list[str], records: Records) -> str:
    """A line with a link to each record; more than three are folded."""
    paths = [(escape(address_of(name, records)), escape(Path(name).name)) for name in names]
    links = ", ".join(f'<a href="{path}">{name}</a>' for path, name in paths)
    if len(names) > 3:
        return f"<details><summary>{len(names)} records</summary>{links}</details>"
    return f"<div>record{'s' * (len(names) > 1)} {links}</div>"


def names_of(ids: list[str], notebook: str, records: Records) -> list[str]:
    """The ids as names in `records`, the notebook's own first; unknown ids raise CkdsnnError."""
    own = [f"{Path(notebook).stem}/{name}" for name in ids]
    names = [mine if mine in records else name for mine, name in zip(own, ids, strict=True)]
    if unknown := [name for name in names if name not in records]:
        raise CkdsnnError(f"names unknown records: {', '.join(unknown)}; there are: {', '.join(records)}")
    return names


def legend(notebook: str, stated: dict, records: Records) -> str:
    """In HTML: notebook (path below the root), tier and n or machines, commit, or the source; then the records."""
    page = Path(notebook).with_suffix("").as_posix()
    parts, links = [f'<a href="../{page}.html">{escape(page)}</a>'], ""
    if stated.get("records"):
        names = names_of(stated["records"], notebook, records)
        found = [json.loads(records[name].read_text()) for name in names]
        parts += [*origin_of(found), f"code {commits_of(found)}"]
        links = links_to(names, records)
    elif stated.get("source"):
        parts += [escape(stated["source"])]
    else:
        raise CkdsnnError('names no record; display it with metadata={"ckdsnn": {"records": [ids]}}')
    return f'<div class="provenance">From {" · ".join(parts)}{links}</div>'


def with_data(text: str, name: str, suffix: str = "") -> str:
    """A legend, or "" for none, with links to the numbers shown, and to the figure as a file if it has a suffix."""
    links = f'<a href="../_static/data/{name}.csv" download>data as CSV</a>'
    if suffix:
        links += f' · <a href="../_static/figures/{name}{suffix}" download>figure as {suffix[1:].upper()}</a>'
    inner = f"<div>{links}</div>"
    return text.removesuffix("</div>") + f"{inner}</div>" if text else f'<div class="provenance">{inner}</div>'


def picture_of(output: NotebookNode) -> tuple[str, bytes] | None:
    """Suffix and content of the picture that an output shows, if any."""
    for mime, suffix in SUFFIXES.items():
        if content := output.get("data", {}).get(mime):
            return suffix, content.encode() if suffix == ".svg" else base64.b64decode(content)
    return None


def figure_of(cell: NotebookNode, notebook: str, records: Records) -> Figure:
    """The cell's one figure, its legend appended to the caption. Raises CkdsnnError for what is missing."""
    options = cell.metadata.mystnb.figure
    images = [output for output in cell.outputs if picture_of(output)]
    if len(images) != 1:
        raise CkdsnnError(f"needs exactly one image in its cell, not {len(images)}")
    if not options.get("caption"):
        raise CkdsnnError("has no caption (cell metadata mystnb.figure.caption)")
    if not cell.metadata.mystnb.get("image", {}).get("alt"):
        raise CkdsnnError("has no text for those who cannot see it (cell metadata mystnb.image.alt)")
    suffix, content = picture_of(images[0])
    stated = images[0].metadata.get("ckdsnn", {})
    text = with_data(legend(notebook, stated, records), options["name"], suffix)
    options["caption"] = f"{options['caption'].rstrip()}\n\n{text}"
    names = names_of(stated.get("records", []), notebook, records)
    return Figure(options["name"], suffix, content, text, images[0].data.pop("text/csv", ""), tuple(names))


def annotate_tables(cell: NotebookNode, notebook: str, records: Records) -> dict[str, str]:
    """Append the legend to every table that the cell displays as MyST Markdown; return their names and CSV.

    Its HTML form, for notebooks elsewhere, is dropped: Sphinx would prefer it, and not number it.
    """
    data = {}
    for output in cell.outputs:
        markdown = output.get("data", {}).get("text/markdown", "")
        if TABLE.search(markdown):
            name = NAME.search(markdown)[1]
            text = with_data(legend(notebook, output.metadata.get("ckdsnn", {}), records), name)
            output.data["text/markdown"] = f"{markdown.rstrip()}\n\n{text}\n"
            output.data.pop("text/html", None)
            data[name] = output.data.pop("text/csv", "")
    return data


def figure_name(cell: NotebookNode) -> str:
    """The name under which a cell's figure is referred to; "" if it has none."""
    return cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "")


def annotate_cell(cell: NotebookNode, notebook: str, records: Records) -> list[Figure]:
    """Put the legend under the named figure that a code cell may show; return it."""
    if figure_name(cell):
        return [figure_of(cell, notebook, records)]
    if any(picture_of(output) for output in cell.outputs):
        raise CkdsnnError("shows an image without a name (cell metadata mystnb.figure.name)")
    return []


def annotate(nb: NotebookNode, notebook: str, records: Records) -> tuple[list[Figure], dict[str, str]]:
    """Put a legend under every figure and table of the executed `nb`, in place.

    Returns the named figures, and the numbers of figures and tables: name -> CSV. Raises CkdsnnError, naming the
    notebook and the figure, for one that cannot be traced.
    """
    figures, data = [], {}
    for index, cell in enumerate(nb.cells):
        if cell.cell_type == "code":
            try:
                data |= annotate_tables(cell, notebook, records)
                figures += annotate_cell(cell, notebook, records)
            except CkdsnnError as error:
                which = figure_name(cell) or f"without a name in cell {index}"
                raise CkdsnnError(f"{notebook}, figure or table {which}: {error}") from error
    return figures, data | {figure.name: figure.data for figure in figures}


def annotate_page(text: str, page: str, figures: dict[str, Figure]) -> str:
    """Put the legend under every `{figure} figures/NAME.png` of a page, a notebook's figure shown again."""

    def legend_of(name: str) -> str:
        if name not in figures:
            raise CkdsnnError(f"{page}: unknown figure {name!r}; there are: {', '.join(figures)}")
        return figures[name].legend

    return PASTED.sub(lambda match: f"{match[0].rstrip()}\n\n{legend_of(match[2])}\n", text)
