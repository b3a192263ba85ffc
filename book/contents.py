"""What the book is made of: its pages in reading order, and where its repository lies, if it has an address."""

import re
import tomllib
from pathlib import Path

import yaml

from ckdsnn.errors import CkdsnnError


def default_repository(root: Path) -> str:
    """The repository's address, from the one place where it may stand; "" where nobody has given one."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return address(project.get("urls", {}).get("Repository", ""))


def address(given: str) -> str:
    """A repository's address as links begin with it; "" stays. Raises CkdsnnError for anything but a web address."""
    found = given.strip().rstrip("/").removesuffix(".git")
    if found and not re.fullmatch(r"https?://[^/\s]+(/[^/\s]+){2,}", found):
        raise CkdsnnError(f"{given!r} is no repository's address; expected one like https://github.com/OWNER/NAME")
    return found


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
