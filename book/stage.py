"""Lay out what Jupyter Book reads. _build/stage mirrors the repository, for the launch buttons' sake."""

import re
import shutil
from pathlib import Path

import nbformat
import yaml

from book.drawings import drawings
from book.parts import Generator
from book.provenance import Figure, Records, annotate, annotate_page, document, find_records
from book.sources import FOLDER, Sources
from book.templates import Source, under_title, with_words
from ckdsnn.report.pages.results import SCRIPT, runs_script

INSTALL = re.compile(r"^pip install \.(?=\s|$)", re.MULTILINE)
TEMPLATED = re.compile(r"(?<=\]\()((?:\.\./notebooks/)?)(\w+)\.md(?=[)#])")  # a link that may be to such a page
CLAIM = re.compile(r"(?<=\]\()[^)#\s]*claims\.md(?=#claim-\w+\))")  # the page of a link to one claim on it


def install_from(text: str, repository: str) -> str:
    """Let commands that install from a clone install from the repository, if it has an address."""
    return INSTALL.sub(f"pip install git+{repository}", text) if repository else text


def link_pages(text: str, templated: set[str]) -> str:
    """Let links to a page of a template lead to the notebook that it becomes."""
    return TEMPLATED.sub(lambda match: f"{match[1]}{match[2]}.ipynb" if match[2] in templated else match[0], text)


def link_claims(text: str) -> str:
    """Let links to a claim name its label alone: MyST knows a page's headings by page and name, but not its labels."""
    return CLAIM.sub("", text)


def stage_config(root: Path, target: Path, repository: str) -> str:
    """Write _config.yml with the repository's address, or without what needs one; and _toc.yml. Return the branch."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    config["repository"]["url"] = repository
    if not repository:
        del config["launch_buttons"]
        config["html"] = {key: value for key, value in config["html"].items() if not key.endswith("_button")}
    (target / "_config.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    shutil.copy(root / "_toc.yml", target)
    return config["repository"]["branch"]


def stage_notebook(
    page: Source, executed: Path, target: Path, records: Records, rewrite
) -> tuple[list[Figure], dict[str, str]]:
    """Write the executed notebook as the book shows it: the answer first, with legends and rewritten links.

    Returns its named figures, and the numbers of its figures and tables.
    """
    notebook = nbformat.read(executed, as_version=4)
    if page.words:
        with_words(notebook, page)
    figures, data = annotate(notebook, page.name, records)
    under_title(notebook)
    for cell in notebook.cells:
        cell.source = rewrite(cell.source)
        for output in cell.get("outputs", []):
            if text := output.get("data", {}).get("text/markdown"):
                output.data["text/markdown"] = rewrite(text)
    path = target / page.name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return figures, data


def stage_pages(folder: Path, figures: list[Figure], generator: Generator, rewrite) -> None:
    """Lay the figures beside the pages in `folder`; complete the pages' links, legends and computed parts in place."""
    known = {figure.name: figure for figure in figures}
    for page in sorted(folder.rglob("*.md")):
        page.write_text(annotate_page(rewrite(generator.fill(page.read_text())), page.name, known))
    for figure in [*figures, *generator.figures]:
        write(folder / "figures" / (figure.name + figure.suffix), figure.content)


def stage(root: Path, executed: dict[Source, Path], repository: str) -> Path:
    """Write _build/stage anew from the sources and the executed notebooks; return the folder.

    Records go to book/_static/records, the numbers of figures and tables to book/_static/data, named figures to
    book/_static/figures, and to book/figures, so that pages can show and link them.
    """
    target = root / "_build" / "stage"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(
        root / "book", target / "book", ignore=shutil.ignore_patterns("*.py", "explore", "parts", "__pycache__")
    )
    sources = Sources(root, repository, stage_config(root, target, repository))
    records = find_records(root)
    templated = {Path(page.name).stem for page in executed if page.words}

    def rewrite(text: str) -> str:
        return link_claims(sources.rewrite(link_pages(install_from(text, repository), templated)))

    figures, data = drawings(sources.link), {}
    for page, source in executed.items():
        own, numbers = stage_notebook(page, source, target, records, rewrite)
        figures, data = figures + own, data | numbers
    generator = Generator(root, records, figures)
    stage_pages(target / "book", figures, generator, rewrite)
    static = target / "book" / "_static"
    for name, text in (data | generator.data).items():
        write(static / "data" / f"{name}.csv", text.encode())
    for name, content in generator.files.items():
        write(static / name, content)
    for figure in [*figures, *generator.figures]:
        write(static / "figures" / (figure.name + figure.suffix), figure.content)
    write(static / SCRIPT, runs_script().encode())
    for name in records:
        write(static / "records" / f"{name}.json", document(name, records))
    for name, content in sources.files().items():
        write(static.parent / FOLDER / name, content)
    return target


def write(path: Path, content: bytes) -> None:
    """Write a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
