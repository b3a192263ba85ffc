"""A page for every run, at book/records/ID.html.

They are plain HTML with the book's own styles, beside what Sphinx makes: with the theme's navigation on each, some
hundreds of pages would take minutes to build and to scan.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from html import escape
from pathlib import Path

import numpy as np

from book.provenance import Records, has_page, is_live
from ckdsnn.data import dataset_spec
from ckdsnn.files import atomic
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.recipe.named import PLACE_OF_NAME, places_by_digest
from ckdsnn.recipe.words import ONE_PRECISION, changes_of, shell_command
from ckdsnn.records import Record, load_arrays
from ckdsnn.records.record import RUNS
from ckdsnn.records.study import STUDIES
from ckdsnn.report.pages.record import Around, link, page, title_of

EXTRA = "extra"  # folder of the stage that _config.yml copies into the pages as it is
FOLDER = "book/records"
TABLE = "book/results.html#our-runs"
MENTION = re.compile(r"records/([\w./-]+)\.html")
NAME_OF_PLACE = {place: name for name, place in PLACE_OF_NAME.items()}
FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<script>
const mode = localStorage.getItem("mode"), dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = ["light", "dark"].includes(mode) ? mode : dark ? "dark" : "light";
</script>
<link rel="stylesheet" href="{up}_static/styles/theme.css">
<link rel="stylesheet" href="{up}_static/styles/pydata-sphinx-theme.css">
<link rel="stylesheet" href="{up}_static/styles/sphinx-book-theme.css">
<link rel="stylesheet" href="{up}_static/custom.css">
<link rel="stylesheet" href="{up}_static/reference.css">
</head>
<body class="record-page">
<nav aria-label="The book">{nav}</nav>
<main class="bd-content"><article class="bd-article">
{article}
</article></main>
</body>
</html>
"""


def record_pages(staged: Path, results: Path, records: Records) -> None:
    """Write a page for every run in `records` below `staged`, whose other pages lie there already.

    results: the folder of the committed records.
    """
    runs = {name: RUNS.read(file) for name, file in records.items() if has_page(name, records)}
    mentions, studies = pages_that_show(staged), STUDIES.load_all(results)
    for name, record in runs.items():
        up = "../" * (2 + name.count("/"))
        around = Around(
            command=command_of(record),
            arrays=arrays_of(record, records[name].parent.parent),
            classes=dataset_spec(record.data["name"]).classes or record.data["classes"],
            document=f"{up}_static/records/{name}.json",
            teacher=teacher_of(record, name, runs, up),
            seeds=[
                (f"{up}{FOLDER}/{other}.html", str(run.seed))
                for other, run in runs.items()
                if name != other and not (is_live(name) or is_live(other)) and same_recipe(run, record)
            ],
            pages=[(up + address, title) for address, title in mentions.get(name, ())],
            studies=[(f"{up}_static/records/{one.id}.json", one.kind) for one in studies if one.record == record.id],
            timed=not is_live(name),
            glossary=f"{up}book/glossary.html" * (staged / "book" / "glossary.md").is_file(),
        )
        way = [
            (f"{up}book/index.html", "The book"),
            *((up + TABLE, "Our runs"),) * (staged / "book" / "results.md").is_file(),
        ]
        text = FRAME.format(
            title=escape(title_of(record)),
            up=up,
            nav=" › ".join(link(*step) for step in way),
            article=page(record, around),
        )
        with atomic(staged / EXTRA / FOLDER / f"{name}.html") as partial:
            partial.write_text(text, encoding="utf-8")


def pages_that_show(staged: Path) -> dict[str, list[tuple[str, str]]]:
    """Name of a record -> address below the root and title of every page whose legends lead to it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted([*(staged / "book").glob("*.md"), *(staged / "notebooks").glob("*.ipynb")]):
        text = path.read_text(encoding="utf-8")
        title = re.search(r"# ([^\n\\\"]+)", text)
        address = path.relative_to(staged).with_suffix(".html").as_posix()
        for name in dict.fromkeys(MENTION.findall(text)):
            found.setdefault(name, []).append((address, title[1] if title else path.stem))
    return found


def command_of(record: Record) -> str:
    """The line that repeats a run: by the name that its recipe has today, and the fields that it has otherwise.

    What was trained in float32 is so on a CPU that has bfloat16, too, and on as many threads. For a recipe of one's
    own, which no command knows, it is a line of Python.
    """
    recipe = Recipe.of(record.recipe)
    if place := places_by_digest().get(recipe.digest()):
        recipe = RECIPES[NAME_OF_PLACE[place]]
    if recipe.name not in RECIPES:
        defaults = {field.name: field.default for field in fields(Recipe)}
        own = [f"{name}={value!r}" for name, value in asdict(recipe).items() if value != defaults[name]]
        return f'run(Recipe({", ".join(own)}), seed={record.seed}, out="again")'
    exact = ONE_PRECISION if (recipe.precision, record.env["dtype"]) == ("auto", "32-true") else {}
    if record.env["device"].startswith("cpu"):
        exact = exact | {"threads": record.env["threads"]}
    return f"{shell_command(recipe.name, record.seed, changes_of(recipe) | exact)} --out again"


def arrays_of(record: Record, out: Path) -> dict[str, np.ndarray]:
    """The arrays of a record; none where its gallery was not kept."""
    return load_arrays(record, out) if record.arrays else {}


def teacher_of(record: Record, name: str, runs: Mapping[str, Record], up: str) -> str:
    """The address of the teacher's page: of the same folder, or committed; "" where there is none.

    One that was trained anew on another machine bears the id of the first one, and has other weights.
    """
    known = record.teacher or {}
    teacher = known.get("record", "")
    own = f"{Path(name).parent.as_posix()}/{teacher}" if is_live(name) else teacher
    there = [one for one in (own, teacher) if one in runs and runs[one].weights["sha256"] == known["sha256"]]
    return f"{up}{FOLDER}/{there[0]}.html" if there else ""


def same_recipe(one: Record, other: Record) -> bool:
    """Whether two runs differ by their seeds alone: the end of an id is the digest of the recipe."""
    return one.id.rsplit("-", 1)[1] == other.id.rsplit("-", 1)[1]
