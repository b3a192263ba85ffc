"""Read the built HTML as a visitor would meet it, and list everything that is broken."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag

RAW_SYNTAX = re.compile(r"^\s*(?:```|:::).*|(?<![\w\\$/])\{[a-z]+(?:[:-][a-z]+)*\}", re.MULTILINE)
SERVICES = re.compile(r"//colab\.research\.google\.com/|/issues/new|git\+http")  # that need a repository
NOT_PROSE = ["code", "pre", "script", "style", "math"]


class Page:
    """One HTML file."""

    def __init__(self, path: Path):
        self.path = path
        self.html = path.read_text()
        self.soup = BeautifulSoup(self.html, "html.parser")

    @cached_property
    def anchors(self) -> set[str]:
        """Every fragment that a link to this page may name."""
        return self.values("id", "name")

    @property
    def targets(self) -> list[str]:
        """Every address that the page links to or loads."""
        return sorted(self.values("href", "src"))

    def values(self, *keys: str) -> set[str]:
        """What the page's tags have under these keys."""
        return {tag.attrs[key] for tag in self.tags for key in keys if key in tag.attrs}

    @cached_property
    def tags(self) -> list[Tag]:
        return self.soup.find_all(True)

    @property
    def prose(self) -> str:
        """The text without code and formulas."""
        article = self.soup.find("article")
        return "".join(prose_of(article)) if article else ""


def prose_of(tag: Tag) -> Iterator[str]:
    """The texts below a tag but those of code and formulas."""
    for child in tag.children:
        if type(child) is NavigableString:  # not a comment
            yield child
        elif isinstance(child, Tag) and child.name not in NOT_PROSE and "math" not in child.get("class", ()):
            yield from prose_of(child)


def content_findings(page: Page, root: Path) -> Iterator[str]:
    """Tracebacks, markup that was not understood, images without alt text, paths of this machine."""
    if "Traceback (most recent call last)" in page.soup.get_text() or page.soup.find(class_="traceback"):
        yield "shows a traceback"
    for match in RAW_SYNTAX.finditer(page.prose):
        yield f"shows raw markup: {match[0].strip()}"
    for image in page.soup.find_all("img"):
        if not image.get("alt", "").strip():
            yield f"has an image without alt text: {image.get('src')}"
    if str(root) in page.html:
        yield f"shows a path of this machine: {root}"


def page_at(path: Path, pages: dict[Path, Page]) -> Page:
    """The page at a path; one that is not of the book, as those that show sources, is read now and kept."""
    if path not in pages:
        pages[path] = Page(path)
    return pages[path]


def link_findings(page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """Local links, images, styles and scripts that lead nowhere."""
    for target in page.targets:
        address, fragment = urldefrag(target)
        if urlsplit(target).scheme or target.startswith("//"):
            continue
        path = (page.path.parent / unquote(urlsplit(address).path)).resolve() if address else page.path
        if not path.is_file():
            yield f"leads to a file that is not there: {target}"
        elif fragment and path.suffix == ".html" and unquote(fragment) not in page_at(path, pages).anchors:
            yield f"leads to an anchor that is not there: {target}"


def launch_findings(page: Page, repository: str, branch: str, tracked: set[str]) -> Iterator[str]:
    """Addresses of the repository's files, on its own site or on Colab, that git does not track.

    Without a repository: any address of a file of the project on the web, of its issues, or on Colab.
    """
    if not repository:
        for target in page.targets:
            on_a_site = re.search(r"/(?:blob|edit|raw|tree)/[^/]+/([^#?]+)", target)
            if (on_a_site and unquote(on_a_site[1]) in tracked) or SERVICES.search(target):
                yield f"leads to a repository, but the project has no address: {target}"
        return
    name = re.escape("/".join(repository.rstrip("/").split("/")[-2:]))
    for target in page.targets:
        match = re.search(rf"{name}/(?:blob|edit|raw|tree)/(.+)", urldefrag(target)[0].split("?")[0])
        if match and unquote(match[1]) not in {f"{branch}/{path}" for path in tracked}:
            yield f"leads to {match[1]}, which git does not track: {target}"


def with_folders(files: list[str]) -> set[str]:
    """The paths and every folder above them."""
    return {part.as_posix() for file in files for part in (Path(file), *Path(file).parents)}


def scan(html: Path, root: Path, repository: str, branch: str, files: list[str]) -> list[str]:
    """Every finding in the pages below `html`, as "page: what"; empty for a sound book.

    `files` are the paths that git tracks: buttons and links to sources may lead to nothing else, and to
    no site at all if `repository` is "".
    """
    paths = [path for path in sorted(html.resolve().rglob("*.html")) if "_static" not in path.parts]
    pages, tracked = {path: Page(path) for path in paths}, with_folders(files)
    findings = []
    for path in paths:
        page = pages[path]
        found = [
            *content_findings(page, root),
            *link_findings(page, pages),
            *launch_findings(page, repository, branch, tracked),
        ]
        findings += [f"{path.relative_to(html.resolve())}: {finding}" for finding in found]
    return findings
