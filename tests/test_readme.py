"""What README and book tell a reader to type really works: code blocks run, commands parse, paths exist."""

import re
import shlex
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import papermill
import pytest
import torch
from PIL import Image

from ckdsnn import load_records, models
from ckdsnn.cli import COMMANDS
from ckdsnn.cli.options import CHANGEABLE, run_file
from ckdsnn.recipe import RECIPES, Recipe
from ckdsnn.recipe.fields import is_current
from ckdsnn.recipe.named import resolve
from ckdsnn.training.together import check_alike

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGES = ("README.md", "book/index.md", "book/reproduce.md", "book/own.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    """The fenced blocks of a language, in order."""
    return [text for kind, text in BLOCK.findall((ROOT / page).read_text()) if kind == language]


def commands(page):
    """Every command of the page's bash blocks, as a list of words."""
    lines = "\n".join(blocks(page, "bash")).replace(" && ", "\n").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def launched(words):
    """The command that torchrun or SLURM starts, or the words themselves."""
    return words[words.index("ckdsnn") :] if words[0] in ("torchrun", "srun") else words


LINES = [words for page in PAGES for words in commands(page)]


def lines_of(program):
    found = [words for words in map(launched, LINES) if words[0] == program]
    assert found, f"no line calls {program}"
    return [pytest.param(words[1:], id=" ".join(words)) for words in found]


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder of noise in two classes, in the folder where a block runs; the tables are afterwards as they were."""
    for name in ("ant", "bee"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for index in range(10):
            noise = np.random.default_rng([index, len(name)]).integers(0, 256, (40, 48, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / "pictures" / name / f"{index}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ckdsnn.engine.usable_cores", lambda: 1)  # else each pass starts two workers
    for table in (models.STUDENTS, models.TEACHERS, RECIPES):
        for name in ("own-snn", "own-ann", "own-teacher", "own-student"):
            monkeypatch.setitem(table, name, None)  # what a block puts there is gone afterwards
            del table[name]


@pytest.mark.parametrize("code", [*blocks("README.md", "python"), *blocks("book/own.md", "python")])
def test_python_blocks_run_as_written(code, pictures):
    names = {"__name__": "__main__"}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        exec(code, names)
    if "loss" in names:
        assert names["loss"].isfinite() and all(p.grad is not None for p in names["student"].parameters())
        assert all(p.grad is None for p in names["teacher"].parameters()), "nothing flows into the teacher"
    elif "record" in names:
        assert [record.id for record in load_records("results")] == [
            names["record"].id,
            names["record"].teacher["record"],
        ]
        assert names["record"].data["classes"] == ["ant", "bee"]
    elif "maps" in names:
        assert names["maps"].dim() == 3 and names["maps"].any()
    else:
        assert (names["seen"].logits.shape, names["seen"].stages[-1].shape) == ((2, 10), (2, 768, 4, 4))


def test_a_command_that_reads_the_example_trains_nothing(pictures):
    (code,) = [code for code in blocks("README.md", "python") if 'run("own-student")' in code]
    Path("own.py").write_text(code)
    run_file("own.py")
    assert "own-student" in RECIPES and not Path("results").exists()


@pytest.mark.parametrize("page", ["README.md", *(f"book/{path.name}" for path in (ROOT / "book").glob("*.md"))])
def test_links_to_files_of_the_project_lead_somewhere(page):
    text = BLOCK.sub("", (ROOT / page).read_text())
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


def test_readme_starts_with_the_two_commands():
    assert [words[:2] for words in commands("README.md")[:2]] == [["make", "book"], ["make", "test"]]


@pytest.mark.parametrize("words", lines_of("make"))
def test_make_targets_exist(words):
    assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("words", lines_of("ckdsnn"))
def test_commands_parse(words):
    options = COMMANDS[words[0]].parser().parse_args(words[1:])
    if words[0] == "train" and not options.own:  # whose recipes only that file knows
        changes = {field.name: options[field.name] for field in CHANGEABLE if field.name in options}
        check_alike([resolve(name, changes) for name in options.recipe])


@pytest.mark.parametrize("words", lines_of("papermill"))
def test_papermill_sets_parameters_that_the_notebook_has(words):
    notebook, _, *rest = words
    given = {name: value for flag, name, value in zip(rest[::3], rest[1::3], rest[2::3], strict=True) if flag == "-p"}
    assert len(given) * 3 == len(rest) > 0
    assert given.keys() <= papermill.inspect_notebook(ROOT / notebook).keys()
    assert given.get("recipe", "digits-snn") in RECIPES


@pytest.mark.parametrize("words", lines_of("pip"))
def test_pip_installs_the_clone_as_the_project_may_have_no_address(words):
    clone = re.fullmatch(r"\.(?:\[(.+)\])?", words[-1])
    assert clone and set((clone[1] or "dev").split(",")) <= PROJECT["optional-dependencies"].keys()


STAGES_TODAY = {"first": "stage1", "second": "stage2", "all": "all-stages"}


def name_today(name):
    """What the table of results/README.md says that the recipe of a record from before is called today."""
    if not (found := re.fullmatch(r"(.+?)-(ckdsnn|samd)(?:-(.*))?", name)):
        return name
    setting, family, rest = found.groups(default="")
    scaled, rest = re.match(r"sample\b", rest), re.sub(r"^sample-?", "", rest)
    counted = rest in ("", "none", "l2", "beta0.016", "t2", "t4", "t6", *STAGES_TODAY) or rest.startswith("with-")
    count = "" if scaled or not counted else "count"
    return "-".join(filter(None, (setting, family, count, STAGES_TODAY.get(rest, rest))))


def test_a_record_is_repeated_by_the_name_that_the_readme_of_results_gives():
    records = [record for record in load_records(ROOT / "results") if not is_current(record.recipe)]
    assert len(records) > 300
    for record in records:
        own = Recipe.of(record.recipe)
        changes = {name: value for name, value in asdict(own).items() if name not in ("name", "tier")}
        assert resolve(name_today(own.name), changes).digest() == own.digest()
    unlike = [r.id for r in records if RECIPES[name_today(r.recipe["name"])].digest() != r.id[-8:]]
    assert len(unlike) == 1, "one single run with a field of its own"


def test_every_folder_of_the_package_is_in_the_readme():
    table = re.findall(r"^\| \[`(\S+)`\]\((\S+)\) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert all(shown == target and (ROOT / target).is_dir() for shown, target in table)
    packages = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "ckdsnn").glob("*/__init__.py")}
    assert {shown for shown, _ in table} >= packages
