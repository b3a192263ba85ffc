"""Run tests with the lowest and the highest versions that pyproject.toml allows, each in an environment of its own.

    python tools/try_versions.py                                            both ends, every extra, all tests
    python tools/try_versions.py --end lowest --extras none tests/recipe    the core at one end, some tests

The lowest end takes the lower bound of every range as it is written there, and the newest of what these packages need
themselves; the highest end takes the newest of everything. An environment has several GB; it is kept, in --folder, and
brought up to date by the next call.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENDS = ("lowest", "highest")
RUNNERS = ("pytest", "hypothesis")  # of the extra `test`, without which no test runs


def requirements(extras: bool) -> list[str]:
    """The project's requirements as pyproject.toml writes them: all of them, or without extras those of the core."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = [line for lines in project["optional-dependencies"].values() for line in lines]
    optional = [line for line in optional if not line.startswith(project["name"])]  # an extra that names others
    return project["dependencies"] + [line for line in optional if extras or line.startswith(RUNNERS)]


def lowest(requirement: str) -> str:
    """The requirement with the lower bound of its range for its version."""
    name, bounds = re.fullmatch(r"([\w.-]+(?:\[[\w,-]+\])?)(.*)", requirement).groups()
    return f"{name}=={re.search(r'>=([^,]+)', bounds)[1]}"


def try_end(end: str, extras: bool, folder: Path, tests: list[str]) -> bool:
    """Whether the tests pass at one end of the ranges."""
    python, wanted = folder / end / "bin" / "python", requirements(extras)
    if end == "lowest":
        wanted = [lowest(requirement) for requirement in wanted]
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / end], check=True)
    newest = ["--upgrade", "--upgrade-strategy", "eager"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *newest, *wanted], check=True)
    here = os.environ | {"PYTHONPATH": str(ROOT)}  # the package itself is not installed, and some tests start it
    command = [python, "-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "8", *tests]
    return not subprocess.run(command, cwd=ROOT, env=here).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", help="what pytest runs (none: all tests)")
    parser.add_argument("--end", choices=ENDS, help="only this one")
    parser.add_argument("--extras", choices=("all", "none"), default="all", help="none: the core, pytest, hypothesis")
    parser.add_argument("--folder", type=Path, default=ROOT / "_versions", help="where the environments lie")
    options = parser.parse_args()
    ends = [options.end] if options.end else ENDS
    passed = {end: try_end(end, options.extras == "all", options.folder, options.tests) for end in ends}
    print(*(f"{end}: {'passed' if fine else 'failed'}" for end, fine in passed.items()), sep="\n")
    return 0 if all(passed.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
