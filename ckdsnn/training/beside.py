"""Trainings side by side: threads of one process that share what a step shows them all, and the cores it computes on.

Every thread trains with the code that trains alone. As many compute at a time as the group allows; the others sleep.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ckdsnn.data.batches import Batches, Examples
from ckdsnn.errors import CkdsnnError

T = TypeVar("T")
Place = tuple[int, int]  # the epoch and the step that a training is at, from 0
NOT_BEGUN = (-1, 0)


class Stopped(Exception):
    """Ends the thread of a training whose group has been stopped."""


class Alone:
    """What a training has of those beside it: here there are none."""

    number = 0
    """this training's"""
    size = 1
    """how many they are, this one included"""
    at_once = 1
    """how many of them compute at a time"""

    def clock(self) -> float:
        """Seconds that count for this training: its share of the time, and of what is made for several."""
        return time.perf_counter()

    def begin(self, epoch: int) -> None:
        """To be called before the first batch of every epoch."""

    def batches(self, own: Batches) -> Iterable[Examples]:
        """The batches that this training's own loader gives."""
        return own

    def see(self, name: str, look: Callable[[], T]) -> T:
        """What `look` returns, for all once in a step; the name tells apart what is looked at."""
        return look()

    def check(self) -> None:
        """Raise Stopped where the group has been stopped."""


ALONE = Alone()


class Turns:
    """Whose turn it is to compute: at most `at_once` do, and of those that wait the furthest behind goes first.

    So who has to catch up does, and then all go in step. Where several compute, one goes ahead by a step, to make what
    that shows them all while the others are busy. Before they have begun, one works at a time: what a training is made
    of is loaded, and drawn, for the whole process.
    """

    def __init__(self, members: int, at_once: int = 1):
        self.at_once = at_once
        self.places = dict.fromkeys(range(members), NOT_BEGUN)
        self.furthest = NOT_BEGUN  # that anyone has begun
        self.waiting: dict[int, bool] = {}  # who waits -> whether to begin a step, not to go on within one
        self.computing: set[int] = set()
        self.spent = dict.fromkeys(range(members), 0.0)
        self.noted = 0.0  # when the times were last brought up to date
        self.changed = threading.Condition()
        self.stopped = False

    def begin(self, member: int, place: Place) -> None:
        """End the step that the member is at; return when it may begin the one at this place. Raises Stopped."""
        with self.changed:
            self.rest(member)
            self.places[member] = place
            self.resume(member, begins=True)
            self.furthest = max(self.furthest, place)

    def pause(self, member: int, until: Callable[[], bool]) -> None:
        """Let others compute until this is so. To be called with `changed` held. Raises Stopped."""
        self.rest(member)
        self.changed.wait_for(lambda: self.stopped or until())
        self.resume(member)

    def rest(self, member: int) -> None:
        self.note_times()
        self.computing.discard(member)
        self.changed.notify_all()

    def resume(self, member: int, begins: bool = False) -> None:
        self.waiting[member] = begins
        self.changed.wait_for(lambda: self.stopped or self.is_next(member))
        del self.waiting[member]
        self.check()
        self.note_times()
        self.computing.add(member)
        self.changed.notify_all()  # there may be room for another

    def is_next(self, member: int) -> bool:
        """Whether there is room for one that waits, and it is this one's turn."""
        last = min(self.places.values())
        near = [one for one in self.waiting if last >= self.nearest(self.places[one])]
        room = 1 if last == NOT_BEGUN else self.at_once
        return len(self.computing) < room and bool(near) and member == min(near, key=self.order)

    def nearest(self, place: Place) -> Place:
        """Where all others have to be before a member begins this step."""
        epoch, step = place
        return epoch, max(step - (self.at_once > 1), 0)

    def order(self, member: int) -> tuple[bool, Place, bool, int]:
        place = self.places[member]
        return place <= self.furthest, place, self.waiting[member], member

    def note_times(self) -> None:
        """Share out the time that has passed to those who computed: so the times of all add up to that of the group."""
        now = time.perf_counter()
        for member in self.computing:
            self.spent[member] += (now - self.noted) / len(self.computing)
        self.noted = now

    def clock(self, member: int) -> float:
        """Its seconds."""
        with self.changed:
            self.note_times()
            return self.spent[member]

    def in_epoch(self, epoch: int) -> int:
        """How many are there."""
        return sum(place[0] == epoch for place in self.places.values())

    def leave(self, member: int) -> None:
        with self.changed:
            self.rest(member)
            del self.places[member]

    def stop(self) -> None:
        """Let every member end at its next look."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()

    def check(self) -> None:
        if self.stopped:
            raise Stopped


@dataclass
class Made:
    """What has been made for a step, by one for all."""

    value: Any
    share: float
    """seconds that everyone who takes it is charged"""
    takers: int = 0


class Group:
    """So many trainings that are shown the same: the steps that they are at, and what has been made for these.

    at_once: how many of them compute at a time.
    """

    def __init__(self, members: int, at_once: int = 1):
        self.turns = Turns(members, at_once)
        self.seats = [Seat(self, number) for number in range(members)]
        self.made: dict[Place, dict[str, Made | None]] = {}  # None: someone is at it
        self.takers: dict[str, int] = {}
        self.epoch: Iterator[Examples] = iter(())
        self.unreadable: CkdsnnError | None = None

    def prepare(self, place: Place, own: Batches) -> None:
        """Make room for what is made in this step; of a new epoch the batches come from the loader of who begins it."""
        if place in self.made:
            return
        last = min(self.turns.places.values())
        for passed in [other for other in self.made if other < last]:
            self.takers = {name: made.takers for name, made in self.made.pop(passed).items()}
        self.made[place] = {}
        if place[1] == 0:
            self.epoch = iter(own)

    def sharers(self, name: str) -> int:
        """How many are expected to take what is made: as many as at a step before, at first all."""
        return self.takers.get(name) or len(self.turns.places)

    def batch(self) -> Examples:
        """The step's. One that cannot be read is an error for all."""
        if self.unreadable:
            raise self.unreadable
        try:
            return next(self.epoch)
        except CkdsnnError as error:
            self.unreadable = error
            raise


