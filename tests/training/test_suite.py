"""Working off a suite: processes that start, wait, stop, fail; and real trainings from the first to the last."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace

import pytest

from ckdsnn import CkdsnnError, load_records
from ckdsnn.cli.train import train_parser
from ckdsnn.engine import Engine, using
from ckdsnn.recipe import RECIPES, SUITES, Recipe
from ckdsnn.recipe.named import resolve
from ckdsnn.recipe.suites import SEEDS
from ckdsnn.records.failure import FAILURES, Failure
from ckdsnn.training import plan, run_suite, suite
from ckdsnn.training.estimate import Estimate
from ckdsnn.training.plan import Job, Part, Run
from ckdsnn.training.suite import Crew, launcher, summary, work_off
from tests.forked import fork

HEEDS = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); {ready}; time.sleep(60)"
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {ready}; time.sleep(60)"


def job(name, teacher=None, seconds=1.0):
    recipe = RECIPES["digits-snn"].replace(name=name, epochs=1)
    return Job((Part(Run(recipe, 0, teacher.id if teacher else ""), 0, Estimate(seconds, "stand-in")),))


class StandIns:
    """Starts lines of Python that stand in for trainings; notes the order, and what else runs at each start."""

    def __init__(self, folder, programs=None):
        self.folder, self.programs, self.started, self.processes, self.slots = folder, programs or {}, [], {}, {}

    def __call__(self, job, left, slot):
        name = job.runs[0].recipe.name
        running = {name for name, process in self.processes.items() if process.poll() is None}
        assert slot not in {self.slots[name] for name in running}, "two trainings would share a GPU"
        self.slots[name] = slot
        self.started.append((name, running))
        ready = f"open({str(self.folder / name)!r}, 'w').close()"
        program = self.programs.get(name, "pass").format(ready=ready)
        process = subprocess.Popen([sys.executable, "-S", "-c", program])
        self.processes[name] = process
        return process

    def wait_for(self, *names):
        while not all((self.folder / name).exists() for name in names):
            assert all(self.processes[name].poll() is None for name in names), "a stand-in has ended too early"
            time.sleep(0.01)


def fates_of(crew):
    return {name.partition("-s0-")[0]: fate for name, fate in crew.fates.items()}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(suite, "POLL", 0.01)


def test_a_crew_never_has_more_than_its_slots_and_students_wait_for_their_teacher(tmp_path):
    teacher = job("teacher")
    plan = [job("a"), teacher, job("student", teacher), job("other", teacher), job("b"), job("c")]
    launch = StandIns(tmp_path, {"teacher": "import time; time.sleep(0.3)"})
    crew = Crew(plan, 2, math.inf, launch, tmp_path)
    crew.work()
    assert set(fates_of(crew).values()) == {"done"}
    order = [name for name, _ in launch.started]
    assert sorted(order) == sorted(made.runs[0].recipe.name for made in plan)  # each once
    assert order[:2] == ["a", "teacher"] and order.index("b") < order.index("student")
    assert all(len(running) < 2 for _, running in launch.started)
    students = [running for name, running in launch.started if name in ("student", "other")]
    assert all("teacher" not in running for running in students)


def test_a_failed_run_stops_no_other_but_its_students(tmp_path):
    teacher = job("teacher")
    plan = [teacher, job("student", teacher), job("stops"), job("killed"), job("other")]
    programs = {"teacher": "raise SystemExit(2)", "stops": "raise SystemExit(3)"}
    programs["killed"] = "import os; os.kill(os.getpid(), 9)"
    crew = Crew(plan, 2, math.inf, StandIns(tmp_path, programs), tmp_path)
    crew.work()
    assert fates_of(crew) == {
        "teacher": "failed",
        "student": "not started",
        "stops": "stopped",
        "killed": "failed",
        "other": "done",
    }
    lines = summary(crew.fates, tmp_path).splitlines()
    assert lines.index("failed: 2") == len(lines) - 3
    assert f"  {teacher.id}, see {tmp_path}/work/{teacher.id}/log.txt" in lines
    assert [line for line in lines if line.startswith("done")] == ["done: 1"]


def test_each_run_of_a_group_has_its_own_fate(record, copy_of_results, tmp_path):
    """By what it has left behind, whatever its process ended with."""
    done, snn = Recipe.of(record.recipe), RECIPES["digits-snn"]
    runs = [Run(recipe, 0) for recipe in (done, snn.replace(name="fails", lr=9.0), snn.replace(name="goes-on"))]
    shared = {name: getattr(record, name) for name in ("tier", "data", "code", "env", "curve", "started")}
    failed = {"id": runs[1].id, "recipe": asdict(runs[1].recipe), "seed": 0, "term": "ce", "epoch": 1, "step": 2}
    FAILURES.save(Failure(**shared, **failed), copy_of_results(tmp_path))
    group = Job(tuple(Part(run, 0, Estimate(1.0, "stand-in")) for run in runs))
    crew = Crew([group], 1, math.inf, StandIns(tmp_path, {done.name: "raise SystemExit(3)"}), tmp_path)
    crew.work()
    assert list(crew.fates.values()) == ["done", "failed", "stopped"]


def test_what_does_not_fit_is_not_started(tmp_path):
    plan = [job("long", seconds=500.0), job("short")]
    launch = StandIns(tmp_path)
    crew = Crew(plan, 2, time.monotonic() + 100, launch, tmp_path)
    crew.work()
    assert [name for name, _ in launch.started] == ["short"]
    assert fates_of(crew) == {"long": "not started", "short": "done"}


def test_past_the_deadline_a_training_is_interrupted_then_killed(tmp_path, monkeypatch):
    launch = StandIns(tmp_path, {"heeds": HEEDS, "ignores": IGNORES})
    crew = Crew([job("heeds"), job("ignores"), job("next")], 2, time.monotonic() + 1000, launch, tmp_path)
    monkeypatch.setattr(suite, "PATIENCE", 0.5)
    look = crew.look

    def late():
        launch.wait_for("heeds", "ignores")
        crew.deadline = time.monotonic() - suite.GRACE - 1
        look()

    monkeypatch.setattr(crew, "look", late)
    crew.work()
    assert fates_of(crew) == {"heeds": "stopped", "ignores": "stopped", "next": "not started"}
    assert launch.processes["heeds"].returncode == 3
    assert launch.processes["ignores"].returncode == -signal.SIGKILL


def test_what_another_process_trains_is_no_failure_and_its_students_wait_for_it_themselves(tmp_path):
    teacher = job("teacher")
    crew = Crew(
        [teacher, job("student", teacher)],
        1,
        math.inf,
        StandIns(tmp_path, {"teacher": "raise SystemExit(4)"}),
        tmp_path,
    )
    crew.work()
    assert fates_of(crew) == {"teacher": "trained elsewhere", "student": "done"}
    assert f"trained elsewhere: 1\n  {teacher.id}\nstopped: 0" in summary(crew.fates, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_stop_the_trainings_and_tell_what_became_of_them(number, tmp_path, capsys):
    launch = StandIns(tmp_path, {"heeds": HEEDS})
    plan = [job("quick"), job("heeds"), job("next")]

    def interrupt():
        while "heeds" not in launch.processes:
            time.sleep(0.01)
        launch.wait_for("heeds")
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt, daemon=True).start()
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        work_off(plan, 1, math.inf, launch, tmp_path)
    assert signal.getsignal(number) == before
    assert launch.processes["heeds"].returncode == 3
    said = capsys.readouterr().out
    assert "stopped: 1\n  heeds-s0-" in said and "done: 1\n" in said and "not started: 1\n  next-s0-" in said


@pytest.mark.parametrize(
    ("recipe", "left", "budget"),
    [
        (RECIPES["digits-teacher"].replace(statistics="cifar10"), math.inf, None),
        (RECIPES["digits-ckdsnn"].replace(beta=0.5, temperature_squared=False, noise="0.5", stage=-2), 100.9, "85s"),
        (RECIPES["cifar10-resnet19-kd"].replace(epochs=100, lr=3e-5), 1.0, "1s"),
    ],
)
@pytest.mark.parametrize(("gpus", "own"), [([], None), (["2", "5"], "5")])
def test_the_command_of_a_run_means_that_run(recipe, left, budget, gpus, own, tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(plan, "OVERHEAD", 15)
    started = []
    monkeypatch.setattr(suite.subprocess, "Popen", lambda command, **options: started.append((command, options)))
    switches = Engine(neuron="fused", channels_last=False)
    with using(switches):
        shared = {"out": tmp_path, "data": "images", "accelerator": "cpu", "workers": None}
        launcher(shared, 3, gpus)(Job((Part(Run(recipe, 4), 0, Estimate(1.0, "stand-in")),)), left, 3)
    ((command, options),) = started
    assert command[:4] == [sys.executable, "-m", "ckdsnn", "train"]
    given = vars(train_parser().parse_args(command[4:]))
    assert given.pop("budget", None) == budget
    assert Engine(**vars(given.pop("engine"))) == replace(switches, cpu_bf16=False)
    arguments = [given.pop(name) for name in ("out", "data", "progress", "accelerator", "devices", "seed")]
    assert arguments == [str(tmp_path), "images", False, "cpu", 1, 4]
    assert [given.pop(name) for name in ("nodes", "strategy", "threads", "workers", "own")] == [1, "auto", *[None] * 3]
    (name,) = given.pop("recipe")
    assert resolve(name, given) == recipe
    assert options["env"]["OMP_NUM_THREADS"] == "3" and options["env"].get("CUDA_VISIBLE_DEVICES") == own
    assert options["env"]["CKDSNN_PARENT"] == str(os.getpid())  # which it does not outlive
    assert options["stdout"].name == str(tmp_path / "work" / recipe.record_id(4) / "log.txt")


@pytest.mark.parametrize(("begun", "threads"), [(None, None), (1, 1), (3, 3), (4, None)])
def test_what_goes_on_has_the_threads_that_it_began_with_where_there_are_as_many(begun, threads, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(suite.subprocess, "Popen", lambda command, **_: started.append(command))
    part = Part(Run(RECIPES["digits-kd"], 0), 1, Estimate(1.0, "stand-in"), begun)
    launcher({"out": tmp_path}, 3, [])(Job((part,)), math.inf, 0)
    assert train_parser().parse_args(started[0][4:]).threads == threads


def test_the_command_of_a_group_names_its_runs_and_each_ones_log_leads_to_its_own(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(suite.subprocess, "Popen", lambda command, **options: started.append((command, options)))
    recipes = [RECIPES[f"digits-{method}"].replace(epochs=2) for method in ("snn", "kd")]
    runs = [Run(recipe, 1) for recipe in recipes]
    parts = tuple(Part(run, 0, Estimate(1.0, "stand-in")) for run in runs)
    launcher({"out": tmp_path}, 1, [])(Job(parts), 2 * plan.OVERHEAD + 7.5, 0)
    ((command, options),) = started
    given = train_parser().parse_args(command[4:])
    assert given.recipe == ["digits-snn", "digits-kd"] and (given.epochs, given.budget) == (2, "7s")
    log, other = (tmp_path / "work" / run.id / "log.txt" for run in runs)
    assert options["stdout"].name == str(log) and str(log) in other.read_text()


@pytest.fixture
def tiny(monkeypatch):
    """A suite of three small trainings, two of them side by side, as fields to give with its name.

    Speeds are not measured.
    """
    monkeypatch.setitem(SUITES, "tiny", {"smoke": ["digits-snn", "digits-teacher", "digits-snn-t1"]})
    monkeypatch.setitem(SEEDS, "tiny", 1)
    monkeypatch.setattr(suite.Estimator, "epoch", lambda *_: Estimate(1.0, "stand-in"))
    return {"name": "tiny", "train_images": 64, "epochs": 1, "accelerator": "cpu"}


class Fork:
    """A command that a suite starts, as a fork that has nothing to load; a rented GPU's day starts one as always."""

    def __init__(self, command, stdout, env, **_):
        assert command[:3] == [sys.executable, "-m", "ckdsnn"]
        self.process = fork(command[3:], stdout.name, **env)

    def poll(self):
        return self.process.exitcode

    returncode = property(poll)


