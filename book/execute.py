"""Run the book's notebooks with papermill: each one only when something that it depends on has changed."""

import ast
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Self

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpecManager
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from book import reads
from book.templates import Source
from ckdsnn.engine import usable_cores
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic, make_folder, scratch_folder, sha256_file, sweep
from ckdsnn.reads import TRACE

KERNEL = "python3"
ARGUMENTS = [
    "--log-level=CRITICAL",  # a kernel is interrupted before it is told to end, and would call that an error
    "--InteractiveShell.system_raise_on_error=True",  # a failing shell line ends the notebook; from IPython 9 on
]
INLINE_BACKEND = "module://matplotlib_inline.backend_inline"


def known_parameters(notebook: Path) -> list[str]:
    """The names of the notebook's parameters, as papermill reads them.

    Raises CkdsnnError for one that papermill's reader silently leaves out.
    """
    known = list(papermill.inspect_notebook(notebook))
    cells = nbformat.read(notebook, as_version=4).cells
    source = "\n".join(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    if missed := {node.id for node in names if isinstance(node.ctx, ast.Store)} - set(known):
        rule = 'write each on a line of its own, as "name: type = value  # help", with no second "="'
        raise CkdsnnError(f"{notebook.name}: papermill cannot read {', '.join(sorted(missed))}; {rule}")
    return known


def book_parameters(source: Source) -> dict:
    """The values that the book sets: the common ones that the notebook has, its own metadata's `book`, the page's.

    Paths are relative to the notebook's folder, where it runs: no page then shows a path of this machine.
    Every page has its own `out`, emptied before a run, so that "trained just now" is always true.
    """
    common = {"results": "../results", "out": f"../_build/out/{Path(source.name).stem}", "progress": False}
    known = known_parameters(source.notebook)
    own = nbformat.read(source.notebook, as_version=4).metadata.get("book", {})
    return {name: value for name, value in common.items() if name in known} | own | source.parameters


def check_parameters(notebook: Path, parameters: dict) -> None:
    """Raise CkdsnnError where `notebook` lacks one of `parameters`: papermill itself would only warn."""
    known = known_parameters(notebook)
    for name in parameters:
        if name not in known:
            valid = ", ".join(known) or "none: it has no cell tagged 'parameters'"
            raise CkdsnnError(f"{notebook.name} has no parameter {name!r}; its parameters are: {valid}")


def check_kernel() -> None:
    """Raise CkdsnnError unless the kernel runs this very Python: another one has another ckdsnn, or none.

    A bare "python" is fine: jupyter_client replaces it by sys.executable.
    """
    spec = KernelSpecManager().get_kernel_spec(KERNEL)
    if spec.argv[0] not in ("python", "python3", sys.executable):
        where = f"the kernel {KERNEL} in {spec.resource_dir}"
        raise CkdsnnError(f"{where} runs {spec.argv[0]}, not {sys.executable}; remove that kernel")


def static_key(root: Path, notebook: Path, parameters: dict) -> str:
    """Hex digest of what the outputs depend on besides the results: notebook, parameters, package, pins, builder."""
    package = [path for path in (root / "ckdsnn").rglob("*") if path.suffix in (".py", ".json")]
    files = sorted([notebook, root / "constraints.txt", *package])
    parts = [
        parameters,
        *map(sha256_file, (__file__, reads.__file__)),
        *([path.relative_to(root).as_posix(), sha256_file(path)] for path in files),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@contextmanager
def kernel_environment(trace: Path) -> Iterator[None]:
    """What kernels that start here find in their environment, whatever the caller's shell has.

    Figures inline; one thread, because the order of a parallel sum would make results depend on the machine; reads of
    the results are noted in the file `trace`.
    """
    wanted = {"MPLBACKEND": INLINE_BACKEND, "OMP_NUM_THREADS": "1", TRACE: str(trace)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if value is not None})


@contextmanager
def kernel_sockets() -> Iterator[Config]:
    """Settings by which a kernel is spoken to through sockets in a folder of its own.

    Of ports, which are the default, another process may take one after it was found free; a kernel then dies, or waits
    for ever, which where many run at once has happened.
    """
    with tempfile.TemporaryDirectory(prefix="ckdsnn-kernel-") as folder:
        yield Config({"KernelManager": {"transport": "ipc", "connection_file": f"{folder}/connection.json"}})


def normalise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out times, paths and random ids, so that equal runs are equal bytes; fold the injected cell."""
    notebook.metadata.pop("papermill", None)
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:03d}"
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata.tags.append("hide-input")
    return notebook


def run_papermill(notebook: Path, parameters: dict, trace: Path) -> nbformat.NotebookNode:
    """The executed notebook; what it read of the results is then in the file `trace`.

    A failing cell, or line of the shell, raises CkdsnnError with the notebook's name and the traceback; so do a kernel
    that dies, and a warning or whatever else is written to the standard error.
    """
    try:
        with kernel_environment(trace), kernel_sockets() as config:
            executed = papermill.execute_notebook(
                notebook, None, parameters, kernel_name=KERNEL, cwd=notebook.parent, progress_bar=False,
                coalesce_streams=True, extra_arguments=ARGUMENTS, config=config,
            )  # fmt: skip
    except PapermillExecutionError as error:
        raise CkdsnnError(f"{notebook.name} fails: {error.ename}: {error.evalue}\n{error}") from error
    except RuntimeError as error:  # nbclient's
        raise CkdsnnError(f"{notebook.name} fails: its kernel died, as for want of memory: {error}") from error
    refuse_complaints(executed, notebook.name)
    return executed


def refuse_complaints(executed: nbformat.NotebookNode, name: str) -> None:
    """Raise CkdsnnError where a cell has written to its standard error, which nobody would read on a page."""
    outputs = (output for cell in executed.cells for output in cell.get("outputs", []))
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            raise CkdsnnError(f"{name} fails: it writes to the standard error: {output.text.strip()}")


def execute_all(root: Path, sources: Iterable[Source]) -> dict[Source, Path]:
    """Execute the pages' notebooks that are not up to date, as many at once as there are cores; return all copies.

    Raises CkdsnnError for the first notebook that fails, and then begins no other.
    """
    runs = {source: Run.of(root, source) for source in sources}
    if stale := [source for source, run in runs.items() if not run.is_fresh()]:
        workers = min(len(stale), usable_cores())
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer=end_with_build) as pool:
            try:
                list(pool.map(execute, repeat(root), stale))
            finally:
                pool.shutdown(cancel_futures=True)
    return {source: run.executed for source, run in runs.items()}


def end_with_build() -> None:
    """Let this worker end when the build has ended, however that did: else it waits for work for ever.

    Its kernel looks by itself whether the worker is still there.
    """

    def wait() -> None:
        parent_process().join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


@dataclass(frozen=True)
class Run:
    """A page's notebook, its parameters, the executed copy, and the key under which that is up to date."""

    root: Path
    notebook: Path
    parameters: dict
    executed: Path
    key: str

    @classmethod
    def of(cls, root: Path, source: Source) -> Self:
        """Raises CkdsnnError for parameters that the notebook lacks."""
        parameters = book_parameters(source)
        check_parameters(source.notebook, parameters)
        executed, key = root / "_build" / "executed" / source.name, static_key(root, source.notebook, parameters)
        return cls(root, source.notebook, parameters, executed, key)

    @property
    def stamp(self) -> Path:
        return self.executed.with_suffix(".json")

    def is_fresh(self) -> bool:
        return self.executed.exists() and reads.is_fresh(self.stamp, self.key, self.root)

    def execute(self) -> None:
        """Write the executed copy, and then its stamp: an interrupted run leaves nothing fresh."""
        self.stamp.unlink(missing_ok=True)
        print(f"executing {self.executed.relative_to(self.root / '_build' / 'executed')}", flush=True)
        found = execute_anew(self.root, self.notebook, self.parameters, self.executed)
        reads.write_stamp(self.stamp, self.key, found)


def execute(root: Path, source: Source) -> Path:
    """Execute a page's notebook unless that is up to date; return the executed copy."""
    run = Run.of(root, source)
    if not run.is_fresh():
        run.execute()
    return run.executed


def execute_anew(root: Path, notebook: Path, parameters: dict, executed: Path) -> list[reads.Read]:
    """Write the executed copy; return what the notebook read of the results."""
    own = Path("_build", "out", executed.stem)
    shutil.rmtree(root / own, ignore_errors=True)
    sweep(make_folder(executed.parent))
    with scratch_folder(executed.with_suffix(".reads")) as folder:
        trace = folder / "reads"
        result = normalise(run_papermill(notebook, parameters, trace))
        found = reads.collect(trace, root, own)
    with atomic(executed) as partial:
        nbformat.write(result, partial)
    return found