class Seat(Alone):
    """One training's place in a group, to be held by its thread: `with seat: ...` begins with its first turn."""

    def __init__(self, group: Group, number: int):
        self.group, self.turns, self.number, self.epoch = group, group.turns, number, 0
        self.at_once = group.turns.at_once
        self.step: dict[str, Made | None] = {}
        self.charged = 0.0  # seconds for what is made for several, less those that it took to make some of it here

    def __enter__(self) -> "Seat":
        self.turns.begin(self.number, NOT_BEGUN)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, _: Any) -> None:
        if error and not isinstance(error, CkdsnnError):
            self.turns.stop()  # no fault of this one alone
        self.turns.leave(self.number)

    def clock(self) -> float:
        return self.turns.clock(self.number) + self.charged

    def begin(self, epoch: int) -> None:
        self.epoch = epoch

    def batches(self, own: Batches) -> "SharedBatches":
        return SharedBatches(self, own)

    def begin_step(self, step: int, own: Batches) -> None:
        """Return when it is this training's turn there."""
        place = self.epoch, step
        self.turns.begin(self.number, place)
        with self.turns.changed:
            self.size = max(self.size, self.turns.in_epoch(self.epoch))
            self.group.prepare(place, own)
            self.step = self.group.made[place]

    def see(self, name: str, look: Callable[[], T]) -> T:
        with self.turns.changed:
            while name in self.step and self.step[name] is None:
                self.turns.pause(self.number, lambda: self.step.get(name, self) is not None)
            if first := name not in self.step:
                self.step[name] = None
        if first:
            self.make(name, look)
        with self.turns.changed:
            made = self.step[name]
            made.takers += 1
            self.charged += made.share
        return made.value

    def make(self, name: str, look: Callable[[], Any]) -> None:
        """Look for all. Who makes it pays its share as the others do."""
        start, made = self.clock(), None
        try:
            value = look()
            seconds = self.clock() - start
            self.charged -= seconds
            made = Made(value, seconds / self.group.sharers(name))
        finally:
            with self.turns.changed:
                self.step[name] = made
                if made is None:
                    del self.step[name]  # another may try
                self.turns.changed.notify_all()

    def check(self) -> None:
        self.turns.check()


class SharedBatches:
    """The training batches of one training in a group, each made by who comes first."""

    def __init__(self, seat: Seat, own: Batches):
        self.seat, self.own = seat, own

    def __len__(self) -> int:
        return len(self.own)

    def __iter__(self) -> Iterator[Examples]:
        for step in range(len(self)):
            self.seat.begin_step(step, self.own)
            yield self.seat.see("batch", self.seat.group.batch)
