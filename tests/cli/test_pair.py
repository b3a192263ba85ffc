"""The trained pair in the package: what it is, and that a picture is explained by an installed package alone."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ckdsnn.assemble import load_network, load_teacher
from ckdsnn.cli import main
from ckdsnn.files import sha256_file
from ckdsnn.pair import STUDENT, pair_folder
from ckdsnn.recipe import Recipe
from ckdsnn.records import load_record, load_records

ROOT = Path(__file__).parents[2]
MOST = 1_500_000  # bytes


def picture(folder: Path) -> Path:
    """A photograph's stand-in: a bright disc on a dark ground."""
    rows, columns = np.mgrid[:90, :120]
    disc = (rows - 40) ** 2 + (columns - 70) ** 2 < 500
    path = folder / "disc.jpg"
    Image.fromarray(np.where(disc, 220, 30).astype(np.uint8)[..., None].repeat(3, 2)).save(path)
    return path


def test_the_pair_is_a_student_and_the_very_teacher_it_learned_from():
    student = load_record(STUDENT, pair_folder())
    teacher = load_record(student.teacher["record"], pair_folder())
    assert load_records(pair_folder()) == sorted([student, teacher], key=lambda record: record.id)
    assert student.teacher["sha256"] == teacher.weights["sha256"]
    assert (teacher.recipe["model"], Recipe.of(teacher.recipe).is_teacher) == ("resnet20", True)
    assert student.recipe["losses"] == "samd+nld"
    assert load_network(student, pair_folder()) and load_teacher(student, pair_folder())


def test_the_pair_says_how_good_it_is():
    records = load_records(pair_folder())
    text = (ROOT / "ckdsnn" / "pair" / "__init__.py").read_text()
    assert all(f"{record.accuracy:.1f} %" in " ".join(text.split()) for record in records)


def test_the_pair_is_small_and_the_same_as_in_the_results():
    files = [path for path in pair_folder().rglob("*") if path.suffix in (".json", ".safetensors")]
    assert len(files) == 4 and sum(path.stat().st_size for path in files) < MOST
    for path in files:
        assert sha256_file(path) == sha256_file(ROOT / "results" / path.relative_to(pair_folder()))


def test_list_shows_the_pair_and_where_it_lies(tmp_path, capsys):
    assert main(["list", STUDENT, "--out", str(tmp_path)]) == 0
    assert (
        f"records in {pair_folder()}, the package's own pair:\n  {STUDENT}, with weights\n" in capsys.readouterr().out
    )


def test_a_given_record_is_looked_for_in_the_results_alone(tmp_path, capsys):
    assert main(["explain", str(picture(tmp_path)), "--record", STUDENT, "--out", str(tmp_path)]) == 2
    assert f"unknown record '{STUDENT}' in {tmp_path}" in capsys.readouterr().err


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package as a wheel holds it, in a folder of its own; nothing else of the project is there."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    source = folder / "source"  # where it is built, files appear
    source.mkdir()
    shutil.copytree(ROOT / "ckdsnn", source / "ckdsnn", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run([*build, "--wheel-dir", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_an_installed_package_explains_a_picture_anywhere(installed, tmp_path):
    image = picture(tmp_path)
    command = [sys.executable, "-m", "ckdsnn", "explain", image.name]
    env = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "MPLBACKEND": "Agg", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "disc-explained.png\n"), done.stderr
    with Image.open(tmp_path / "disc-explained.png") as drawn:
        assert drawn.format == "PNG" and drawn.width > 1000
    where = [sys.executable, "-c", "import ckdsnn; print(ckdsnn.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()).is_relative_to(installed), "it was the installed one"
