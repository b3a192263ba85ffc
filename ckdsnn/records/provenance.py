"""Which code and which machine a run used."""

import hashlib
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ckdsnn.engine import engine

if TYPE_CHECKING:
    import torch  # seconds that who asks only for the time or the commit need not wait

PACKAGE = Path(__file__).resolve().parent.parent


def utc_now() -> str:
    """The present time as every record has it, 2026-01-31T12:00:00Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def git(*arguments: str) -> str | None:
    """Output of a git command in the package's folder; None outside a checkout or without git."""
    try:
        done = subprocess.run(["git", "-C", PACKAGE, *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def source_digest(package: Path = PACKAGE) -> str:
    """SHA-256 over the package's Python files: paths and contents."""
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def code_state() -> dict[str, Any]:
    """Commit, whether the package differs from it (both None outside a checkout), digest of the source."""
    tracked = git("ls-files", "--error-unmatch", "__init__.py") is not None  # else the checkout is another project's
    return {
        "commit": git("rev-parse", "HEAD") if tracked else None,
        "dirty": bool(git("status", "--porcelain", "--", ".")) if tracked else None,
        "source_sha256": source_digest(),
    }


def processor_name() -> str:
    """The CPU's model where Linux tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def device_name(device: "torch.device") -> str:
    """The kind of a device and its full name."""
    import torch

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor_name()
    return f"{device.type}: {name}"


def wait_policy() -> str:
    """How the threads of torch wait for each other, and after how many turns they sleep if that was said, too."""
    policy, spins = (os.environ.get(name) for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"))
    return (policy or "default").lower() + (f", after {spins} turns" if spins else "")


def environment(device: "torch.device", dtype: str) -> dict[str, Any]:
    """Versions, device by its full name, numeric type, CPU threads, how they wait for each other, and how steps
    are computed."""
    import torch

    packages = ("torch", "spikingjelly", "lightning")
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "device": device_name(device),
        "dtype": dtype,
        "threads": torch.get_num_threads(),
        "omp_wait_policy": wait_policy(),
        "engine": asdict(engine()),
    }
