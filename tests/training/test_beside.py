"""Taking turns: who is behind goes on, nothing is made twice, and the times add up; one at a time, or several."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckdsnn.errors import CkdsnnError
from ckdsnn.training import beside
from ckdsnn.training.beside import Group
from ckdsnn.training.turns import GroupStopped

PATIENCE = 20  # seconds after which threads that wait for each other are given up


def at_once(*works):
    """Do all works, each in a thread; what each of them has raised, or None."""
    raised = [None] * len(works)

    def do(number, work):
        try:
            work()
        except Exception as error:
            raised[number] = error

    threads = [threading.Thread(target=do, args=pair, daemon=True) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return raised


def trainings(group, begins, ends, steps, each):
    """For every seat a work that goes through its epochs, and calls `each` with its number, the place and the batch."""

    def work(seat):
        with seat:
            for epoch in range(begins[seat.number], ends[seat.number]):
                seat.begin(epoch)
                for step, batch in enumerate(seat.batches([(epoch, step) for step in range(steps)])):
                    each(seat, (epoch, step), batch)

    return [lambda seat=seat: work(seat) for seat in group.seats]


def test_who_is_behind_catches_up_and_then_all_go_in_step():
    seen, begins, ends = [], [2, 0, 1], [4, 3, 4]
    group = Group(3)
    raised = at_once(*trainings(group, begins, ends, 2, lambda seat, place, _: seen.append((place, seat.number))))
    assert raised == [None] * 3
    wanted = [((e, s), n) for n in range(3) for e in range(begins[n], ends[n]) for s in range(2)]
    assert seen == sorted(wanted)


def test_a_batch_and_an_answer_are_made_once_a_step_and_each_training_gets_its_own_steps():
    made, group = [], Group(3)

    def each(seat, place, batch):
        assert batch == place  # the one of this very step
        for name in ("answer", "other")[: seat.number]:
            assert seat.see(name, lambda name=name: made.append((name, place)) or (name, place)) == (name, place)

    assert at_once(*trainings(group, [0, 1, 0], [2, 2, 1], 3, each)) == [None] * 3
    assert sorted(made) == sorted({*made}) and len(made) == 2 * 3 + 3
    assert [seat.size for seat in group.seats] == [2, 2, 2]  # never were all three in one epoch


def test_only_one_works_at_a_time():
    inside, group = [], Group(4)

    def each(seat, *_):
        inside.append(seat.number)
        time.sleep(0.001)
        assert inside == [seat.number]
        inside.clear()

    assert at_once(*trainings(group, [0] * 4, [2] * 4, 3, each)) == [None] * 4


def test_one_that_fails_leaves_and_the_others_go_on():
    seen, group = [], Group(3)

    def each(seat, place, _):
        if (seat.number, place) == (1, (0, 1)):
            raise CkdsnnError("diverged")
        seen.append((place, seat.number))

    raised = at_once(*trainings(group, [0] * 3, [2] * 3, 2, each))
    assert [str(error) for error in raised] == ["None", "diverged", "None"]
    assert seen == sorted([((e, s), n) for n in (0, 2) for e in range(2) for s in range(2)] + [((0, 0), 1)])


def test_a_batch_that_cannot_be_read_is_an_error_for_all():
    def broken():
        yield (0, 0)
        raise CkdsnnError("cannot read")

    def work(seat):
        with seat:
            for _ in seat.batches(Broken()):
                pass

    class Broken(list):
        __len__, __iter__ = lambda _: 3, lambda _: broken()

    raised = at_once(*[lambda seat=seat: work(seat) for seat in Group(3).seats])
    assert [str(error) for error in raised] == ["cannot read"] * 3


def test_a_mistake_in_the_program_stops_all():
    def each(seat, place, _):
        if (seat.number, place) == (1, (0, 1)):
            raise ValueError("a mistake")

    group = Group(3)
    raised = at_once(*trainings(group, [0] * 3, [2] * 3, 2, each))
    assert [type(error) for error in raised] == [GroupStopped, ValueError, GroupStopped]
    with pytest.raises(GroupStopped):
        group.seats[0].check()


def test_each_pays_its_own_work_and_its_share_of_what_several_use(monkeypatch):
    """On a clock that only works move; two of three use an answer, and one of these another."""
    now = [0.0]
    monkeypatch.setattr(beside.time, "perf_counter", lambda: now[0])
    own, costs = [1.0, 10.0, 100.0], {"answer": 6.0, "other": 20.0}
    group, starts, ends = Group(3), {}, {}

    def spend(seconds):
        now[0] += seconds

    def each(seat, place, _):
        starts.setdefault(seat.number, seat.clock())
        spend(own[seat.number])
        for name in ("answer", "other")[: seat.number]:
            seat.see(name, lambda name=name: spend(costs[name]))
        ends[seat.number] = seat.clock()

    assert at_once(*trainings(group, [0] * 3, [2] * 3, 2, each)) == [None] * 3
    found = {number: ends[number] - starts[number] for number in range(3)}
    first = {0: 1.0, 1: 10.0 + 6 / 3, 2: 100.0 + (6 + 20) / 3}  # nobody knows yet who takes what
    later = {0: 1.0, 1: 10.0 + 6 / 2, 2: 100.0 + 6 / 2 + 20}
    assert found == {number: pytest.approx(first[number] + 3 * later[number]) for number in found}
    assert sum(later.values()) == sum(own) + sum(costs.values())


def test_who_waits_for_what_another_makes_lets_a_third_compute():
    """Of two that may compute, the first makes an answer only once the third has had its turn."""
    group, third = Group(3, 2), threading.Event()

    def look():
        assert third.wait(PATIENCE), "the one that waits for the answer keeps the third from computing"
        return "answer"

    def each(seat, *_):
        if seat.number == 2:
            third.set()
        else:
            assert seat.see("answer", look) == "answer"

    assert at_once(*trainings(group, [0] * 3, [1] * 3, 1, each)) == [None] * 3


def test_if_what_one_makes_fails_another_tries():
    group, tried = Group(3, 3), []

    def look():
        tried.append(1)
        if len(tried) == 1:
            raise CkdsnnError("not this time")
        return "answer"

    raised = at_once(*trainings(group, [0] * 3, [1] * 3, 1, lambda seat, *_: seat.see("answer", look)))
    assert sorted(map(str, raised)) == ["None", "None", "not this time"] and len(tried) == 2


@given(st.data())
@settings(max_examples=40)
def test_however_many_compute_at_once_all_see_the_same_and_stay_in_step(data):
    size, room, steps = (data.draw(st.integers(low, high)) for low, high in ((1, 5), (1, 5), (1, 3)))
    spans = [sorted((data.draw(st.integers(0, 2)), data.draw(st.integers(0, 3)))) for _ in range(size)]
    pauses = data.draw(st.lists(st.sampled_from((0, 0.0005)), min_size=8, max_size=8))
    group, inside, most, made, lock = Group(size, room), {}, [0], [], threading.Lock()

    def each(seat, place, batch):
        assert batch == place
        with lock:
            inside[seat.number] = place
            most[0] = max(most[0], len(inside))
            (first_epoch, first), *_, (last_epoch, last) = [min(inside.values()), max(inside.values())]
            assert first_epoch == last_epoch and last - first <= (room > 1)
        time.sleep(pauses[(seat.number + place[1]) % 8])
        with lock:
            del inside[seat.number]  # it may sleep while another makes the answer
        if seat.number % 2:
            assert seat.see("answer", lambda: made.append(place) or place) == place

    begins, ends = zip(*spans, strict=True)
    start = time.perf_counter()
    assert at_once(*trainings(group, begins, ends, steps, each)) == [None] * size
    passed = time.perf_counter() - start
    assert most[0] <= min(size, room) and len(made) == len({*made})
    wanted = {(e, s) for n in range(1, size, 2) for e in range(begins[n], ends[n]) for s in range(steps)}
    assert {*made} == wanted
    assert sum(seat.clock() for seat in group.seats) <= passed + 1e-6
