"""A suite's plan: what is to be run, in which order, how long it takes, and what fits into a budget."""

import math
from dataclasses import replace
from itertools import accumulate
from types import SimpleNamespace

import pytest
import torch

from ckdsnn import CkdsnnError, run
from ckdsnn.analysis import speed
from ckdsnn.assemble import teacher_recipe
from ckdsnn.data import DATASETS
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.records import copy_record, load_record
from ckdsnn.records.provenance import device_name
from ckdsnn.training import OutOfTime, estimate
from ckdsnn.training.estimate import Estimate, Estimator, Progress, kind, measure, read_progress
from ckdsnn.training.plan import (
    MOST_TOGETHER,
    OVERHEAD,
    Job,
    Part,
    Run,
    all_progress,
    even_parts,
    forecast,
    form_groups,
    make_jobs,
    may_start,
    missing_runs,
    next_job,
    suite_runs,
    table,
)
from ckdsnn.training.run import fetch_teacher, work_folder

SNN = RECIPES["digits-snn"]


def job(name, epochs=10, seconds=6.0, done=0, teacher=""):
    """A job of one run with `epochs` left of `seconds` each."""
    return Job((part(name, epochs, seconds, done, teacher),))


def part(name, epochs=10, seconds=6.0, done=0, teacher=""):
    recipe = SNN.replace(name=name, epochs=epochs + done)
    return Part(Run(recipe, 0, teacher), done, Estimate(seconds, "record"))


def names(runs):
    return [f"{run.recipe.name.removeprefix('digits-')}-{run.seed}" for run in runs]


def test_without_a_number_each_suite_has_the_seeds_that_it_was_planned_with():
    runs = suite_runs("components+noise", "reduced", None, {})
    seeds = {run.recipe.name: [r.seed for r in runs if r.recipe == run.recipe] for run in runs}
    assert seeds["cifar10-16k-snn"] == list(range(5)) and seeds["cifar10-16k-nld-noise1"] == list(range(3))


def test_one_data_set_comes_after_the_other_and_seed_0_of_everything_before_seed_1():
    runs = suite_runs("evidence", "", None, {})
    places = [(run.recipe.dataset == "cifar10", run.seed) for run in runs]
    assert places == sorted(places) and len(runs) == 2 * 8 * 3
    assert [run.recipe.name for run in runs[:2]] == ["cifar100-resnet20-e20-snn", "cifar100-resnet20-e20-kd"]


def test_seed_0_of_everything_comes_before_seed_1():
    runs = suite_runs("components", "smoke", 2, {})
    recipes = [RECIPES[name] for name in SUITES["components"]["smoke"]]
    assert [run.recipe for run in runs] == recipes * 2
    assert [run.seed for run in runs] == [0] * len(recipes) + [1] * len(recipes)


def test_without_a_tier_it_is_the_suites_first():
    assert suite_runs("components", "", 1, {}) == suite_runs("components", "smoke", 1, {})
    assert suite_runs("gpu", "", 1, {}) == suite_runs("gpu", "paper", 1, {})


def test_recipes_with_equal_digests_are_one_run():
    (only,) = suite_runs(
        "components", "smoke", 1, {"losses": "samd", "student_range": "none", "beta": 1.0, "epochs": 3}
    )
    assert (only.recipe.name, only.recipe.losses, only.recipe.epochs) == ("digits-snn", "samd", 3)


def test_several_suites_are_one_queue_without_what_they_share():
    runs = suite_runs("components+rivals", "smoke", 2, {})
    names = SUITES["components"]["smoke"] + SUITES["rivals"]["smoke"]
    recipes = [RECIPES[name] for name in dict.fromkeys(names)]
    assert len(recipes) < len(names)
    assert [(run.recipe, run.seed) for run in runs] == [(recipe, seed) for seed in (0, 1) for recipe in recipes]


