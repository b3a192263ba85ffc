"""The pages of runs: each has one, its command repeats it, and its links lead where they say."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from book.provenance import find_records
from book.records import EXTRA, FOLDER, command_of, record_pages, teacher_of
from ckdsnn.recipe import RECIPES, Recipe, parse_changes
from ckdsnn.records import load_records
from ckdsnn.report.pages.record import Around, beside

ROOT = Path(__file__).parents[2]


def test_the_command_of_each_page_repeats_its_run():
    """The recipe that it names, with the fields that it changes, has the content of the recipe on record; and what a
    CPU has trained in float32 is not trained in bfloat16 by another that has it, nor on other than its threads."""
    for record in load_records(ROOT / "results"):
        program, command, name, _, seed, *changes, _, _ = shlex.split(command_of(record))
        if "--engine.cpu_bf16=false" in changes:
            changes.remove("--engine.cpu_bf16=false")
            assert record.env["dtype"] == "32-true"
        else:
            assert record.env["dtype"] == "bf16-mixed" or record.recipe["precision"] == "fp32"
        if record.env["device"].startswith("cpu"):
            changes.remove(f"--threads={record.env['threads']}")
        recipe = RECIPES[name].replace(**parse_changes(" ".join(word.removeprefix("--") for word in changes)))
        assert (program, command, int(seed)) == ("ckdsnn", "train", record.seed)
        assert recipe.digest() == Recipe.of(record.recipe).digest() == record.id.rsplit("-", 1)[1]


@pytest.fixture
def staged(stocked):
    """The stage of a project with a student's record and its teacher's, and a page that shows the student."""
    stage = stocked / "_build" / "stage"
    (stage / "book").mkdir(parents=True)
    (stage / "notebooks").mkdir()
    student = next(name for name in find_records(stocked) if "teacher" not in name)
    (stage / "book" / "seen.md").write_text(f'# Seen\n<a href="../book/records/{student}.html">it</a>\n')
    record_pages(stage, stocked / "results", find_records(stocked))
    return stage


def test_every_run_has_a_page_whose_links_lead_to_pages_and_records(staged, stocked):
    runs = {path.stem for path in (stocked / "results" / "runs").glob("*.json")}
    folder = staged / EXTRA / FOLDER
    assert {path.stem for path in folder.iterdir()} == runs and len(runs) == 2
    for path in folder.iterdir():
        links = re.findall(r'href="(\.\./[^"#]+)', path.read_text())
        known = {
            f"../../_static/records/{path.stem}.json",
            *(f"../../{FOLDER}/{run}.html" for run in runs - {path.stem}),
        }
        assert f"../../_static/records/{path.stem}.json" in links
        assert all(link in known for link in links if "records" in link)


def test_a_page_names_the_pages_that_show_the_run_and_its_teacher(staged):
    (student,), (teacher,) = ([*(staged / EXTRA / FOLDER).glob(name)] for name in ("*ckdsnn*", "*teacher*"))
    assert '<a href="../../book/seen.html">Seen</a>' in student.read_text()
    assert f'<a href="../../{FOLDER}/{teacher.name}">its teacher</a>' in student.read_text()
    assert "seen.html" not in teacher.read_text()


def test_a_teacher_with_other_weights_than_the_one_on_record_is_named_without_a_link():
    records = {
        record.id: record for record in load_records(ROOT / "results") if record.id.startswith("cifar10-reduced")
    }
    student = next(record for record in records.values() if record.teacher)
    teacher = student.teacher["record"]
    assert teacher_of(student, student.id, records, "../") == f"../{FOLDER}/{teacher}.html"
    other = replace(student, teacher=student.teacher | {"sha256": "0" * 64})
    assert teacher_of(other, student.id, records, "../") == ""
    assert f"· teacher {teacher}" in beside(other, Around("", {}, (), ""))


def test_the_page_of_a_recipe_of_ones_own_has_a_line_of_python_that_repeats_it(record):
    made = []
    eval(command_of(record), {"Recipe": Recipe, "run": lambda recipe, seed, out: made.append((recipe, seed))})
    assert made == [(Recipe.of(record.recipe), record.seed)]


def test_equal_records_give_equal_pages(staged, stocked):
    first = {path: path.read_bytes() for path in (staged / EXTRA / FOLDER).iterdir()}
    record_pages(staged, stocked / "results", find_records(stocked))
    assert first == {path: path.read_bytes() for path in first}
