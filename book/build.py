"""Build the book: run the notebooks, lay out a stage, build it strictly, scan the pages.

    python -m book.build [--repository URL]

Leaves _build/html/index.html. A build that fails, or is killed, leaves the last good one in place; the next one sweeps
what it has left.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat
import yaml

from book import reads
from book.alone import alone, put_in_place, recover
from book.contents import address, default_repository, pages
from book.execute import check_kernel, execute_all
from book.finish import finish
from book.first_cell import with_first_cell
from book.scan import scan
from book.templates import Source, source_of
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import sha256_file, sweep
from ckdsnn.signals import PARENT


def fingerprint(root: Path, executed: Iterable[Path], repository: str) -> str:
    """Hex digest of all that the pages depend on but the results: sources, builder, package, pins, run notebooks."""
    names = ("README.md", "CHANGELOG.md", "_config.yml", "_toc.yml", "constraints.txt", "pyproject.toml")
    single = [root / name for name in names]
    folders = [path for name in ("book", "ckdsnn", "notebooks") for path in (root / name).rglob("*")]
    files = sorted(path for path in [*single, *folders, *executed] if path.is_file() and path.suffix != ".pyc")
    lines = [repository, *(f"{path} {sha256_file(path)}" for path in files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def tracked_files(root: Path) -> list[str]:
    """The paths that git tracks. Raises CkdsnnError outside a repository."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listing.returncode:
        raise CkdsnnError(f"the launch buttons cannot be checked, git says: {listing.stderr.strip()}")
    return listing.stdout.split("\0")


def jupyter_book(staged: Path, output: Path) -> Path:
    """Build `staged` with every warning an error; return the folder of the pages."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "book.typeset", "build", staged, "--path-output", output]
    command += ["-n", "-W", "--keep-going"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), PARENT: str(os.getpid())}
    # all files stay open in it: so it holds the lock of the build, too, until it has ended
    result = subprocess.run(command, capture_output=True, text=True, env=environment, close_fds=False)
    if result.returncode:
        raise CkdsnnError(f"Jupyter Book found fault with {staged}:\n{result.stderr or result.stdout}")
    return output / "_build" / "html"


def publish(root: Path, staged: Path, repository: str, executed: Mapping[Source, Path]) -> Path:
    """Build and scan the stage; move the pages to _build/html only if nothing was found."""
    html = jupyter_book(staged, root / "_build" / "sphinx")
    for source, notebook in executed.items():
        whole = with_first_cell(nbformat.read(notebook, as_version=4), repository)
        nbformat.write(whole, html / "_sources" / source.name)  # to download: in the order in which its cells run
        if source.words:
            lead_to_template(html, root, source)
    finish(html)
    branch = yaml.safe_load((staged / "_config.yml").read_text())["repository"]["branch"]
    if findings := scan(html, root, repository, branch, tracked_files(root)):
        raise CkdsnnError("the built pages are not sound:\n  " + "\n  ".join(findings))
    stamp_of(root).unlink(missing_ok=True)  # it speaks of the pages that go
    return put_in_place(html, root / "_build" / "html")


def stamp_of(root: Path) -> Path:
    """The file that says what the pages in _build/html were made of."""
    return root / "_build" / "html.json"


def lead_to_template(html: Path, root: Path, source: Source) -> None:
    """Let the buttons of a template's page lead to the two files that it is made of, as no such notebook exists."""
    page = (html / source.name).with_suffix(".html")
    words, notebook = Path(source.name).with_suffix(".md").as_posix(), source.notebook.relative_to(root).as_posix()
    text = re.sub(rf"(/edit/\w+/){re.escape(source.name)}", rf"\g<1>{words}", page.read_text())
    page.write_text(re.sub(rf"(/blob/\w+/){re.escape(source.name)}", rf"\g<1>{notebook}", text))


def build(root: Path, repository: str | None = None) -> Path:
    """Build the book of the project at `root`; return its index.html. Unchanged input is not built again."""
    check_kernel()
    repository = address(repository or "") or default_repository(root)
    with alone(root / "_build"):
        sweep(root / "_build")
        recover(root / "_build" / "html")
        return build_pages(root, repository)


def build_pages(root: Path, repository: str) -> Path:
    """Build what is not up to date; return the index.html."""
    executed = execute_all(root, [source for file in pages(root) if (source := source_of(root, file))])
    index, stamp = root / "_build" / "html" / "index.html", stamp_of(root)
    key = fingerprint(root, executed.values(), repository)
    if not (index.is_file() and reads.is_fresh(stamp, key, root)):
        from book.provenance import find_records
        from book.records import record_pages
        from book.stage import stage  # with torch and all: seconds that an unchanged book need not wait

        print("building the pages", flush=True)
        with reads.noted(root, Path("_build", "out")) as found:
            staged = stage(root, executed, repository)
            record_pages(staged, root / "results", find_records(root))
        publish(root, staged, repository, executed)
        reads.write_stamp(stamp, key, found)
    return index


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 if the book stands."""
    parser = argparse.ArgumentParser(prog="python -m book.build", description=__doc__.splitlines()[0])
    help = "address on the web that buttons and links to sources lead to (default: from pyproject.toml, if it has one)"
    parser.add_argument("--repository", help=help)
    options = parser.parse_args(arguments)
    try:
        index = build(Path(__file__).resolve().parent.parent, options.repository)
    except CkdsnnError as error:
        print(f"no book: {error}", file=sys.stderr)
        return 1
    print(f"the book: {index}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
