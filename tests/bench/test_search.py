"""The search asks one question after the other of the fastest step so far, and many steps at once share a device."""

import math
import time

import pytest
import torch

from ckdsnn.bench.cases import Case
from ckdsnn.bench.crowd import Crowd
from ckdsnn.bench.search import LEAST, TRIED, Search, at_once, fastest, run_search
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
    assert rest[:4] == [
        "ours-fp32, graph=True, neuron=fused",
        "ours, graph=True, neuron=fused, channels_last=False",
        "ours, graph=True, neuron=fused, compile=True",
        "ours-fp32, graph=True, neuron=fused, compile=True, tf32=False",
    ]
    assert fastest(search.entries) == "ours, graph=True, neuron=fused, compile=True"
    assert len(set(names)) == len(names)


def test_a_variant_that_fails_is_left_out_and_never_the_pick(capsys):
    search, asked = searched(CUDA, {"ours, graph=True, neuron=fused": None, "ours": 2.0})
    assert (CASE, "ours, graph=True, neuron=fused") in asked
    assert "ours, graph=True, neuron=fused" not in [entry["implementation"] for entry in search.entries]
    assert fastest(search.entries) == "ours"
    assert "ours, graph=True, neuron=fused: failed, RuntimeError: out of memory" in capsys.readouterr().out


def test_where_nothing_can_be_computed_any_more_the_search_ends_with_what_it_has(monkeypatch, capsys):
    """A recording that fails may leave CUDA's generator behind it."""

    def refuse(*_, **__):
        raise RuntimeError("Offset increment outside graph capture encountered unexpectedly.")

    monkeypatch.setattr("torch.rand", refuse)
    search, asked = searched(CUDA, {f"ours, graph=True, neuron={TRIED[0]}": None, "ours": 2.0}, (CASE, OTHER))
    assert asked == [(CASE, "ours"), (OTHER, "ours"), (CASE, f"ours, graph=True, neuron={TRIED[0]}")]
    assert len(search.entries) == 2 and "the search ends: Offset increment" in capsys.readouterr().out


def test_a_way_of_which_nothing_was_measured_is_the_usual_one():
    assert fastest([]) == "ours"
    assert fastest([{"implementation": "ours", "images_per_second": [1.0]}], "ours-fp32") == "ours-fp32"


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


def test_processes_are_waited_for_until_the_time_is_over(forks, monkeypatch):
    monkeypatch.setattr("ckdsnn.bench.crowd.PATIENCE", 0.1)
    start = time.monotonic()
    with pytest.raises(CkdsnnError, match="has been silent for 0 s"), Crowd(1, start) as crowd:
        crowd.measure(CASE, "ours", 1, 60.0)
    assert time.monotonic() - start < 60


def test_a_process_that_has_ended_ends_the_steps_at_once_alone(forks, capsys):
    search, _ = searched(torch.device("cpu"), {})

    class Ended(Crowd):
        def __enter__(self):
            crowd = super().__enter__()
            for process, connection in self.members:
                process.kill()
                process.join()
                connection.close()
            return crowd

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ckdsnn.bench.search.Crowd", Ended)
        assert at_once(search, (1,), "resnet8", 0.1, math.inf) == []
    assert "no more steps at once: " in capsys.readouterr().out
