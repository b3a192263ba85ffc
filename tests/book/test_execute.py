"""Running notebooks: parameters, the cache and its key, equal bytes, and how a failure reads."""

import json
import os

import nbformat
import papermill
import pytest

from book import execute as executor
from book.execute import book_parameters, cache_key, check_kernel, check_parameters, execute, normalise
from ckdsnn.errors import CkdsnnError
from tests.book.conftest import notebook, plain_notebook

PLAIN = "notebooks/00_plain.ipynb"


@pytest.fixture
def runs(monkeypatch):
    """The names of the notebooks that were really run; a stand-in for papermill, which takes seconds."""
    names = []

    def stand_in(path, parameters):
        names.append(path.name)
        return nbformat.read(path, as_version=4)

    monkeypatch.setattr(executor, "run_papermill", stand_in)
    return names


def test_unknown_parameter_is_refused_with_the_valid_ones(project):
    message = r"00_plain.ipynb has no parameter 'epoch'; .*results, out, progress, epochs"
    with pytest.raises(CkdsnnError, match=message):
        check_parameters(project / PLAIN, {"epoch": 3})


def test_known_parameters_pass(project):
    check_parameters(project / PLAIN, {"epochs": 3, "out": "x"})


def test_notebook_without_parameters_says_so(project):
    with pytest.raises(CkdsnnError, match="no cell tagged 'parameters'"):
        check_parameters(project / "notebooks" / "01_figures.ipynb", {"epochs": 3})


@pytest.mark.parametrize("line", ["steps: int = 2  # T = 2 is quick", "steps: int | None = None"])
def test_parameter_that_papermill_would_leave_out_is_refused(project, line):
    nb = notebook((f"seed: int = 0\n{line}", {"tags": ["parameters"]}))
    nbformat.write(nb, project / PLAIN)
    with pytest.raises(CkdsnnError, match=r"00_plain\.ipynb: papermill cannot read steps; write each on a line"):
        check_parameters(project / PLAIN, {})


def test_book_sets_only_what_the_notebook_has(project):
    common = {"results": "../results", "out": "../_build/out/00_plain", "progress": False}
    assert book_parameters(project / PLAIN) == common
    assert book_parameters(project / "notebooks" / "01_figures.ipynb") == {}


def test_a_notebooks_own_book_parameters_come_on_top_and_are_checked(project):
    nbformat.write(plain_notebook(book={"epochs": 1}), project / PLAIN)
    assert book_parameters(project / PLAIN)["epochs"] == 1
    nbformat.write(plain_notebook(book={"epoch": 1}), project / PLAIN)
    with pytest.raises(CkdsnnError, match="no parameter 'epoch'"):
        execute(project, PLAIN)


@pytest.mark.parametrize(
    "file",
    [PLAIN, "constraints.txt", "ckdsnn/errors.py", "results/runs/digits-snn-0.json", "results/new.npz"],
)
def test_every_input_changes_the_key(project, file):
    before = cache_key(project, project / PLAIN, {})
    with open(project / file, "a") as changed:
        changed.write(" ")
    assert cache_key(project, project / PLAIN, {}) != before


def test_parameters_change_the_key_and_leftovers_do_not(project):
    before = cache_key(project, project / PLAIN, {})
    (project / "results" / "work").mkdir()
    (project / "results" / "work" / "checkpoint").write_text("x")
    (project / "ckdsnn" / "errors.pyc").write_text("x")
    assert cache_key(project, project / PLAIN, {}) == before
    assert cache_key(project, project / PLAIN, {"epochs": 1}) != before


def test_unchanged_notebook_is_run_once(project, runs):
    assert execute(project, PLAIN) == execute(project, PLAIN)
    assert runs == ["00_plain.ipynb"]


def test_changed_package_runs_the_notebook_again_and_drops_the_old_copy(project, runs):
    first = execute(project, PLAIN)
    (project / "ckdsnn" / "errors.py").write_text("changed = True\n")
    second = execute(project, PLAIN)
    assert len(runs) == 2 and second.exists() and not first.exists()


def test_a_run_starts_with_no_records_of_its_own(project, runs):
    stale = project / "_build" / "out" / "00_plain" / "runs" / "old.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    execute(project, PLAIN)
    assert not stale.exists()


def test_failing_notebook_names_the_error_and_leaves_nothing(project):
    nbformat.write(plain_notebook("1 / 0"), project / PLAIN)
    with pytest.raises(CkdsnnError, match=r"00_plain\.ipynb fails: ZeroDivisionError"):
        execute(project, PLAIN)
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


def test_kernel_of_this_python_is_accepted():
    check_kernel()


def test_kernel_of_another_python_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/elsewhere/python", "-m", "ipykernel"], "display_name": "Another"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    with pytest.raises(CkdsnnError, match="runs /elsewhere/python"):
        check_kernel()


@pytest.mark.parametrize("before", [None, "Agg"])
def test_figures_are_inline_only_while_a_kernel_starts(monkeypatch, before):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    if before:
        monkeypatch.setenv("MPLBACKEND", before)
    with executor.kernel_environment():
        assert os.environ["MPLBACKEND"] == executor.INLINE_BACKEND
    assert os.environ.get("MPLBACKEND") == before


def test_inspector_reads_the_typed_parameters_cell(project):
    """The convention that every notebook follows: one typed parameter a line, its comment is the help."""
    epochs = papermill.inspect_notebook(project / PLAIN)["epochs"]
    assert epochs["inferred_type_name"] == "int" and epochs["help"] == "passes over the training set"
