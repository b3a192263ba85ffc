"""Trainings side by side: threads of one process that take turns, a step each, and share what a step shows them all.

Every thread trains with the code that trains alone. Only the one whose turn it is computes; the others sleep.
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

    def clock(self) -> float:
        """Seconds that count for this training: those of its own work, and its share of what is made for several."""
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
    """Whose turn it is: of those furthest behind the first. So who has to catch up does, and then all go in step."""

    def __init__(self, members: int):
        self.places = dict.fromkeys(range(members), NOT_BEGUN)
        self.changed = threading.Condition()
        self.stopped = False

    def wait(self, member: int, place: Place) -> None:
        """Go to this place and return when it is the member's turn there. Raises Stopped as `check` does."""
        with self.changed:
            self.places[member] = place
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.stopped or member == min(self.places, key=self.order))
        self.check()

    def order(self, member: int) -> tuple[Place, int]:
        return self.places[member], member

    def in_epoch(self, epoch: int) -> int:
        """How many are there."""
        return sum(place[0] == epoch for place in self.places.values())

    def leave(self, member: int) -> None:
        with self.changed:
            del self.places[member]
            self.changed.notify_all()

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
    """What was made for a step."""

    value: Any
    share: float
    """seconds that everyone who takes it is charged"""
    takers: int = 0


class Group:
    """So many trainings that are shown the same: the step that they are at, and what has been made for it."""

    def __init__(self, members: int):
        self.turns = Turns(members)
        self.seats = [Seat(self, number) for number in range(members)]
        self.place = NOT_BEGUN
        self.made: dict[str, Made] = {}
        self.takers: dict[str, int] = {}
        self.epoch: Iterator[Examples] = iter(())
        self.unreadable: CkdsnnError | None = None

    def go_to(self, place: Place, own: Batches) -> None:
        """Let this be the step; of a new epoch the batches come from the loader of who begins it."""
        if place != self.place:
            self.takers = {name: made.takers for name, made in self.made.items()}
            self.place, self.made = place, {}
            if place[1] == 0:
                self.epoch = iter(own)

    def sharers(self, name: str) -> int:
        """How many are expected to take what is made: as many as at the step before, at first all."""
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
        self.group, self.number, self.size, self.epoch = group, number, 1, 0
        self.others = 0.0  # seconds on the clock that do not count for this one

    def __enter__(self) -> "Seat":
        self.wait(NOT_BEGUN)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, _: Any) -> None:
        if error and not isinstance(error, CkdsnnError):
            self.group.turns.stop()  # no fault of this one alone
        self.group.turns.leave(self.number)

    def wait(self, place: Place) -> None:
        """Wait for the turn, off the clock."""
        start = time.perf_counter()
        self.group.turns.wait(self.number, place)
        self.others += time.perf_counter() - start

    def clock(self) -> float:
        return time.perf_counter() - self.others

    def begin(self, epoch: int) -> None:
        self.epoch = epoch

    def batches(self, own: Batches) -> "SharedBatches":
        return SharedBatches(self, own)

    def see(self, name: str, look: Callable[[], T]) -> T:
        if name not in self.group.made:
            start = time.perf_counter()
            value = look()
            seconds = time.perf_counter() - start
            self.others += seconds  # it pays its share as the others do
            self.group.made[name] = Made(value, seconds / self.group.sharers(name))
        made = self.group.made[name]
        made.takers += 1
        self.others -= made.share
        return made.value

    def check(self) -> None:
        self.group.turns.check()


class SharedBatches:
    """The training batches of one training in a group, each made by who comes first."""

    def __init__(self, seat: Seat, own: Batches):
        self.seat, self.own = seat, own

    def __len__(self) -> int:
        return len(self.own)

    def __iter__(self) -> Iterator[Examples]:
        group, epoch = self.seat.group, self.seat.epoch
        for step in range(len(self)):
            self.seat.wait((epoch, step))
            self.seat.size = max(self.seat.size, group.turns.in_epoch(epoch))
            group.go_to((epoch, step), self.own)
            yield self.seat.see("batch", group.batch)
