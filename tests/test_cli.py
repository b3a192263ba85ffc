"""The command: what it prints, what it refuses, and that an interruption can be continued."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image

from ckdsnn import load_records
from ckdsnn.cli import COMMANDS, main
from ckdsnn.cli.cite import COMPANION, PAPER, keys_of, works
from ckdsnn.engine import Engine, engine
from ckdsnn.recipe import RECIPES, SUITES
from ckdsnn.recipe.suites import SEEDS
from ckdsnn.records import save_record
from ckdsnn.training.module import Classifier
from tests.forked import fork, status_of


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(path)
    return path


def test_list_names_every_recipe_and_record(record, results, capsys):
    assert main(["list", "--out", str(results)]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in [*RECIPES, record.id])
    for suite, tiers in SUITES.items():
        (line,) = (line for line in printed.splitlines() if line.startswith(f"  {suite}: "))
        assert all(f"{tier} {len(names)}" in line for tier, names in tiers.items())


def test_list_names_every_study(tmp_path, capsys):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "landscape-some-run.json").touch()
    assert main(["list", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith(f"studies in {tmp_path}:\n  landscape-some-run\n")


def test_list_shows_failed_runs_and_why(tmp_path, capsys):
    call = ["train", "digits-snn", "--epochs", "1", "--train_images", "64", "--lr", "1e30", "--progress", "false"]
    assert main([*call, "--out", str(tmp_path)]) == 2
    (path,) = (tmp_path / "failures").iterdir()
    capsys.readouterr()
    assert main(["list", "--out", str(tmp_path)]) == 0
    assert re.search(
        rf"\nfailed runs in {tmp_path}:\n  {path.stem}, \S.* was not finite at step \d of epoch 1\n",
        capsys.readouterr().out,
    )
    path.write_text("{")
    assert main(["list", "--out", str(tmp_path)]) == 0
    assert f"  {path.stem}, its file {path} is damaged\n" in capsys.readouterr().out


def test_list_shows_what_has_a_part_in_its_name_and_where_weights_are(record, results, tmp_path, capsys):
    assert main(["list", record.recipe["name"], "--out", str(results)]) == 0
    printed = capsys.readouterr().out
    assert f"records in {results}:\n  {record.id}, with weights\n" in printed
    assert "digits-kd" not in printed and "components" not in printed and "studies in" in printed
    save_record(record, tmp_path)
    main(["list", "--out", str(tmp_path)])
    assert f"records in {tmp_path}:\n  {record.id}\n" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["train digits-ckdsnn --noise-scale variance", "suite components --lamda 2"])
def test_an_unknown_option_is_answered_with_the_fields(command, capsys):
    with pytest.raises(SystemExit):
        main(shlex.split(command))
    assert "The fields of a recipe are: dataset, image_size, train_images" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train digits-snn --epoch 1", "bench --round 1", "list --ou results"])
def test_the_beginning_of_an_options_name_is_not_its_name(command, capsys):
    with pytest.raises(SystemExit):
        main(shlex.split(command))
    assert "nrecognized arguments" in capsys.readouterr().err


def test_cite_prints_the_paper_a_work_or_what_a_recipe_builds_on(capsys):
    main(["cite"])
    paper = capsys.readouterr().out
    assert paper.startswith("@inproceedings{liu2026closer,") and paper.count("@") == 1 and paper.endswith("}\n")
    main(["cite", "bkdsnn"])
    blurred = capsys.readouterr().out
    main(["cite", "cifar10-resnet19-bkd"])
    printed = capsys.readouterr().out
    assert paper in printed and blurred in printed
    keys = re.findall(r"^@\w+\{(\w+),", printed, re.M)
    spiking, data = ["tdbn", "surrogate", "spikingjelly"], ["cifar", "autoaugment", "erasing"]
    assert keys == [PAPER, "kd", "bkdsnn", "resnet", *spiking, *data]
    maps = {"cifar10-16k-samd": {"cam"}, "cifar10-16k-ckdsnn-stage1": {"gradcam"}, "digits-kd": set()}
    maps |= {"cifar10-16k-ckdsnn-all-stages": {"cam", "gradcam"}}
    assert {name: {"cam", "gradcam"} & set(keys_of(RECIPES[name])) for name in maps} == maps
    main(["cite", "digits-teacher"])
    assert re.findall(r"^@\w+\{(\w+),", capsys.readouterr().out, re.M) == [PAPER, "resnet"]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("digits-ckdsnn-first", [PAPER, "cam", "enof", "resnet", "tdbn", "surrogate", "spikingjelly"]),
        ("ckdsnn-first", [PAPER, "cam", "enof"]),  # a method
        ("bkd", [PAPER, "kd", "bkdsnn"]),
        ("kd", ["kd"]),  # a method and a work: the work
        ("ckdsnn", [PAPER, "cam"]),  # a method
        ("companion", [COMPANION]),
    ],
)
def test_cite_knows_recipes_works_and_methods(name, keys, capsys):
    assert main(["cite", name]) == 0
    assert re.findall(r"^@\w+\{(\w+),", capsys.readouterr().out, re.M) == keys


def test_help_says_what_each_command_does(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    for name, command in COMMANDS.items():
        assert f"{name} {command.text}" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_own_help_begins_with_what_it_does(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"usage: ckdsnn [options] {name} ") and COMMANDS[name].text in said


def test_an_unknown_work_lists_the_known_ones(capsys):
    assert main(["cite", "magic"]) == 2
    assert "unknown work 'magic'; choose one of: liu2026closer, cam, gradcam" in capsys.readouterr().err


def test_every_work_that_a_recipe_builds_on_is_in_the_bibliography():
    assert {key for recipe in RECIPES.values() for key in keys_of(recipe)} <= {*works()}


def test_a_reader_that_stops_early_causes_no_traceback():
    command = f"{sys.executable} -m ckdsnn list | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "BrokenPipeError" not in done.stderr


def test_data_tells_sizes_and_digest(record, capsys):
    assert main(["data", "digits"]) == 0
    printed = capsys.readouterr().out
    assert "1437 to train on, 360 to test on, 16 x 16, 10 classes" in printed and record.data["digest"] in printed


def test_train_writes_the_record_it_names_on_as_many_threads_as_asked(tmp_path, capsys):
    arguments = ["train", "digits-snn", "--epochs", "1", "--train_images", "64", "--progress", "false"]
    before = torch.get_num_threads()
    try:
        assert main([*arguments, "--out", str(tmp_path), "--threads", "2"]) == 0
    finally:
        torch.set_num_threads(before)
    (record,) = load_records(tmp_path)
    assert f"record {record.id}" in capsys.readouterr().out and record.env["threads"] == 2


def test_train_stops_for_its_budget_with_status_3_and_goes_on(tmp_path, capsys, monkeypatch):
    arguments = ["train", "digits-snn", "--epochs", "2", "--train_images", "64", "--progress", "false"]
    arguments += ["--out", str(tmp_path)]
    monkeypatch.setattr("ckdsnn.training.parse_duration", lambda text: {"1s": 1e-3}[text])  # shorter than an epoch
    assert main([*arguments, "--budget", "1s"]) == 3
    assert "digits-snn, seed 0, stopped after epoch 1 of 2; the same command continues" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
    assert main(arguments) == 0
    assert "continuing from" in capsys.readouterr().out and len(list((tmp_path / "runs").iterdir())) == 1


@pytest.mark.parametrize(
    ("fates", "status"),
    [([], 0), (["done"], 0), (["done", "stopped"], 3), (["not started"], 3), (["stopped", "failed", "done"], 1)],
)
def test_suite_ends_with_the_status_and_the_command_to_go_on(fates, status, monkeypatch, capsys):
    called = []
    monkeypatch.setattr("ckdsnn.training.run_suite", lambda **given: called.append(given) or dict(enumerate(fates)))
    call = "suite components --tier paper --budget 1h30m --jobs 3 --out a\\ folder --timesteps 4 --flip false"
    assert main(shlex.split(call)) == status
    printed = capsys.readouterr().out
    assert called[0]["budget"] == 5400 and called[0]["flip"] is False and "epochs" not in called[0]
    if not status:
        assert printed == ""
        return
    program, *words = shlex.split(printed.removeprefix("to go on: "))
    assert program == "ckdsnn" and main(words) == status
    assert called[1] == called[0]


def test_an_interrupted_suite_says_so(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ckdsnn.training.run_suite", interrupted)
    assert main(["suite", "components"]) == 130
    assert capsys.readouterr().err == "ckdsnn suite: interrupted\n"


def test_a_dry_run_prints_the_plan_and_ends_well(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ckdsnn.training.estimate.measure", lambda *_: 100.0)
    arguments = ["suite", "components", "--dry_run", "true", "--accelerator", "cpu", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--jobs", "2", "--budget", "2h", "--epochs", "1"]) == 0
    printed = capsys.readouterr().out
    recipes = [RECIPES[name].replace(epochs=1) for name in SUITES["components"]["smoke"]]
    ids = [recipe.record_id(seed) for recipe in recipes for seed in range(SEEDS["components"])]  # as many as planned
    ids.append(RECIPES["digits-teacher"].record_id(0))
    assert sorted(line.split()[0] for line in printed.splitlines()[1:-2]) == sorted(ids)
    assert list(tmp_path.iterdir()) == []


def test_the_engines_switches_are_options_and_on_record(tmp_path):
    arguments = ["train", "digits-snn", "--epochs", "1", "--train_images", "64", "--progress", "false"]
    assert main([*arguments, "--engine.neuron", "spikingjelly", "--out", str(tmp_path)]) == 0
    (record,) = load_records(tmp_path)
    assert record.env["engine"] == asdict(Engine(neuron="spikingjelly"))
    assert engine() == Engine()


def test_eval_gives_the_recorded_accuracy(record, results, capsys):
    assert main(["eval", record.id, "--out", str(results)]) == 0
    assert f"{record.accuracy:.2f} % now, {record.accuracy:.2f} % on record" in capsys.readouterr().out


def test_explain_writes_one_picture(record, results, picture, tmp_path, capsys):
    target = tmp_path / "new" / "explained.png"
    arguments = ["explain", str(picture), "--record", record.id, "--out", str(results), "--to", str(target)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == str(target)
    with Image.open(target) as image:
        assert image.format == "PNG" and image.width > 1000
    assert [path.name for path in target.parent.iterdir()] == ["explained.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "digits-magic"], "unknown recipe 'digits-magic'; choose one of: digits-at, digits-samd"),
        (["train", "digits-ckdsnn", "--timesteps", "0"], "timesteps = 0; expected from 1"),
        (["train", "digits-snn", "--timesteps", "-1"], "timesteps = -1; expected from 1"),
        (["train", "digits-snn", "--threads", "0"], "threads = 0; expected an integer from 1 to 1024"),
        (["train", "digits-snn", "--engine.neuron", "jelly"], "unknown neuron 'jelly'; choose one of: auto, fused"),
        (["train", "digits-snn", "--model", "vgg"], "unknown model of a student 'vgg'; choose one of: resnet8"),
        (["train", "digits-snn", "--dataset", "mnist"], "unknown dataset 'mnist'; choose one of: digits, cifar10"),
        (["train", "digits-ckdsnn", "--losses", "samd+magic"], "unknown loss 'magic'; choose one of: kd, samd, nld"),
        (["train", "digits-snn", "--budget", "9"], "budget = '9'; expected hours, minutes, seconds"),
        (["suite", "magic"], "unknown suite 'magic'; choose one of: components"),
        (["suite", "components", "--tier", "huge"], "unknown tier 'huge'; choose one of: smoke, reduced, paper"),
        (["suite", "components", "--budget", "soon"], "budget = 'soon'; expected hours, minutes, seconds"),
        (["suite", "components", "--jobs", "0"], "jobs = 0; expected an integer of at least 1"),
        (["suite", "components", "--epochs", "0"], "epochs = 0; expected from 1"),
        (["bench", "--models", "vgg"], "unknown model 'vgg'; choose one of: resnet8, resnet19, resnet20"),
        (["bench", "--timesteps", "1,few"], "timesteps = 'few'; expected an integer of at least 1"),
        (["bench", "--rounds", "0"], "rounds = 0; expected an integer of at least 1"),
        (
            ["bench", "--implementations", "theirs"],
            "unknown implementation 'theirs'; choose one of: reference, spikingjelly, ours",
        ),
        (["data", "mnist"], "unknown dataset 'mnist'"),
        (["eval", "nothing"], "unknown record 'nothing'"),
        (["explain", "x.png", "--record", "nothing"], "unknown record 'nothing'"),
        (["explain", "x.png"], "cannot read x.png as a picture"),
    ],
)
def test_a_mistake_is_named_with_the_choices_and_leaves_nothing(arguments, message, tmp_path, capsys):
    out = [] if arguments[0] == "data" else ["--out", str(tmp_path / "results")]
    assert main([*arguments, *out]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [("", False), ("--dry_run", True), ("--dry_run true", True), ("--dry_run=false", False)],
)
def test_what_is_true_or_false_may_stand_alone(words, expected):
    options = COMMANDS["suite"].parser().parse_args(["components", *words.split(), "--flip", "--engine.compile=true"])
    assert options.dry_run is expected and options.flip is True and options.engine.compile is True


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--data", "x"],
        ["bench", "--data", "x"],
        ["explain", "x.png", "--record", "r", "--data", "x"],
        ["data", "digits", "--out", "x"],
        ["suite", "--dry_run", "components"],
        ["fly"],
        ["train", "digits-snn", "--epochs", "many"],
        ["train", "digits-snn", "--tau", "2"],
        ["train", "digits-snn", "--tier", "paper"],
        ["explain"],
    ],
)
def test_what_the_parser_refuses_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["--beta 1" + 400 * "0", "--epochs many", "--epoch 3", "--flip maybe", f"--out a/{300 * 'b'}", ""]
)
def test_a_mistake_in_a_line_is_one_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", *["digits-snn"] * bool(words), *words.split()])
    (said,) = capsys.readouterr().err.splitlines()
    assert stop.value.code == 2 and said.startswith("ckdsnn") and ": error: " in said
    assert words != "--epoch 3" or "the nearest: epochs" in said


def test_a_figure_is_written_in_the_format_of_its_name_or_refused(picture, tmp_path, capsys):
    for end, begin in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")):
        assert main(["explain", str(picture), "--to", str(tmp_path / f"x{end}")]) == 0
        assert (tmp_path / f"x{end}").read_bytes().startswith(begin)
    for end in (".jpg", ""):
        assert main(["explain", str(picture), "--to", str(tmp_path / f"y{end}")]) == 2
        assert not (tmp_path / f"y{end}").exists()
    assert "unknown kind of figure '.jpg'; choose one of: .svg, .png, .pdf" in capsys.readouterr().err


def test_an_unknown_field_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["train", "digits-snn", "--tau", "2"])
    assert "--tau" in (said := capsys.readouterr().err) and "logit_temperature" in said


def test_a_picture_that_is_none_and_a_teachers_record(record, results, picture, tmp_path, capsys):
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    target = tmp_path / "out.png"
    common = ["--out", str(results), "--to", str(target)]
    assert main(["explain", str(text), "--record", record.id, *common]) == 2
    assert f"cannot read {text} as a picture" in capsys.readouterr().err
    assert main(["explain", str(picture), "--record", record.teacher["record"], *common]) == 2
    assert "is a teacher's" in capsys.readouterr().err
    assert not target.exists()


def test_ctrl_c_leaves_no_record_and_the_same_command_goes_on(tmp_path, capsys, monkeypatch):
    words = ["train", "digits-snn", "--out", str(tmp_path), "--progress", "false"]
    words += ["--train_images", "320", "--epochs", "200"]
    log = tmp_path / "log"
    first = fork(words, log)
    while first.is_alive() and not list(tmp_path.glob("work/*/last.ckpt")):
        time.sleep(0.1)
    os.kill(first.pid, signal.SIGINT)
    assert status_of(first) == 130, log.read_text()
    assert "the same command continues" in log.read_text()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "training_step", interrupted)
    assert main(words) == 130
    said = capsys.readouterr().out
    assert said.startswith("digits-snn, seed 0: 200 epochs") and said.splitlines()[1].startswith("continuing from")
    assert not (tmp_path / "runs").exists()


def test_a_file_of_ones_own_is_run_first(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(RECIPES, "own-snn", None)
    del RECIPES["own-snn"]
    own = tmp_path / "own.py"
    own.write_text(
        "from ckdsnn.recipe import RECIPES\n"
        "RECIPES['own-snn'] = RECIPES['digits-snn'].replace(name='own-snn', train_images=64, epochs=1)\n"
    )
    call = ["train", "own-snn", "--out", str(tmp_path / "out"), "--progress", "false", "--own", str(own)]
    assert main(call) == 0 and "record own-snn-s0-" in capsys.readouterr().out
    own.write_text("import a_package_that_is_not_there")
    assert main(call) == 2 and "own.py' fails: ModuleNotFoundError" in capsys.readouterr().err
