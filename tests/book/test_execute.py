"""Running notebooks: parameters, when a notebook is run again, equal bytes, and how a failure reads."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import papermill
import pytest
from jupyter_client.provisioning.local_provisioner import LocalPortCache

from book import execute as executor
from book.execute import book_parameters, check_kernel, check_parameters, execute, normalise, static_key
from book.templates import source_of
from ckdsnn.errors import CkdsnnError
from ckdsnn.reads import TRACE
from tests.book.conftest import PLAIN, ROOT, notebook, plain_notebook
from tests.stress.victims import at_work, outlive


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (PLAIN, "00_plain.ipynb has no parameter 'epoch'; .*results, out, progress, epochs"),
        ("notebooks/01_figures.ipynb", "no cell tagged 'parameters'"),
    ],
)
def test_unknown_parameter_is_refused_with_the_valid_ones(project, page, message):
    check_parameters(project / PLAIN, {"epochs": 3, "out": "x"})
    with pytest.raises(CkdsnnError, match=message):
        check_parameters(project / page, {"epoch": 3})


@pytest.mark.parametrize("line", ["steps: int = 2  # T = 2 is quick", "steps: int | None = None"])
def test_parameter_that_papermill_would_leave_out_is_refused(project, line):
    nb = notebook((f"seed: int = 0\n{line}", {"tags": ["parameters"]}))
    nbformat.write(nb, project / PLAIN)
    with pytest.raises(CkdsnnError, match=r"00_plain\.ipynb: papermill cannot read steps; write each on a line"):
        check_parameters(project / PLAIN, {})


def test_book_sets_only_what_the_notebook_has_and_what_the_page_says(project, plain):
    common = {"results": "../results", "out": "../_build/out/00_plain", "progress": False}
    assert book_parameters(plain) == common
    assert book_parameters(source_of(project, "notebooks/01_figures.ipynb")) == {}
    own = {"out": "../_build/out/02_templated", "epochs": 5}  # a page of a template has its own folder
    assert book_parameters(source_of(project, "notebooks/02_templated.md")) == common | own


def test_a_notebooks_own_book_parameters_come_on_top_and_are_checked(project, plain):
    nbformat.write(plain_notebook(book={"epochs": 1}), project / PLAIN)
    assert book_parameters(plain)["epochs"] == 1
    nbformat.write(plain_notebook(book={"epoch": 1}), project / PLAIN)
    with pytest.raises(CkdsnnError, match="no parameter 'epoch'"):
        execute(project, plain)


@pytest.mark.parametrize("file", [PLAIN, "constraints.txt", "ckdsnn/errors.py"])
def test_every_input_besides_the_results_runs_the_notebook_again(project, plain, runs, file):
    assert execute(project, plain) == execute(project, plain)
    (project / "results" / "runs" / "new.json").write_text("x")
    (project / "ckdsnn" / "errors.pyc").write_text("x")
    execute(project, plain)
    assert runs == ["00_plain.ipynb"]
    with open(project / file, "a") as changed:
        changed.write(" ")
    execute(project, plain)
    assert len(runs) == 2


@pytest.mark.parametrize("module", [executor, executor.reads])
def test_parameters_and_the_builder_change_the_key(project, monkeypatch, module):
    before = static_key(project, project / PLAIN, {})
    assert static_key(project, project / PLAIN, {"epochs": 1}) != before
    monkeypatch.setattr(module, "__file__", str(project / "constraints.txt"))
    assert static_key(project, project / PLAIN, {}) != before


def test_two_pages_of_one_notebook_are_run_and_kept_apart(project, runs):
    page = source_of(project, "notebooks/02_templated.md")
    other = replace(page, name="notebooks/03_other.ipynb", parameters={"epochs": 6})
    kept = [execute(project, source).name for source in (page, other, page, replace(other, words="changed"))]
    assert kept == ["02_templated.ipynb", "03_other.ipynb"] * 2 and runs == ["suite.ipynb"] * 2


@pytest.mark.parametrize("step", ["write_stamp", "collect"])
def test_a_run_that_stops_half_way_leaves_nothing_fresh(project, plain, runs, monkeypatch, step):
    execute(project, plain)
    before = (project / "constraints.txt").read_text()
    (project / "constraints.txt").write_text("torch==2.12.0\n")
    with monkeypatch.context() as patch, pytest.raises(TypeError):
        patch.setattr(executor.reads, step, None)
        execute(project, plain)
    (project / "constraints.txt").write_text(before)
    execute(project, plain)
    assert len(runs) == 3


def test_a_lost_copy_is_made_again(project, plain, runs):
    execute(project, plain).unlink()
    assert execute(project, plain).is_file() and len(runs) == 2


def test_the_kernel_notes_its_reads_where_the_builder_finds_them(project, plain, monkeypatch):
    nbformat.write(plain_notebook("from ckdsnn.records import record_files\nrecord_files(results)"), project / PLAIN)
    execute(project, plain)
    monkeypatch.setattr(papermill, "execute_notebook", None)
    execute(project, plain)
    (project / "results" / "runs" / "new.json").write_text("{}")
    with pytest.raises(TypeError):
        execute(project, plain)


def test_a_run_starts_with_no_records_of_its_own(project, plain, runs):
    stale = project / "_build" / "out" / "00_plain" / "runs" / "old.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    execute(project, plain)
    assert not stale.exists()


def test_failing_notebook_names_the_error_and_leaves_nothing(project, plain):
    nbformat.write(plain_notebook("1 / 0"), project / PLAIN)
    with pytest.raises(CkdsnnError, match=r"00_plain\.ipynb fails: ZeroDivisionError"):
        execute(project, plain)
    assert not list((project / "_build").rglob("*.ipynb"))


def test_a_port_that_was_free_and_is_taken_stops_no_kernel(project, plain, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(LocalPortCache, "find_available_port", lambda *_: taken.getsockname()[1])
        assert execute(project, plain).is_file()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("!true\n!false\n!true", "CalledProcessError: Command 'false' returned non-zero"),
        ("import warnings\nwarnings.warn('odd')", "it writes to the standard error: .*odd"),
        ("import os\nos._exit(3)", "its kernel died"),
    ],
    ids=["shell", "warning", "death"],
)
def test_what_goes_wrong_without_a_failing_cell_fails_the_notebook(project, plain, code, message):
    nbformat.write(plain_notebook(code), project / PLAIN)
    with pytest.raises(CkdsnnError, match=rf"^00_plain\.ipynb fails: {message}"):
        execute(project, plain)
    assert not list((project / "_build").rglob("*.ipynb"))


def test_normalise_removes_times_and_random_ids_and_folds_the_injected_cell():
    timed = {"papermill": {"duration": 1.0}, "execution": {"started": "now"}, "tags": []}
    nb = notebook("text", ("x = 1", timed))
    nb.cells.append(nbformat.v4.new_code_cell("y = 2", metadata={"tags": ["injected-parameters"]}))
    nb.metadata["papermill"] = {"start_time": "now"}
    result = normalise(nb)
    assert "papermill" not in result.metadata
    assert [cell.id for cell in result.cells] == ["cell-000", "cell-001", "cell-002"]
    assert result.cells[1].metadata == {"tags": []}
    assert result.cells[2].metadata.tags == ["injected-parameters", "hide-input"]
    nbformat.validate(result)


def test_kernel_of_another_python_is_refused(tmp_path, monkeypatch):
    check_kernel()
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/elsewhere/python", "-m", "ipykernel"], "display_name": "Another"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    with pytest.raises(CkdsnnError, match="runs /elsewhere/python"):
        check_kernel()


@pytest.mark.parametrize("before", [None, "Agg"])
def test_figures_are_inline_and_reads_noted_only_while_a_kernel_starts(monkeypatch, before):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    if before:
        monkeypatch.setenv("MPLBACKEND", before)
    with executor.kernel_environment(Path("/a/trace")):
        assert os.environ["MPLBACKEND"] == executor.INLINE_BACKEND and os.environ[TRACE] == "/a/trace"
    assert TRACE not in os.environ
    assert os.environ.get("MPLBACKEND") == before


def test_workers_and_kernels_end_with_a_build_that_is_killed(project, plain):
    code = "from pathlib import Path\nfrom time import sleep\nPath('../begun').touch()\nsleep(600)"
    nbformat.write(plain_notebook(code), plain.notebook)
    run = f"""
        from pathlib import Path
        from book.execute import execute_all
        from book.templates import source_of
        execute_all(Path.cwd(), [source_of(Path.cwd(), "{PLAIN}")])
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    build = subprocess.Popen([sys.executable, "-c", textwrap.dedent(run)], cwd=project, env=environment)
    while not (project / "begun").exists():
        assert build.poll() is None
        time.sleep(0.1)
    assert len(at_work(project)) >= 3  # the build, a worker, its kernel
    build.kill()
    build.wait()
    assert outlive(project) == ""
