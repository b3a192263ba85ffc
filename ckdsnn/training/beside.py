"""Trainings side by side: threads of one process that share what a step shows them all, and take turns at its cores.

Every thread trains with the code that trains alone.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ckdsnn.data.batches import Batches, Examples
from ckdsnn.errors import CkdsnnError
from ckdsnn.training.turns import NOT_BEGUN, Place, Turns

T = TypeVar("T")


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
        """Raise GroupStopped where the group has been stopped."""


ALONE = Alone()


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
        place, self.step = (self.epoch, step), {}  # what was made for the last one may be large
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
