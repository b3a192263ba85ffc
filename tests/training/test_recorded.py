"""A training whose steps are replayed as graphs is the same training: on a CPU by a graph's stand-in, on a GPU by CUDA.

The same to the last bit on a CPU, where the training that it is compared with uses the fused kernels, too.
"""

import weakref
from importlib import import_module

import pytest
import torch

from ckdsnn import CkdsnnError, run
from ckdsnn.analysis.graph import WARM_UP, CudaGraph
from ckdsnn.cli import main
from ckdsnn.engine import Engine, using
from ckdsnn.records.failure import FAILURES
from ckdsnn.training import OutOfTime, run_together
from ckdsnn.training.before import check_graph
from ckdsnn.training.machine import Machine
from tests.recorded_graph import RecordedGraph, stand_in

run_module = import_module("ckdsnn.training.run")  # the package's name `run` is the function
NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
PLAIN, GRAPH = Engine(fused_sgd=True), Engine(graph=True)
# On a CPU half, in which a GPU's other order of summation would flip spikes.
PRECISION = {"cpu": "bf16", "cuda": "fp32"}
STEPS = 5  # of an epoch of 160 images
OPTIMISERS = {"sgd": {}, "adamw": {"optimizer": "adamw", "lr": 0.002, "warmup": 1}}


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=NEEDS_CUDA)])
def kind(request) -> str:
    return request.param


@pytest.fixture
def replays(kind, monkeypatch) -> list[weakref.ref]:
    """The graph of every replay that is made from here on; on a CPU the stand-in makes them."""
    made, graph = [], {"cpu": RecordedGraph, "cuda": CudaGraph}[kind]
    if kind == "cpu":
        stand_in(monkeypatch, "ckdsnn.training.recorded")
        monkeypatch.setattr("ckdsnn.training.before.check_kind", lambda _: None)
    replay = graph.replay
    monkeypatch.setattr(graph, "replay", lambda self: made.append(weakref.ref(self)) or replay(self))
    return made


def assert_same(found, wanted) -> None:
    """Bit for bit where the kernels are the same. A GPU sums up in another order every time; Adam has no switch for
    the fused kernel, which rounds otherwise."""
    for record, other in zip(found, wanted, strict=True):
        curve, known = (
            [{name: x for name, x in point.items() if not name.endswith("seconds")} for point in r.curve]
            for r in (record, other)
        )
        if record.env["device"].startswith("cuda"):
            assert losses(curve) == pytest.approx(losses(known), rel=0.02)
        elif record.recipe["optimizer"] == "adamw":
            assert losses(curve) == pytest.approx(losses(known), rel=1e-4)
        else:
            assert (curve, record.final, record.weights["sha256"]) == (known, other.final, other.weights["sha256"])


def losses(curve) -> list[float]:
    return [point["ce"] for point in curve]


def test_a_teacher_learns_the_same(student, kind, replays, tmp_path, monkeypatch):
    """And when it is measured, the memory of its graphs is free."""
    records, left = [], []
    write = run_module.write_record
    monkeypatch.setattr(run_module, "write_record", lambda *a: left.extend(ref() for ref in replays) or write(*a))
    for switches in (PLAIN, GRAPH):
        with using(switches):
            told = {"out": tmp_path / str(switches.graph), "accelerator": kind, "progress": False}
            records.append(run("tiny-teacher", train_images=160, precision="bf16", **told))
    assert len(replays) == 2 * STEPS - WARM_UP and left == [None] * len(replays)
    assert_same(*([record] for record in records))


def test_students_learn_the_same_side_by_side(student, results, kind, replays, tmp_path):
    """With the noise of two epochs, with adapters, through a teacher's backward pass, which two of them ask for."""
    recipes = [
        student.replace(name="plain", losses="none", timesteps=1),
        student.replace(name="rivals", losses="kd+nld+kdsnn+bkd+at+catkd+e2kd", timesteps=1),
        student.replace(name="everywhere", losses="samd", every_stage=True, timesteps=2),
        student.replace(name="longer", every_stage=True, timesteps=1, epochs=3),
    ]
    records = []
    for switches in (PLAIN, GRAPH):
        with using(switches):
            told = {"out": tmp_path / str(switches.graph), "results": results, "accelerator": kind, "progress": False}
            records.append(run_together(recipes, precision=PRECISION[kind], **told))
    together = (1 + len(recipes)) * (2 * 3 - WARM_UP)  # one teacher for all
    assert len(replays) == together + 3  # the last one's, whose own teacher begins anew
    assert_same(*records)


@pytest.fixture(scope="module")
def told(results, kind) -> dict:
    """How the trainings that are interrupted are called."""
    told = {"results": results, "accelerator": kind, "progress": False}
    return told | {"train_images": 160, "timesteps": 1, "precision": PRECISION[kind]}


@pytest.fixture(scope="module")
def through(student, told, tmp_path_factory):
    """Records of uninterrupted trainings, by the optimiser."""
    out = tmp_path_factory.mktemp("through")
    with using(PLAIN):
        return {name: run(student, out=out, **told, **changes) for name, changes in OPTIMISERS.items()}


@pytest.mark.parametrize(
    ("first", "second", "optimizer"),
    [(GRAPH, GRAPH, "sgd"), (GRAPH, PLAIN, "sgd"), (PLAIN, GRAPH, "sgd"), (PLAIN, GRAPH, "adamw")],
    ids=["graph to graph", "graph to plain", "plain to graph", "AdamW"],
)
def test_a_training_goes_on_whichever_way_it_was_begun(
    first, second, optimizer, student, told, through, replays, tmp_path
):
    told = told | OPTIMISERS[optimizer]
    with using(first), pytest.raises(OutOfTime):
        run(student, out=tmp_path, budget=1e-3, **told)
    with using(second):
        resumed = run(student, out=tmp_path, **told)
    assert len(replays) == 2 * (STEPS - WARM_UP) * [first, second].count(GRAPH)  # the teacher's graph and the student's
    assert_same([resumed], [through[optimizer]])


def test_one_that_diverges_is_found_at_the_same_step(student, told, replays, tmp_path):
    failures = []
    for switches in (PLAIN, GRAPH):
        out = tmp_path / str(switches.graph)
        with using(switches), pytest.raises(CkdsnnError, match="diverged"):
            run(student, out=out, lr=1e30, **told)
        (failure,) = FAILURES.load_all(out)
        failures.append((failure.term, failure.epoch, failure.step))
    assert failures[0] == failures[1]


def test_where_no_step_can_be_recorded_nothing_is_begun(student, tmp_path, capsys):
    message = "graph = True needs a CUDA device; a step on cpu has no graph"
    with using(GRAPH):
        with pytest.raises(CkdsnnError, match=message):
            run(student, out=tmp_path, accelerator="cpu", progress=False)
        with pytest.raises(CkdsnnError, match="one device; devices = 2, nodes = 1: expected 1 of each"):
            check_graph(Machine("cuda", devices=2))
    for command in ("train digits-snn", "train digits-snn digits-kd", "suite noise"):
        words = [*command.split(), "--accelerator", "cpu", "--engine.graph", "--out", str(tmp_path)]
        assert main(words) == 2 and message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
