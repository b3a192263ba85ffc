"""What is carried to another machine and back: files in parts, the list of packages, an archive of new records."""

import re
import tarfile
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

from tools.gpu_day.processes import ROOT
from tools.try_versions import requirements

CONSTRAINTS = ROOT / "constraints.txt"
LARGEST = 4_000_000  # bytes of a file that is carried back: records, arrays, small weights and checkpoints


def split(path: Path, folder: Path, most: int) -> list[Path]:
    """The parts of a file, of so many bytes at most, in `folder`: NAME.part00, NAME.part01, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    with path.open("rb") as file:
        while content := file.read(most):
            parts.append(folder / f"{path.name}.part{len(parts):02}")
            parts[-1].write_bytes(content)
    return parts


def join(folder: Path, name: str) -> Path:
    """The file of this name, put together from its parts if it is not there."""
    path, parts = folder / name, sorted(folder.glob(f"{name}.part[0-9][0-9]"))
    if parts and not path.exists():
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            for part in parts:
                file.write(part.read_bytes())
        partial.replace(path)
    return path


def plain(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheels() -> list[str]:
    """Exact versions of all that the package and its tests need, as the repository pins them."""
    waiting, needed = [Requirement(line) for line in requirements(extras=False)], set()
    while waiting:
        wanted = waiting.pop()
        for extra in {"", *wanted.extras}:
            if (name := (plain(wanted.name), extra)) not in needed:
                needed.add(name)
                waiting += [own for own in requirements_of(wanted.name) if applies(own, extra)]
    names = {name for name, _ in needed}
    pins = re.findall(r"^([\w.-]+)==(\S+)", CONSTRAINTS.read_text(), re.MULTILINE)
    return [f"{name}=={version}" for name, version in pins if plain(name) in names]


def requirements_of(name: str) -> list[Requirement]:
    """What an installed package requires; nothing of one that is not installed, as another platform's."""
    try:
        return [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return []


def applies(requirement: Requirement, extra: str) -> bool:
    """Whether a requirement holds here for this extra."""
    return not requirement.marker or requirement.marker.evaluate({"extra": extra})


def pack(folder: Path, megabytes: int) -> None:
    """What is to be carried back: records with what lies beside them, and what has been begun, but no large weights."""
    archive, out = folder / "results.tar.gz", folder / "results"
    ended = {out / "work" / record.stem for record in (out / "runs").glob("*.json")}
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(out.rglob("*")):
            if path.is_file() and path.stat().st_size <= LARGEST and not ended.intersection(path.parents):
                tar.add(path, path.relative_to(folder))
    size = archive.stat().st_size
    parts = split(archive, folder / "back", megabytes * 2**20) if size > megabytes * 2**20 else [archive]
    print(f"to be carried back, {size / 2**20:.1f} MiB: {', '.join(map(str, parts))}", flush=True)
