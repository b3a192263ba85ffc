"""A whole measurement on a tiny network: its record, its table, and that a mistake leaves nothing."""

import numpy as np
import pytest
import torch

from ckdsnn.bench.cases import switched
from ckdsnn.bench.floor import count
from ckdsnn.bench.run import run_bench
from ckdsnn.cli import main
from ckdsnn.engine import Engine, using
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import BENCHES, load_benches
from ckdsnn.report.speed import PHASES

IMPLEMENTATIONS = ["reference", "spikingjelly", "ours", "ours-bf16"]
TINY = {"models": "resnet8", "timesteps": "1,2", "batch": 2, "rounds": 2, "steps": 1}


def test_a_record_holds_every_case_with_every_implementation(quick, tmp_path):
    with using(Engine(cpu_bf16=False)):
        record = run_bench(**TINY, implementations=",".join(IMPLEMENTATIONS), out=tmp_path)
    assert load_benches(tmp_path) == [record] == [BENCHES.load(record.id, tmp_path)]
    every = [(t, name) for t in (1, 2) for name in IMPLEMENTATIONS]
    assert [(e["timesteps"], e["implementation"]) for e in record.cases] == every
    for entry in record.cases:
        assert len(entry["images_per_second"]) == len(entry["forward_images_per_second"]) == 2
        assert entry["phase_seconds"].keys() == PHASES.keys()
        assert entry["dtype"] == ("bfloat16" if entry["implementation"] == "ours-bf16" else "float32")
        rate = record.device_limits["flops_per_second"][entry["dtype"]]
        assert entry["floor"]["arithmetic_s"] == entry["flops"] / rate
    unasked = dict.fromkeys(("sweep", "switches", "groups", "waiting"), False)
    assert record.options == TINY | {"implementations": ",".join(IMPLEMENTATIONS)} | unasked
    assert record.sweep == record.groups == record.waiting == [] and record.cases[0]["watts"] is None


def test_the_reference_has_more_to_compute_and_both_grow_with_t(quick, tmp_path):
    """Its gradients flow into the teacher; with T = 2 the student costs twice, all but the stem."""
    record = run_bench(**TINY, implementations="reference,ours", out=tmp_path)
    one, ours, two, ours_two = (entry["flops"] for entry in record.cases)
    assert one > ours and two > ours_two and 1.5 * ours < ours_two < 2 * ours


def test_switches_and_sweep(quick, tmp_path, monkeypatch):
    axes = {"timesteps": (1, 2), "batch": (2, 3), "width": (1,)}
    monkeypatch.setattr("ckdsnn.bench.cases.SWEPT", axes)
    options = TINY | {"models": "resnet20,resnet8", "timesteps": "1", "rounds": 1}
    record = run_bench(**options, implementations="ours", switches=True, sweep=True, out=tmp_path)
    names = {e["model"]: [f["implementation"] for f in record.cases if f["model"] == e["model"]] for e in record.cases}
    assert names == {"resnet20": ["ours", *switched(torch.device("cpu"))], "resnet8": ["ours"]}
    assert [(p["axis"], p["value"]) for p in record.sweep] == [(a, v) for a, values in axes.items() for v in values]
    (start,) = {tuple(p["images_per_second"]) for p in record.sweep if (p["timesteps"], p["batch"]) == (1, 2)}
    assert len(start) == 1, "what the axes share is measured once"


def test_numbers_of_numpys_are_kept_as_pythons(quick, tmp_path):
    numbers = {name: np.int64(TINY[name]) for name in ("batch", "rounds", "steps")}
    record = run_bench(**TINY | numbers | {"timesteps": "1"}, implementations="ours", out=tmp_path)
    assert load_benches(tmp_path) == [record]


def test_a_block_takes_its_time(quick, tmp_path, monkeypatch):
    monkeypatch.setattr("ckdsnn.bench.run.phase_seconds", lambda step: dict.fromkeys(step.phases, 0.11))
    record = run_bench(**TINY | {"timesteps": "1", "rounds": 1, "steps": 0}, implementations="ours", out=tmp_path)
    assert [entry["steps"] for entry in record.cases] == [4]  # of 0.55 s, in 2 s


def test_a_compiled_step_is_counted_on_an_eager_twin(quick, tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module: compiled.append(module))
    counted = []
    monkeypatch.setattr("ckdsnn.bench.run.count", lambda step: counted.append(step.network) or count(step))
    with using(Engine(compile=True)):
        run_bench(**TINY | {"timesteps": "1"}, implementations="ours", out=tmp_path)
    assert len(compiled) == 2 and len(counted) == 1, "student and teacher of the one that is timed"
    assert counted[0] not in compiled


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": "vgg"}, "unknown model 'vgg'"),
        ({"rounds": 0}, "rounds = 0; expected an integer of at least 1"),
        ({"steps": -1}, "steps = -1; expected an integer of at least 0"),
        ({"implementations": "theirs"}, "unknown implementation 'theirs'"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_measured(options, message, tmp_path):
    with pytest.raises(CkdsnnError, match=message):
        run_bench(**TINY | options, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_table_and_writes_the_record_it_names(quick, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)  # no C++ compiler: what it makes takes long
    arguments = ["bench", "--models", "resnet8", "--timesteps", "1", "--batch", "8", "--rounds", "1", "--steps", "1"]
    assert main([*arguments, "--out", str(tmp_path), "--engine.cpu_bf16", "false"]) == 0
    printed = capsys.readouterr().out.splitlines()
    (record,) = load_benches(tmp_path)
    assert printed[-1] == f"record {record.id} in {tmp_path}"
    rows = [line.split() for line in printed if line.startswith("resnet8 ")]
    assert [row[:3] for row in rows] == [["resnet8", "1", name] for name in IMPLEMENTATIONS[:3]]
