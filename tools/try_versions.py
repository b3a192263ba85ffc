"""Run tests with other versions of Python and of the packages, each pair of them in an environment of its own.

    python tools/try_versions.py                                           every set, every extra, all tests
    python tools/try_versions.py --set lowest --extras none tests/recipe   one set, the core, some tests
    python tools/try_versions.py --set pinned --python python3.12 --python python3.13

The lowest set takes the lower bound of every range as pyproject.toml writes it, and the newest of what these packages
need themselves; the pinned one is that of constraints.txt; the highest one takes the newest of everything. An
environment has several GB; it is kept, in --folder, and brought up to date by the next call.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETS = ("lowest", "pinned", "highest")
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


def wanted(versions: str, extras: bool) -> list[str]:
    """What pip is to install for one of SETS."""
    if versions == "lowest":
        return [lowest(requirement) for requirement in requirements(extras)]
    pins = ["--constraint", str(ROOT / "constraints.txt")] if versions == "pinned" else []
    return pins + requirements(extras)


def version_of(python: str) -> str:
    """Such as 3.12, of a command that starts Python."""
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def passes(environment: Path, python: str, packages: list[str], tests: list[str]) -> bool:
    """Whether the tests pass with this Python and these packages; makes the environment, or brings it up to date."""
    if not environment.exists():
        subprocess.run([python, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    newest = ["--upgrade", "--upgrade-strategy", "eager"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *newest, *packages], check=True)
    here = os.environ | {"PYTHONPATH": str(ROOT)}  # the package itself is not installed, and some tests start it
    command = [python, "-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "8", "--dist", "worksteal", *tests]
    return not subprocess.run(command, cwd=ROOT, env=here).returncode


def main() -> int:
    """Returns the exit status: 1 if any test has failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", help="what pytest runs (none: all tests)")
    parser.add_argument("--python", action="append", help="a command that starts it; may be given again (this one)")
    parser.add_argument("--set", action="append", choices=SETS, help="of versions; may be given again (all of them)")
    parser.add_argument("--extras", choices=("all", "none"), default="all", help="none: the core, pytest, hypothesis")
    parser.add_argument("--folder", type=Path, default=ROOT / "_versions", help="where the environments lie")
    options = parser.parse_args()
    failed = 0
    for python in options.python or [sys.executable]:
        for versions in options.set or SETS:
            name = f"{version_of(python)}-{versions}"
            fine = passes(options.folder / name, python, wanted(versions, options.extras == "all"), options.tests)
            print(f"{name}: {'passed' if fine else 'failed'}", flush=True)
            failed += not fine
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
