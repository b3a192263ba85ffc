"""The search asks one question after the other of the fastest step so far, and many steps at once share a device."""

import math
import time

import pytest
import torch

from ckdsnn.bench.cases import Case
from ckdsnn.bench.crowd import Crowd
from ckdsnn.bench.search import LEAST, TRIED, Search, fastest, run_search
from ckdsnn.errors import CkdsnnError
from ckdsnn.records.bench import load_benches
from tests.forked import fork_crowds

CASE, OTHER = Case("resnet8", 1, 1, 4), Case("resnet8", 1, 2, 4)
CUDA = torch.device("cuda")


class Machine:
    """Measures what `rates` says; whatever is not in it has a rate of 1."""

    def __init__(self, device, **rates):
        self.device, self.rates, self.asked = device, rates, []

    def measure(self, case, names):
        (name,) = names
        self.asked.append((case, name))
        if self.rates.get(name) is None and name in self.rates:
            raise RuntimeError("out of memory")
        return [{"implementation": name, "images_per_second": [self.rates.get(name, 1.0)]}]


def searched(device, rates, cases=(CASE,), deadline=math.inf):
    machine = Machine(device, **rates)
    search = Search(machine, cases, deadline)
    search.run()
    return search, machine.asked


def test_every_question_begins_with_the_fastest_so_far():
    rates = {"ours, graph=True, neuron=fused": 5.0, "ours, graph=True, neuron=fused, compile=True": 9.0}
    search, asked = searched(CUDA, rates)
    names = [name for _, name in asked]
    assert names[: 1 + len(TRIED)] == ["ours", *(f"ours, graph=True, neuron={kind}" for kind in TRIED)]
    rest = names[1 + len(TRIED) :]
    assert rest[0] == "ours, graph=True, neuron=fused, channels_last=False"
    assert rest[1:3] == [f"ours, graph={graph}, neuron=fused, compile=True" for graph in (False, True)]
    assert fastest(search.entries) == "ours, graph=True, neuron=fused, compile=True"
    assert rest[3:5] == [f"ours-fp32, graph=True, neuron=fused, compile=True{more}" for more in ("", ", tf32=False")]
    assert len(set(names)) == len(names)


def test_a_variant_that_fails_is_left_out_and_never_the_pick(capsys):
    search, asked = searched(CUDA, {"ours, graph=True, neuron=fused": None, "ours": 2.0})
    assert (CASE, "ours, graph=True, neuron=fused") in asked
    assert "ours, graph=True, neuron=fused" not in [entry["implementation"] for entry in search.entries]
    assert fastest(search.entries) == "ours"
    assert "ours, graph=True, neuron=fused: failed, RuntimeError: out of memory" in capsys.readouterr().out


def test_every_case_is_measured_once_before_the_time_is_over():
    _, asked = searched(CUDA, {}, (CASE, OTHER), deadline=time.monotonic() + LEAST[False] / 2)
    assert asked == [(CASE, "ours"), (OTHER, "ours")]


def test_a_cpu_is_not_asked_for_what_it_does_not_have():
    _, asked = searched(torch.device("cpu"), {})
    assert not [name for _, name in asked if "graph" in name or "compile" in name or "tf32" in name]


@pytest.fixture
def forks(monkeypatch):
    fork_crowds(monkeypatch)


def test_a_search_on_a_small_network_writes_its_record(quick, forks, tmp_path):
    record = run_search("resnet8", "1", 2, 1.0, (1,), "resnet8", 0.01, 1, tmp_path)
    assert load_benches(tmp_path) == [record]
    assert [entry["implementation"] for entry in record.cases] == ["ours"]  # a second has no room for more
    assert record.cases[0]["floor"]["arithmetic_s"] > 0


def test_two_processes_are_measured_at_once(forks):
    with Crowd(2) as crowd:
        entry = crowd.measure(CASE, "ours", 2, 0.2)
        with pytest.raises(CkdsnnError, match="unknown neuron 'jelly'"):
            crowd.measure(CASE, "ours, neuron=jelly", 1, 0.2)
        members = [process for process, _ in crowd.members]
    assert [rate > 0 for rate in entry["images_per_second"]] == [True, True]
    assert not any(process.is_alive() for process in members)
