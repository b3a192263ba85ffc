"""Build the book: run the notebooks, lay out a stage, build it strictly, scan the pages.

    python -m book.build [--repository URL]

Leaves _build/html/index.html. A build that fails leaves the last good one in place.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from book.execute import check_kernel, execute
from book.scan import scan
from book.stage import default_repository, pages, stage
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import sha256_file


def fingerprint(root: Path, staged: Path) -> str:
    """Hex digest of all that the pages depend on: the stage, the builder and the pinned versions."""
    files = [root / "constraints.txt", *Path(__file__).parent.glob("*.py"), *staged.rglob("*")]
    lines = [f"{path} {sha256_file(path)}" for path in sorted(files) if path.is_file()]
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
    command = [Path(sys.executable).with_name("jupyter-book"), "build", staged, "--path-output", output]
    command += ["-n", "-W", "--keep-going"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}  # the extension book.mathml
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode:
        raise CkdsnnError(f"Jupyter Book found fault with {staged}:\n{result.stderr or result.stdout}")
    return output / "_build" / "html"


def publish(root: Path, staged: Path, repository: str) -> Path:
    """Build and scan the stage; move the pages to _build/html only if nothing was found."""
    html = jupyter_book(staged, root / "_build" / "sphinx")
    branch = yaml.safe_load((staged / "_config.yml").read_text())["repository"]["branch"]
    if findings := scan(html, root, repository, branch, tracked_files(root)):
        raise CkdsnnError("the built pages are not sound:\n  " + "\n  ".join(findings))
    target = root / "_build" / "html"
    shutil.rmtree(target, ignore_errors=True)
    return html.rename(target)


def build(root: Path, repository: str | None = None) -> Path:
    """Build the book of the project at `root`; return its index.html. Unchanged input is not built again."""
    check_kernel()
    repository = repository or default_repository(root)
    executed = {name: execute(root, name) for name in pages(root) if name.endswith(".ipynb")}
    staged = stage(root, executed, repository)
    index, stamp, key = root / "_build/html/index.html", root / "_build/html.key", fingerprint(root, staged)
    if not (index.is_file() and stamp.is_file() and stamp.read_text() == key):
        print("building the pages", flush=True)
        publish(root, staged, repository)
        stamp.write_text(key)
    return index


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 if the book stands."""
    parser = argparse.ArgumentParser(prog="python -m book.build", description=__doc__.splitlines()[0])
    parser.add_argument("--repository", help="where launch buttons lead (default: from pyproject.toml)")
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