def test_all_are_the_suites_that_have_the_tier():
    names = dict.fromkeys(name for tiers in SUITES.values() for name in tiers.get("reduced", ()))
    digests = dict.fromkeys(RECIPES[name].digest() for name in names)
    assert [run.recipe.digest() for run in suite_runs("all", "reduced", 1, {})] == list(digests)
    with pytest.raises(CkdsnnError, match="unknown tier 'huge'"):
        suite_runs("all", "huge", 1, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("components+magic", "smoke"), "unknown suite 'magic'; choose one of: components"),
        (("magic", "smoke"), "unknown suite 'magic'; choose one of: components"),
        (("components", "huge"), "unknown tier 'huge'; choose one of: smoke, reduced, paper"),
    ],
)
def test_unknown_names_list_the_choices(arguments, message):
    with pytest.raises(CkdsnnError, match=message):
        suite_runs(*arguments, 1, {})


def test_a_missing_teacher_comes_once_just_before_its_first_student(tmp_path):
    missing = missing_runs(suite_runs("components", "smoke", 2, {}), tmp_path, None)
    methods = [name.removeprefix("digits-") for name in SUITES["components"]["smoke"]]
    assert methods[0] == "snn"
    first = ["snn-0", "teacher-0", *(f"{method}-0" for method in methods[1:])]
    assert names(missing) == [*first, *(f"{method}-1" for method in methods)]
    teacher = missing[1]
    assert {run.teacher for run in missing if run.recipe.loss_names} == {teacher.id}
    assert {run.teacher for run in missing if not run.recipe.loss_names} == {""}


def test_a_teacher_that_the_suite_names_itself_is_not_run_twice(tmp_path):
    teacher, student = RECIPES["digits-teacher"], RECIPES["digits-kd"]
    missing = missing_runs([Run(student, 0), Run(teacher, 0), Run(teacher, 1)], tmp_path, None)
    assert names(missing) == ["teacher-0", "kd-0", "teacher-1"]


def test_every_seed_of_the_teacher_and_every_statistics_is_a_teacher_of_its_own(tmp_path):
    other = RECIPES["digits-kd"].replace(teacher_seed=2)
    released = RECIPES["digits-nld"].replace(statistics="cifar10")
    missing = missing_runs([Run(other, 0), Run(released, 0)], tmp_path, None)
    assert names(missing) == ["teacher-2", "kd-0", "teacher-0", "nld-0"]
    assert missing[2].recipe == teacher_recipe(released)


def test_what_is_on_record_in_either_folder_is_not_planned(student, record, results, tmp_path):
    runs = [Run(student.replace(name="other-name"), 0), Run(student, 1)]
    assert missing_runs(runs, results, None) == [runs[1]]
    assert missing_runs(runs, tmp_path, results) == [runs[1]]  # nor is the teacher, which will be copied
    assert [run.recipe.name for run in missing_runs(runs, tmp_path, None)] == [
        "tiny-teacher",
        "other-name",
        "tiny-ckdsnn",
    ]


def test_a_teacher_elsewhere_without_its_weights_is_trained(student, record, results, tmp_path):
    teacher = load_record(record.teacher["record"], results)
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    copy_record(teacher, results, elsewhere)
    assert names(missing_runs([Run(student, 1)], out, elsewhere)) == ["tiny-ckdsnn-1"]
    (elsewhere / "weights" / teacher.weights["file"]).unlink()
    assert names(missing_runs([Run(student, 1)], out, elsewhere)) == ["tiny-teacher-0", "tiny-ckdsnn-1"]
    assert fetch_teacher(student, out, elsewhere) is None and not out.exists()


def test_what_is_begun_comes_first(tmp_path):
    later = SNN.replace(train_images=64, epochs=2)
    with pytest.raises(OutOfTime):
        run(later, out=tmp_path, progress=False, budget=1e-3)
    estimator = SimpleNamespace(epoch=lambda recipe, progress, together: Estimate(len(progress.points), "stand-in"))
    progress = all_progress([Run(SNN, 0), Run(later, 0), Run(SNN, 1)], tmp_path)
    jobs = make_jobs(form_groups(progress, 1), progress, estimator)
    assert [job.runs for job in jobs] == [(Run(later, 0),), (Run(SNN, 0),), (Run(SNN, 1),)]
    assert [(one.done, one.epochs, one.state) for job in jobs for one in job.parts] == [
        (1, 1, "continues after epoch 1"),
        (0, 8, "new"),
        (0, 8, "new"),
    ]
    assert [job.seconds for job in jobs] == [OVERHEAD + 1, OVERHEAD, OVERHEAD]