def test_a_suite_trains_what_has_no_record_and_only_that(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(suite.subprocess, "Popen", Fork)
    fates = run_suite(**tiny, out=tmp_path, jobs=2, budget=500)
    said = capsys.readouterr().out
    logs = {name: (tmp_path / "work" / name / "log.txt").read_text() for name in fates}
    assert set(fates.values()) == {"done"}, logs
    records = load_records(tmp_path)
    assert {record.id for record in records} == set(fates)
    assert all(record.env["threads"] == max(1, len(os.sched_getaffinity(0)) // 2) for record in records)
    assert said.index("total: 3 runs") < said.index("started") and "done: 3" in said
    assert sorted(record.side_by_side for record in records) == [1, 2, 2]
    first, beside, teacher = logs
    assert f"record {first}" in logs[first] and f"record {beside}" in logs[first] and f"see {tmp_path}" in logs[beside]
    assert f"record {teacher}" in logs[teacher]
    assert not list(tmp_path.rglob("*.partial*"))

    monkeypatch.setattr(suite, "launcher", lambda *_: pytest.fail("trained again"))
    assert run_suite(**tiny, out=tmp_path) == {}
    assert run_suite(**tiny, out=tmp_path / "other", results=tmp_path) == {}
    assert not (tmp_path / "other").exists()


def test_a_dry_run_leaves_nothing(tiny, tmp_path, capsys):
    fates = run_suite(**tiny, seeds=2, out=tmp_path / "out", dry_run=True)
    assert list(fates.values()) == ["not started"] * 6
    assert "total: 6 runs, 1.6 minutes, 1 of 4 jobs at a time" in capsys.readouterr().out  # 6 times 15 + 1 seconds
    assert not list(tmp_path.iterdir())


def test_a_teacher_on_record_elsewhere_is_copied_before_any_start(student, record, results, tmp_path, monkeypatch):
    seen = []

    def look(shared, *_):
        seen.extend(record.recipe["name"] for record in load_records(shared["out"]))
        return lambda *_: subprocess.Popen([sys.executable, "-S", "-c", "pass"])

    monkeypatch.setitem(SUITES, "one", {"smoke": ["tiny-ckdsnn"]})
    monkeypatch.setitem(RECIPES, "tiny-ckdsnn", student)
    monkeypatch.setattr(suite, "launcher", look)
    fates = run_suite("one", seeds=2, out=tmp_path, results=results)
    assert seen == ["tiny-teacher"]
    assert fates == {student.record_id(1): "done"}  # seed 0 is on record in results


def test_many_cores_are_no_reason_for_many_readers(tiny, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr("ckdsnn.engine.usable_cores", lambda: 300)
    monkeypatch.setattr(suite, "launcher", lambda shared, *_: given.append(shared["workers"]))
    monkeypatch.setattr(suite, "work_off", lambda *_: {})
    run_suite(**tiny, out=tmp_path)
    run_suite(**tiny, out=tmp_path, workers=20)
    assert given == [8, 20]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "magic"}, "unknown suite 'magic'"),
        ({"tier": "huge"}, "unknown tier 'huge'; choose one of: smoke"),
        ({"jobs": 0}, "jobs = 0; expected an integer of at least 1"),
        ({"seeds": 0}, "seeds = 0; expected an integer of at least 1"),
        ({"budget": -1}, "budget = -1; expected a positive number"),
        ({"tau": 2}, "unknown recipe field 'tau'"),
        ({"accelerator": "abacus"}, "accelerator = 'abacus'"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(arguments, message, tiny, tmp_path):
    with pytest.raises(CkdsnnError, match=message):
        run_suite(**tiny | arguments, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())
