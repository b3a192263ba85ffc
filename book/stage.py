"""Lay out what Jupyter Book reads. _build/stage mirrors the repository, for the launch buttons' sake."""

import re
import shutil
import tomllib
from pathlib import Path

import nbformat
import yaml

from book.drawings import drawings
from book.generated import Generator
from book.provenance import Figure, Records, annotate, annotate_page, find_records
from ckdsnn.errors import CkdsnnError

OUTSIDE = re.compile(r"(?<=\]\()\.\./([^)#\s]+)")  # the target of a Markdown link to another top-level folder
CLAIM = re.compile(r"(?<=\]\()[^)#\s]*claims\.md(?=#claim-\w+\))")  # the page of a link to one claim on it


def default_repository(root: Path) -> str:
    """The repository's address, from the one place where it stands."""
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def pages(root: Path) -> list[str]:
    """The files that _toc.yml names, as paths below the root, in reading order."""

    def stems(node) -> list[str]:
        if isinstance(node, list):
            return [stem for child in node for stem in stems(child)]
        if isinstance(node, dict):
            here = [node[key] for key in ("root", "file") if key in node]
            return here + [stem for child in node.values() for stem in stems(child)]
        return []

    found = []
    for stem in stems(yaml.safe_load((root / "_toc.yml").read_text())):
        names = [stem + suffix for suffix in (".md", ".ipynb") if (root / (stem + suffix)).is_file()]
        if len(names) != 1:
            raise CkdsnnError(f"_toc.yml: {stem} must be {stem}.md or {stem}.ipynb; there are {len(names)}")
        found += names
    return found


def link_sources(text: str, root: Path, repository: str, branch: str) -> str:
    """Let relative links to files outside the book (../ckdsnn/cli.py) lead to the repository's web pages."""

    def to_web(match: re.Match) -> str:
        target = root / match[1]
        if match[1].split("/")[0] in ("book", "notebooks") or not target.exists():
            return match[0]
        return f"{repository}/{'tree' if target.is_dir() else 'blob'}/{branch}/{match[1]}"

    return OUTSIDE.sub(to_web, text)


def link_claims(text: str) -> str:
    """Let links to a claim name its label alone: MyST knows a page's headings by page and name, but not its labels."""
    return CLAIM.sub("", text)


def stage_config(root: Path, target: Path, repository: str) -> str:
    """Write _config.yml with the repository's address filled in, and _toc.yml; return the branch's name."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    config["repository"]["url"] = repository
    (target / "_config.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    shutil.copy(root / "_toc.yml", target)
    return config["repository"]["branch"]


def stage_notebook(source: Path, target: Path, name: str, records: Records, rewrite) -> list[Figure]:
    """Write the executed notebook with legends and rewritten links; return its named figures."""
    notebook = nbformat.read(source, as_version=4)
    figures = annotate(notebook, name, records)
    for cell in notebook.cells:
        cell.source = rewrite(cell.source)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return figures


def stage_pages(folder: Path, figures: list[Figure], generator: Generator, rewrite) -> None:
    """Lay the figures beside the pages in `folder`; complete the pages' links, legends and computed parts in place."""
    for figure in figures:
        write(folder / "figures" / (figure.name + figure.suffix), figure.content)
    known = {figure.name: figure for figure in figures}
    for page in sorted(folder.rglob("*.md")):
        page.write_text(annotate_page(rewrite(generator.fill(page.read_text())), page.name, known))


def stage(root: Path, executed: dict[str, Path], repository: str) -> Path:
    """Write _build/stage anew from the sources and the executed notebooks (name -> file); return the folder.

    Records go to book/_static/records, named figures to book/figures, so that pages can show and link them.
    """
    target = root / "_build" / "stage"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "book", target / "book", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    branch, default = stage_config(root, target, repository), default_repository(root)
    records = find_records(root)

    def rewrite(text: str) -> str:
        return link_claims(link_sources(text.replace(default, repository), root, repository, branch))

    figures = drawings(f"{repository}/blob/{branch}")
    for name, source in executed.items():
        figures += stage_notebook(source, target / name, name, records, rewrite)
    stage_pages(target / "book", figures, Generator(root, records), rewrite)
    for name, file in records.items():
        write(target / "book" / "_static" / "records" / f"{name}.json", file.read_bytes())
    return target


def write(path: Path, content: bytes) -> None:
    """Write a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
