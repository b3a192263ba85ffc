"""Contenders take turns, rates are images over seconds, and phases are medians."""

from types import SimpleNamespace

import pytest
import torch

from ckdsnn.bench import measure
from ckdsnn.bench.measure import Contender, alternate, phase_seconds, source_seconds


class Step:
    """Notes what is asked of it; the first phase costs 1 s, the second 2 s."""

    device = torch.device("cpu")

    def __init__(self, name, diary):
        self.name, self.diary = name, diary
        self.phases = {"teacher": lambda: diary.append(1), "student": lambda: diary.append(2)}

    def __call__(self):
        self.diary.append((self.name, self.images, self.labels))

    def forward(self):
        self.diary.append((self.name, "forward"))


def source(name):
    return SimpleNamespace(batch=8, take=lambda steps: ((f"{name}{step}", step) for step in range(steps)))


@pytest.fixture
def clock(monkeypatch):
    """A clock by which all work takes 4 s; change its `seconds` to any other function of the work."""

    def timed(work, _):
        work()
        return clock.seconds()

    clock = SimpleNamespace(seconds=lambda: 4.0)
    monkeypatch.setattr(measure, "timed", timed)
    monkeypatch.setattr(measure, "PAUSE", 0)
    return clock


def test_contenders_alternate_in_every_round(clock):
    diary = []
    alternate([Contender(Step(name, diary), source(name), steps) for name, steps in (("a", 1), ("b", 2))], 2)
    a = [("a", "a0", 0), ("a", "forward")]
    b = [("b", "b0", 0), ("b", "b1", 1), ("b", "forward"), ("b", "forward")]
    assert diary == (a + b) * 2


def test_rates_are_images_over_seconds(clock):
    slow, fast = (Contender(Step("x", []), source("x"), steps) for steps in (1, 3))
    alternate([slow, fast], 2)
    assert slow.full == slow.forward == [2.0, 2.0]
    assert fast.full == fast.forward == [6.0, 6.0]


def test_power_is_read_once_after_each_block_of_full_steps(clock, monkeypatch):
    diary, drawn = [], iter([300.0, 200.0])
    monkeypatch.setattr(measure, "watts", lambda device: diary.append("power") or next(drawn))
    contender = Contender(Step("x", diary), source("x"))
    alternate([contender], 2)
    assert contender.watts == [300.0, 200.0] and diary == [("x", "x0", 0), "power", ("x", "forward")] * 2


def test_forward_passes_can_be_left_out(clock):
    contender = Contender(Step("x", []), source("x"))
    alternate([contender], 1, forward=False)
    assert contender.full == [2.0] and contender.forward == []


def test_phases_are_medians_of_passes_in_order(clock):
    diary, seconds = [], iter([0.1, 0.01, 0.3, 0.03, 0.2, 0.02, 0.2, 0.02, 0.9, 0.09])
    clock.seconds = lambda: next(seconds)
    assert phase_seconds(Step("x", diary)) == {"teacher": 0.2, "student": 0.02}
    assert diary == [1, 2] * measure.REPEATS


def test_slow_phases_are_measured_once(clock):
    diary = []
    assert phase_seconds(Step("x", diary)) == {"teacher": 4.0, "student": 4.0}
    assert diary == [1, 2]


def test_input_costs_its_share_of_a_pass_after_the_first(clock):
    taken, seconds = [], iter([100.0, 3.0, 6.0, 9.0, 1.0, 20.0])
    clock.seconds = lambda: next(seconds)
    counted = SimpleNamespace(take=lambda steps: taken.append(steps) or [])
    assert source_seconds(counted, 3, None) == 2.0
    assert taken == [3] * 6