def progress_of(runs, begun=()):
    """Of runs of which some have an epoch behind them."""
    return {run: Progress([{"epoch": 1}] if run in begun else [], {}) for run in runs}


def test_what_shares_seed_and_teacher_is_one_group_and_what_is_begun_keeps_apart():
    runs = [Run(RECIPES[f"digits-{method}"], seed) for seed in (0, 1) for method in ("snn", "kd", "nld")]
    others = [Run(RECIPES["digits-kd"].replace(erasing=0.3), 0), Run(RECIPES["digits-teacher"], 0)]
    assert form_groups(progress_of([*runs, *others]), 1) == [runs[:3], runs[3:], *([other] for other in others)]
    begun = [runs[1], runs[5]]
    groups = form_groups(progress_of(runs, begun), 1)
    assert groups == [[runs[1]], [runs[5]], [runs[0], runs[2]], runs[3:5]]


def test_what_was_begun_on_other_numbers_of_threads_keeps_apart_and_says_on_how_many():
    runs = [Run(RECIPES[f"digits-{method}"], 0) for method in ("snn", "kd", "nld", "samd")]
    progress = {
        run: Progress([{"epoch": 1, "seconds": 1.0}], {"threads": n}) for run, n in zip(runs, (1, 2, 1, 2), strict=True)
    }
    groups = form_groups(progress, 1)
    assert groups == [runs[::2], runs[1::2]]
    estimator = SimpleNamespace(epoch=lambda *_: Estimate(1.0, "stand-in"))
    assert [job.threads for job in make_jobs(groups, progress, estimator)] == [1, 2]


def test_runs_of_one_command_have_the_same_fields_changed():
    alike, other = (RECIPES[f"digits-{method}"].replace(epochs=3) for method in ("kd", "nld")), RECIPES["digits-snn"]
    runs = [Run(recipe, 0) for recipe in (*alike, other)]
    assert form_groups(progress_of(runs), 1) == [runs[:2], runs[2:]]


@pytest.mark.parametrize("jobs", [1, 2, 3, 40])
def test_groups_leave_no_job_idle_and_do_not_grow_without_end(jobs):
    runs = suite_runs("components", "reduced", 3, {})
    groups = form_groups(progress_of(runs), jobs)
    assert sorted(map(len, groups)) and [run for group in groups for run in group] == runs
    assert min(jobs, len(runs)) <= len(groups) and max(map(len, groups)) <= MOST_TOGETHER
    assert all(run.seed == group[0].seed for group in groups for run in group)


@pytest.mark.parametrize(("count", "most", "sizes"), [(9, 8, [5, 4]), (8, 8, [8]), (17, 8, [6, 6, 5]), (1, 3, [1])])
def test_parts_are_as_few_and_as_even_as_can_be(count, most, sizes):
    parts = even_parts(list(range(count)), most)
    assert [len(part) for part in parts] == sizes and [one for part in parts for one in part] == list(range(count))


def test_a_group_costs_what_its_runs_cost_and_waits_for_their_teacher():
    teacher = job("teacher")
    group = Job((part("plain", epochs=2), part("student", epochs=10, done=3, teacher=teacher.id)))
    assert group.seconds == 2 * OVERHEAD + 12 * 6 and group.epoch_seconds == 12 and group.begun
    assert next_job([group, teacher], (), 1000, 1000) is teacher
    assert next_job([group], {teacher.id}, 1000, 1000) is group
    verdicts, end = forecast([group, teacher], 2)
    assert verdicts == {group.id: "yes", teacher.id: "yes"} and end == teacher.seconds + group.seconds
    lines = table([teacher, group], 1, math.inf).splitlines()
    assert [line.split()[1] for line in lines[1:4]] == ["1", "2", "2"]


def estimator(*folders, jobs=1, threads=1):
    return Estimator(list(folders), None, "cpu", jobs, threads)


# ---- how long an epoch takes ----

DIGITS = 1437 // 32 * 32 + 360 / 3  # images of an epoch: whole batches, and the test images at a third


def test_a_runs_own_curve_comes_first_and_its_last_epoch_counts(tmp_path):
    here = device_name(torch.device("cpu"))
    points = [{"epoch": 1, "seconds": 50.0}, {"epoch": 2, "seconds": 7.0}]
    progress = Progress(points, {"device": here, "threads": 2})
    assert estimator(tmp_path, threads=2).epoch(SNN, progress) == Estimate(7.0, "own curve")
    assert estimator(tmp_path, threads=4).epoch(SNN, progress) == Estimate(7.0, "own curve")
    assert estimator(tmp_path, threads=1).epoch(SNN, progress) == Estimate(14.0, "own curve")
    several = Progress(points, {"device": here, "threads": 1, "at_once": 3})  # three students on a thread each
    assert estimator(tmp_path, threads=1).epoch(SNN, several) == Estimate(21.0, "own curve")


def test_another_machines_curve_does_not_count(monkeypatch, tmp_path):
    monkeypatch.setattr(estimate, "measure", lambda *_: 100.0)
    progress = Progress([{"epoch": 1, "seconds": 50.0}], {"device": "cuda: another", "threads": 1})
    assert estimator(tmp_path).epoch(SNN, progress).source == "measured"
    assert estimator(tmp_path).epoch(SNN, Progress(progress.points, {})).source == "measured"


def test_a_record_of_the_kind_on_this_machine_tells_the_speed(student, record, results):
    wanted = student.replace(train_images=0, epochs=9)
    found = estimator(results, threads=record.env["threads"]).epoch(wanted, Progress([], {}))
    assert found.source == "record"
    assert found.seconds == pytest.approx(DIGITS / record.images_per_second)


def test_of_several_records_the_latest_of_the_kind_and_machine_counts(student, record, monkeypatch, tmp_path):
    def of(started, speed, **changes):
        return replace(record, started=started, images_per_second=speed, **changes)

    wide = {"recipe": record.recipe | {"width": 2}}
    elsewhere = {"env": record.env | {"device": "cpu: another"}}
    records = [
        of("2030-01-01T00:00:00Z", 10.0),
        of("2031-01-01T00:00:00Z", 20.0),
        of("2032-01-01T00:00:00Z", 30.0, **wide),
        of("2033-01-01T00:00:00Z", 40.0, **elsewhere),
    ]
    monkeypatch.setattr(estimate, "load_records", lambda _: records)
    asked = estimator(tmp_path)
    assert asked.record(student, False).images_per_second == 20.0
    assert asked.record(student.replace(losses="none"), False) is None
    records[:] = [replace(records[0], env=record.env | {"threads": 6})]
    third = estimator(tmp_path, threads=2)  # of the share of the machine that there was then
    assert third.epoch(student.replace(train_images=0), Progress([], {})).seconds == pytest.approx(3 * DIGITS / 10)


def test_a_record_of_a_training_beside_others_tells_their_shares(student, record, monkeypatch, tmp_path):
    alone = replace(record, images_per_second=10.0)
    shared = replace(record, images_per_second=15.0, env=record.env | {"side_by_side": 4})
    for records, one, several in (([alone, shared], 10, 15), ([alone], 10, 10), ([shared], 15, 15)):
        monkeypatch.setattr(estimate, "load_records", lambda _, records=records: records)
        asked = estimator(tmp_path, threads=record.env["threads"])
        wanted = student.replace(train_images=0), Progress([], {})
        found = [asked.epoch(*wanted, together).seconds for together in (1, 5)]
        assert found == [pytest.approx(DIGITS / rate) for rate in (one, several)]


def test_else_each_kind_is_measured_once_and_shared_among_the_jobs(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(estimate, "measure", lambda recipe, *_: asked.append(recipe.name) or 100.0)
    three = estimator(tmp_path / "none", jobs=3)
    recipes = [RECIPES[f"digits-{method}"] for method in ("snn", "kd", "samd", "teacher")]
    found = [three.epoch(recipe, Progress([], {})) for recipe in recipes]
    assert asked == ["digits-snn", "digits-kd", "digits-teacher"]  # kd and samd are of one kind
    assert found == [Estimate(pytest.approx(DIGITS / 100 * 3), "measured")] * 4


@pytest.mark.parametrize("change", [{"width": 2}, {"timesteps": 3}, {"model": "resnet20"}, {"losses": "none"}])
def test_kinds_differ_in_what_costs(change):
    student = RECIPES["digits-kd"]
    assert kind(student.replace(**change)) != kind(student) == kind(student.replace(lr=0.3, epochs=2, losses="nld"))


@pytest.mark.parametrize(("seconds", "steps"), [((1, 0.5, 0.25, 2, 0.75), 5), ((2, 2, 9), 3), ((40,), 1)])
def test_measuring_warms_up_once_and_ends_in_time(seconds, steps, monkeypatch):
    ends = list(accumulate((100, *seconds, *[1000] * 5)))  # the first step compiles for 100 s
    clock = SimpleNamespace(now=0.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr(estimate, "time", clock)
    done = []

    def step():
        clock.now = float(ends[len(done)])
        done.append(clock.now)
        return torch.zeros(())

    arguments = []
    monkeypatch.setattr(speed, "recipe_step", lambda *a: arguments.append(a) or step, raising=False)
    rate = measure(RECIPES["cifar100-resnet20-snn"], 100, torch.device("cpu"))
    assert arguments == [(RECIPES["cifar100-resnet20-snn"], 100, torch.device("cpu"))]
    assert len(done) == 1 + steps
    assert rate == pytest.approx(128 / sorted(seconds)[len(seconds) // 2])


def test_no_checkpoint_is_no_progress_and_a_damaged_one_is_named(tmp_path):
    assert read_progress(tmp_path / "nothing") == Progress([], {})
    work = work_folder(SNN, 0, tmp_path)
    work.mkdir(parents=True)
    (work / "last.ckpt").write_bytes(b"PK damaged")
    with pytest.raises(CkdsnnError, match=r"last\.ckpt is damaged"):
        all_progress([Run(SNN, 0)], tmp_path)


def test_an_accelerator_that_is_none_is_named(tmp_path):
    for name in ("abacus", "tpu"):  # of the second, Lightning misses a package
        with pytest.raises(CkdsnnError, match=f"accelerator = '{name}'"):
            Estimator([tmp_path], None, name, 1, 1)


@pytest.mark.parametrize("dataset", [name for name, spec in DATASETS.items() if spec.examples])
def test_a_plan_aside_reads_no_data(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(estimate, "measure", lambda *_: 100.0)
    monkeypatch.setattr(estimate, "build_data", None)
    recipe = next(r for r in RECIPES.values() if r.dataset == dataset and not r.loss_names)
    train, test = DATASETS[dataset].examples
    used = recipe.train_images or train - recipe.validation_images
    images = used // recipe.batch_size * recipe.batch_size + (test + recipe.validation_images) / 3
    aside = Estimator([tmp_path], tmp_path, "cpu", 1, 1, aside=True)
    assert aside.epoch(recipe, Progress([], {})).seconds == pytest.approx(images / 100)


def test_aside_images_are_counted_as_where_the_data_are_read(tmp_path):
    read, aside = (Estimator([tmp_path], None, "cpu", 1, 1, aside=aside) for aside in (False, True))
    for recipe in (SNN, SNN.replace(train_images=100), SNN.replace(validation_images=90)):
        assert read.images(recipe) == aside.images(recipe)


def test_what_a_teacher_costs_that_would_be_downloaded_stays_unknown(tmp_path):
    recipe = next(r for r in RECIPES.values() if r.loss_names and r.teacher.startswith("torchvision:"))
    aside = Estimator([tmp_path], tmp_path, "cpu", 1, 1, aside=True)
    planned = Job((Part(Run(recipe, 0), 0, aside.epoch(recipe, Progress([], {}))),))
    assert math.isnan(planned.seconds)
    assert forecast([planned, job("a")], 1)[0] == {planned.id: "unknown", job("a").id: "yes"}
    text = table([planned, job("a")], 1, math.inf)
    assert "?" in text and "nan" not in text and "minutes and what is unknown" in text


# ---- what fits into a budget ----


@pytest.mark.parametrize(
    ("made", "left", "budget", "starts"),
    [
        (job("fits"), 75, 100, True),  # 10 epochs of 6 s and 15 s besides
        (job("too-long-now"), 74, 100, False),
        (job("fits-exactly"), 75, 75, True),
        (job("longer-than-the-budget"), 74, 74, True),
        (job("longer-but-an-epoch-fits"), 21, 74, True),
        (job("longer-and-no-epoch-fits"), 20, 74, False),
        (job("begun", done=3), 21, 100, True),
        (job("begun-and-no-epoch-fits", done=3), 20, 100, False),
        (job("only-the-record-is-missing", epochs=0, done=3), 15, 100, True),
        (job("no-budget", seconds=1e9), math.inf, math.inf, True),
        (job("late"), -5, -5, False),
    ],
    ids=lambda value: value.runs[0].recipe.name if isinstance(value, Job) else "",
)
def test_the_budgets_rule(made, left, budget, starts):
    assert may_start(made, left, budget) is starts


def test_a_student_waits_and_a_shorter_job_may_overtake():
    teacher, long, short = job("teacher"), job("long", epochs=50), job("short", epochs=1)
    student = job("student", teacher=teacher.id)
    assert next_job([student, teacher], (), 1000, 1000) is teacher
    assert next_job([student, short], (), 1000, 1000) is short
    assert next_job([student, short], (teacher.id,), 1000, 1000) is student
    assert next_job([long, short], (), 100, 1000) is short
    assert next_job([student], (), 1000, 1000) is None


def test_the_forecast_counts_what_a_slow_count_gives():
    """Two slots, 75 s a job: a and b until 75, c and d until 150, e until 225."""
    jobs = [job(name) for name in "abcde"]
    ids = [made.id for made in jobs]
    verdicts, end = forecast(jobs, 2)
    assert verdicts == dict.fromkeys(ids, "yes") and end == 225
    assert forecast(jobs, 1)[1] == 375
    verdicts, end = forecast(jobs, 2, 200)
    assert list(verdicts.values()) == ["yes"] * 4 + ["no"] and end == 150
    longer = [job("long", epochs=100), job("never", seconds=500.0), *jobs]
    verdicts, end = forecast(longer, 2, 200)
    assert list(verdicts.values()) == ["in part", "never", "yes", "yes", "no", "no", "no"] and end == 200


def test_the_forecast_lets_students_wait_for_their_teacher():
    teacher = job("teacher", epochs=20)  # 135 s
    student = job("student", teacher=teacher.id)
    verdicts, end = forecast([student, teacher, job("other")], 3)
    assert set(verdicts.values()) == {"yes"} and end == 135 + 75
    verdicts, end = forecast([student, teacher], 3, 134)
    assert list(verdicts.values()) == ["no", "in part"] and end == 134


def test_the_table_holds_every_job_and_the_total():
    long = "cifar100-resnet19-ckdsnn-stage1"
    jobs = [job("begun", done=12), job(long), job("student", epochs=20, teacher=job(long).id)]
    lines = table(jobs, 1, 120).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == [made.id for made in jobs]
    assert all(len(line) <= 120 and line == line.rstrip() for line in lines)
    cells = [[cell for cell in line.split("  ") if cell.strip()] for line in lines[1:4]]
    assert [[cell.strip() for cell in row[1:]] for row in cells] == [
        ["1", "continues after epoch 12", "10", "1.2", "record", "yes"],
        ["2", "new", "10", "1.2", "record", "no"],
        ["3", "waits for its teacher", "20", "2.2", "record", "no"],
    ]
    assert lines[4].startswith("total: 3 runs, 4.8 minutes, 1 of 3 jobs at a time")  # 75 + 75 + 135 seconds
